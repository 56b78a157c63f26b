package io.modeltoecs.cloud.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.state.Json;
import org.junit.jupiter.api.Test;

/** When a container may start that depends on another one, and when it never will. */
class DependenciesTest {
    private static final long START = 1_000_000;

    private TaskContainer app;
    private TaskContainer side;
    private Task task;

    /** A task whose `app` depends on `side`, which has a startTimeout; 0 for none. */
    private void depends(String condition, int startTimeout) {
        ObjectNode definition = Json.object();
        ObjectNode first = definition.putArray("containerDefinitions").addObject();
        first.put("name", "app")
                .putArray("dependsOn")
                .addObject()
                .put("containerName", "side")
                .put("condition", condition);
        ObjectNode second = definition.withArray("/containerDefinitions").addObject();
        second.put("name", "side").put("essential", false);
        if (startTimeout > 0) {
            second.put("startTimeout", startTimeout);
        }
        task = new Task("c", definition, START);
        app = task.container("app");
        side = task.container("side");
    }

    private void started() {
        side.engineId = "1";
        side.startedAt = START;
        side.lastStatus = "RUNNING";
    }

    private void ended(int exitCode) {
        side.lastStatus = "STOPPED";
        side.exitCode = exitCode;
    }

    private void waits() {
        assertThat(Dependencies.hold(task, app)).isFalse();
        assertThat(Dependencies.failure(task, app, START + 1000)).isEmpty();
    }

    private void starts() {
        assertThat(Dependencies.hold(task, app)).isTrue();
        assertThat(Dependencies.failure(task, app, Long.MAX_VALUE)).isEmpty();
    }

    private void fails(String why) {
        assertThat(Dependencies.hold(task, app)).isFalse();
        assertThat(Dependencies.failure(task, app, START + 3000)).contains(why);
    }

    @Test
    void startNeedsAStart() {
        depends("START", 1);
        waits();
        started();
        starts();
        ended(1);
        starts();
    }

    @Test
    void completeNeedsAnEndOfAnyKind() {
        depends("COMPLETE", 0);
        waits();
        started();
        waits();
        ended(1);
        starts();
    }

    @Test
    void successNeedsAGoodEnd() {
        depends("SUCCESS", 0);
        started();
        waits();
        ended(0);
        starts();
        ended(3);
        fails(
                "dependency graph: failed to resolve container ordering dependency [side] for"
                        + " target [app] as dependency did not exit successfully.");
    }

    @Test
    void healthyNeedsAHealthyContainer() {
        depends("HEALTHY", 0);
        started();
        waits();
        side.health = "UNHEALTHY";
        waits();
        side.health = "HEALTHY";
        starts();
        ended(0);
        fails(
                "dependency graph: failed to resolve container ordering dependency [side] for"
                        + " target [app] as dependency did not exit successfully.");
    }

    @Test
    void theDependencysStartTimeoutEndsTheWait() {
        for (String condition : new String[] {"COMPLETE", "SUCCESS", "HEALTHY"}) {
            depends(condition, 2);
            started();
            waits();
            fails(
                    "dependency graph: container ordering dependency [side] for target [app] has"
                            + " timed out.");
        }
    }

    @Test
    void whatDependsOnAContainerThatWasGivenUpIsGivenUp() {
        depends("START", 0);
        side.lastStatus = "STOPPED";
        fails(
                "dependency graph: failed to resolve container ordering dependency [side] for"
                        + " target [app] as dependency did not exit successfully.");
    }
}
