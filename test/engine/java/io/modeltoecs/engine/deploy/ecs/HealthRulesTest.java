package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of a service that would take tasks for healthy too soon, or give them up too soon. */
class HealthRulesTest {
    private static final String CHECK =
            ",\"healthCheck\":{\"command\":[\"CMD\",\"true\"],\"startPeriod\":%d}";

    private final ObjectNode service =
            Json.object(
                    "{\"deploymentConfiguration\":{\"deploymentCircuitBreaker\":{\"enable\":true}}}");

    private List<String> said(String container, boolean balanced, Double load) {
        List<String> said = new ArrayList<>();
        ObjectNode definition = Json.object().put("family", "iris");
        definition.putArray("containerDefinitions").add(Json.object("{\"name\":\"web\"" + container + "}"));
        new HealthRules(said::add)
                .warn(
                        service,
                        TaskDefinition.of(definition).container("web"),
                        balanced,
                        Optional.ofNullable(load).map(it -> Duration.ofMillis(Math.round(it * 1000))));
        return said;
    }

    @Test
    void withoutAnyCheckFortySecondsAreHealthy() {
        assertThat(said("", false, null))
                .singleElement()
                .asString()
                .contains("neither a target group nor a container check", "40 s", "'readiness'");
        assertThat(said("", true, null)).isEmpty();
        assertThat(said(CHECK.formatted(0), false, null)).isEmpty();
    }

    @Test
    void thatNoCircuitBreakerIsThereIsSaid() {
        service.remove("deploymentConfiguration");
        assertThat(said("", true, null)).singleElement().asString().contains("circuit breaker is off");
    }

    @ParameterizedTest
    @CsvSource({
        // grace, start period, seconds of the load; which of them is too short
        "0, 0, 30.5, both",
        "60, 0, 30.5, none",
        "0, 120, 30.5, grace",
        "60, 120, 90, grace",
        "0, 0, 9, none",
        "20, 300, 30.5, grace",
    })
    void aLoadThatTakesLongerThanTasksAreGiven(int grace, int start, double load, String which) {
        service.put("healthCheckGracePeriodSeconds", grace);

        List<String> said = said(CHECK.formatted(start), true, load);

        assertThat(said).hasSize(which.equals("both") ? 2 : which.equals("none") ? 0 : 1);
        if (!which.equals("none")) {
            assertThat(said.get(0))
                    .startsWith("warning: the service's healthCheckGracePeriodSeconds is " + grace + " s")
                    .contains("took %s s to load".formatted(load));
        }
    }

    @ParameterizedTest
    @CsvSource({
        // ECS.md section 2: wanted tasks, the percents, whether a task can be replaced
        "1, 100, 200, true",
        "1, 0, 100, true",
        "1, 50, 100, false",
        "2, 75, 100, false",
        "2, 50, 100, true",
        "3, 100, 125, false",
        "4, 100, 125, true",
        "10, 90, 110, true",
        "0, 100, 100, true",
    })
    void limitsThatLeaveNoRoomToReplaceATask(int desired, int least, int most, boolean room) {
        service.put("desiredCount", desired);
        ((ObjectNode) service.path("deploymentConfiguration"))
                .put("minimumHealthyPercent", least)
                .put("maximumPercent", most);

        assertThat(said("", true, null)).hasSize(room ? 0 : 1);
    }

    @Test
    void theLimitsAreNamed() {
        service.put("desiredCount", 3);
        ((ObjectNode) service.path("deploymentConfiguration"))
                .put("minimumHealthyPercent", 100)
                .put("maximumPercent", 125);

        assertThat(said("", true, null))
                .containsExactly(
                        "warning: of 3 tasks, minimumHealthyPercent 100 lets none stop first and"
                                + " maximumPercent 125 lets none more start: no task can be replaced");
    }
}
