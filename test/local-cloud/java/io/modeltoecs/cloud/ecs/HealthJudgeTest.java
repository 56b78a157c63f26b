package io.modeltoecs.cloud.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.state.Json;
import org.junit.jupiter.api.Test;

/** How checks make a container healthy or not, and containers their task. */
class HealthJudgeTest {
    private long now = 1_000_000;
    private String health = "UNKNOWN";
    private HealthJudge judge;

    private void judge(int retries, int startPeriod) {
        ObjectNode settings = Json.object().put("startPeriod", startPeriod);
        if (retries > 0) {
            settings.put("retries", retries);
        }
        judge = new HealthJudge(settings, now);
    }

    private String check(boolean ok) {
        now += 5_000;
        health = judge.after(health, ok, now);
        return health;
    }

    @Test
    void threeFailuresInARowAreUnhealthyUnlessToldOtherwise() {
        judge(0, 0);
        assertThat(check(true)).isEqualTo("HEALTHY");
        assertThat(check(false)).isEqualTo("HEALTHY");
        assertThat(check(false)).isEqualTo("HEALTHY");
        assertThat(check(true)).isEqualTo("HEALTHY");
        check(false);
        check(false);
        assertThat(check(false)).isEqualTo("UNHEALTHY");
        assertThat(check(true)).isEqualTo("HEALTHY");
        judge(1, 0);
        assertThat(check(false)).isEqualTo("UNHEALTHY");
    }

    @Test
    void failuresInTheStartPeriodCountForNothing() {
        judge(1, 12);
        assertThat(check(false)).isEqualTo("UNKNOWN");
        assertThat(check(false)).isEqualTo("UNKNOWN");
        assertThat(check(false)).isEqualTo("UNHEALTHY");
    }

    @Test
    void aSuccessEndsTheStartPeriod() {
        judge(1, 300);
        check(false);
        assertThat(check(true)).isEqualTo("HEALTHY");
        assertThat(check(false)).isEqualTo("UNHEALTHY");
    }

    @Test
    void aTaskIsAsWellAsItsWorstEssentialContainer() {
        ObjectNode definition = Json.object();
        for (String name : new String[] {"a", "b", "side"}) {
            definition
                    .withArray("/containerDefinitions")
                    .addObject()
                    .put("name", name)
                    .put("essential", !name.equals("side"));
        }
        Task task = new Task("c", definition, now);
        assertThat(task.health()).as("no check").isEqualTo("UNKNOWN");
        task.container("a").health = "HEALTHY";
        assertThat(task.health()).isEqualTo("UNKNOWN");
        task.container("b").health = "HEALTHY";
        task.container("side").health = "UNHEALTHY";
        assertThat(task.health()).isEqualTo("HEALTHY");
        task.container("b").health = "UNHEALTHY";
        assertThat(task.health()).isEqualTo("UNHEALTHY");
        task.container("a").health = "UNKNOWN";
        assertThat(task.health()).as("one UNHEALTHY is enough").isEqualTo("UNHEALTHY");
    }
}
