package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A rollout without one of its permissions, each in turn: it goes on without it, or names it. */
class AccessDeniedTest {
    /** What it can't do without. */
    private static final Set<String> NEEDED =
            Set.of(
                    "BatchGetImage",
                    "DescribeServices",
                    "DescribeTaskDefinition",
                    "RegisterTaskDefinition",
                    "UpdateService");

    /** Every action that a rollout calls, as one shows that is allowed all. */
    static Set<String> called() throws IOException {
        try (Demo demo = new Demo()) {
            rolled(demo);
            Set<String> actions = new TreeSet<>();
            demo.aws.calls.stream()
                    .map(FakeAws.Call::action)
                    .filter(it -> it.matches("[A-Za-z]+"))
                    .forEach(actions::add);
            return actions;
        }
    }

    private static Run rolled(Demo demo) {
        demo.rollsWell();
        Run run =
                Run.deploy(
                        demo.aws,
                        Map.of("image", demo.image, "model", "iris@latest", "keep", 5, "timeoutMinutes", 5));
        run.all();
        return run;
    }

    @ParameterizedTest
    @MethodSource("called")
    void itGoesOnOrNamesWhatItNeeds(String action) throws IOException {
        try (Demo demo = new Demo()) {
            demo.aws.deny(action);

            Throwable failure = catchThrowable(() -> rolled(demo));

            if (!NEEDED.contains(action)) {
                assertThat(failure).isNull();
            } else {
                assertThat(failure)
                        .isInstanceOf(StepException.class)
                        .message()
                        .containsPattern("access denied to [a-z0-9]+:" + action)
                        .contains("Allow it to the credentials of this step.");
                List<String> before = List.of("RegisterTaskDefinition", "PUT ", "UpdateService");
                assertThat(demo.aws.changes())
                        .allMatch(it -> before.stream().anyMatch(it::startsWith));
                assertThat(demo.aws.service.path("taskDefinition").asText()).isEqualTo(demo.first);
            }
        }
    }

    @Test
    void whatIsNeededIsCalled() throws IOException {
        assertThat(called()).containsAll(NEEDED).contains("ListTasks", "BatchGetImage");
    }
}
