package io.modeltoecs.runner.steps;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.runner.build.Parameters;
import io.modeltoecs.runner.step.Step;
import io.modeltoecs.runner.step.StepContext;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException;

/**
 * {@code input}: answered by a parameter, {@code input=proceed} or {@code input=abort} for all, or
 * {@code input.<id>=...} for one. What it asks for is taken from parameters of the same names.
 */
final class InputStep {
    private InputStep() {}

    static List<Step> all() {
        return List.of(
                Step.leaf(
                        "input",
                        InputStep::run,
                        "message",
                        "id",
                        "ok",
                        "parameters",
                        "submitter",
                        "submitterParameter"));
    }

    private static Object run(StepContext context) throws FlowInterruptedException {
        Parameters given = context.build().parameters();
        String id = context.text("id");
        String answer = id == null ? null : given.given(Parameters.INPUT + "." + id);
        if (answer == null) {
            answer = given.given(Parameters.INPUT);
        }
        String message = context.text("message", "");
        context.say(message);
        switch (answer == null ? "" : answer.toLowerCase(Locale.ROOT)) {
            case "proceed", "ok", "yes", "true":
                context.say("answered by a parameter: " + answer);
                return values(context, given);
            case "abort", "no", "false":
                throw new FlowInterruptedException(
                        "ABORTED", "input '" + message + "' was answered by '" + answer + "'");
            default:
                String name = id == null ? Parameters.INPUT : Parameters.INPUT + "." + id;
                throw new StepException(
                        "input '%s' needs an answer: give the parameter %s=proceed or %s=abort"
                                .formatted(message, name, name));
        }
    }

    /** As Jenkins returns them: nothing, the value of the only parameter, or a map of all. */
    private static Object values(StepContext context, Parameters given) {
        Map<String, Object> values = new LinkedHashMap<>();
        if (context.value("parameters") instanceof Collection<?> definitions) {
            for (Object definition : definitions) {
                Map<?, ?> described = (Map<?, ?>) definition;
                String name = String.valueOf(described.get("name"));
                values.put(name, Parameters.value(described, given.given(name)));
            }
        }
        return switch (values.size()) {
            case 0 -> null;
            case 1 -> values.values().iterator().next();
            default -> values;
        };
    }
}
