package io.modeltoecs.runner.steps;

import io.modeltoecs.runner.step.Step;
import io.modeltoecs.runner.step.StepContext;
import java.util.List;

/** The steps of this project, as the runner hands them on. */
@FunctionalInterface
public interface ModelSteps {
    /** The steps' names. */
    List<String> NAMES =
            List.of(
                    "trainAndPublishModel",
                    "buildServingImage",
                    "deployToEcs",
                    "promoteModel",
                    "rollbackModel",
                    "rollbackEcs");

    /**
     * Executes one of them; the calling thread is interrupted when it is to stop.
     *
     * @return a map of texts, numbers, booleans, lists and maps
     */
    Object run(StepContext context) throws Exception;

    /** They as steps. All work on the files of a workspace, but those that need none. */
    default List<Step> all() {
        return NAMES.stream()
                .map(name -> Step.open(name, this::run))
                .map(
                        step ->
                                step.name().equals("trainAndPublishModel")
                                                || step.name().equals("buildServingImage")
                                        ? step.needsNode()
                                        : step)
                .toList();
    }
}
