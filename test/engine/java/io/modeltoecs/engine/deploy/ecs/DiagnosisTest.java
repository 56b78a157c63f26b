package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a rollout that failed says of why, where it has to put it together. */
class DiagnosisTest {
    private static final String UNHEALTHY =
            "Task failed ELB health checks in (target-group " + FakeAws.GROUP + ")";

    private Demo demo;
    private FakeAws aws;

    @BeforeEach
    void start() throws IOException {
        demo = new Demo();
        aws = demo.aws;
    }

    @AfterEach
    void stop() {
        demo.close();
    }

    private String rolledBack() {
        aws.script.add(aws::breakerRollsBack);
        aws.script.add(() -> aws.primary().put("rolloutState", "COMPLETED"));
        String[] message = new String[1];
        assertThatThrownBy(() -> demo.deploy().all()).satisfies(e -> message[0] = e.getMessage());
        return message[0];
    }

    private ObjectNode stops(String id, String code, String reason, Integer exit) {
        aws.taskStops(id, code, reason, exit, null);
        return aws.stoppedTasks.get(aws.stoppedTasks.size() - 1);
    }

    @Test
    void aTaskThatIsStillStoppingIsBlamedToo() {
        aws.script.add(
                () ->
                        stops("t1", "ServiceSchedulerInitiated", UNHEALTHY, null)
                                .put("lastStatus", "DEACTIVATING"));

        assertThat(rolledBack())
                .contains("failed: The load balancer's health check failed.")
                .contains("task t1 is being stopped: Task failed ELB health checks in (target-group iris)");
    }

    @Test
    void theFirstCauseCountsAndNotTheLast() {
        aws.script.add(
                () -> {
                    stops("late", "EssentialContainerExited", "Essential container in task exited", 1)
                            .put("stoppedAt", 4e9 + 100);
                    stops("early", "EssentialContainerExited", "Essential container in task exited", 71);
                });

        assertThat(rolledBack()).contains("failed: The model isn't in the store.").contains("task early");
    }

    @Test
    void tasksThatWereStoppedOnPurposeAreNoCause() {
        aws.script.add(
                () -> {
                    stops("a", "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/2)", 143);
                    stops("b", "UserInitiated", "Task stopped by user", 137);
                });

        assertThat(rolledBack()).contains("failed: ECS rolled it back").doesNotContain("task a", "task b");
    }

    @Test
    void theContainerThatFailedIsBlamedAndNotItsSidecars() {
        aws.script.add(
                () -> {
                    ObjectNode task =
                            stops("t1", "EssentialContainerExited", "Essential container in task exited", 72);
                    task.withArray("containers").insertObject(0).put("name", "sidecar").put("exitCode", 143);
                });

        assertThat(rolledBack()).contains("digest differs", "container 'web': exit code 72");
    }

    @Test
    void aSlowStartIsTakenIntoAccount() {
        aws.service.put("healthCheckGracePeriodSeconds", 7);
        aws.script.add(
                () ->
                        stops("t1", "ServiceSchedulerInitiated", UNHEALTHY, 137)
                                .put("startedAt", 3e9)
                                .put("stoppingAt", 3e9 + 25));

        assertThat(rolledBack())
                .contains("25 s after its start")
                .contains("did not stop in time when it was asked to, and was killed")
                .contains("If it needs longer than 25 s to be ready, raise the service's healthCheckGracePeriodSeconds (now 7).");
    }

    @Test
    void aTaskThatWasWellForLongIsNotCalledSlow() {
        aws.script.add(
                () ->
                        stops("t1", "ServiceSchedulerInitiated", UNHEALTHY, 0)
                                .put("startedAt", 3e9)
                                .put("stoppingAt", 3e9 + 3600));

        assertThat(rolledBack()).contains("60 min 00 s after its start").doesNotContain("to be ready");
    }

    @Test
    void theLogTellsTheWrongProcessorFromACrash() {
        aws.logLines.add("exec /usr/bin/python3: exec format error");
        aws.script.add(() -> stops("t1", "EssentialContainerExited", "Essential container in task exited", 255));

        assertThat(rolledBack()).contains("failed: The image is for another processor.");
    }

    @Test
    void theLastFiftyLinesOfTheDeadContainerAreShown() {
        aws.logLines.add("KeyError: 'threshold'");
        aws.script.add(() -> stops("t1", "EssentialContainerExited", "Essential container in task exited", 1));

        assertThat(rolledBack()).contains("its last log lines:\n    | KeyError: 'threshold'");
        assertThat(aws.called("GetLogEvents"))
                .anySatisfy(
                        it -> {
                            assertThat(it.path("limit").asInt()).isEqualTo(50);
                            assertThat(it.path("logStreamName").asText()).endsWith("/web/t1");
                        });
    }

    @Test
    void targetsThatAreUnhealthyExplainATimeout() {
        aws.targetHealth =
                "<State>unhealthy</State><Reason>Target.ResponseCodeMismatch</Reason>"
                        + "<Description>Health checks failed with these codes: [404]</Description>";
        aws.script.add(() -> aws.running(1));
        Run run = Run.deploy(aws, Map.of("image", demo.image, "timeoutMinutes", 1, "rollback", false));

        assertThatThrownBy(run::all)
                .hasMessageContaining("failed: The load balancer's health check got an error from the program.")
                .hasMessageContaining("Health checks failed with these codes: [404]")
                .hasMessageContaining("It ended so: it took more than 1 min 00 s (timeoutMinutes)");
    }

    @Test
    void anAlarmIsNamed() {
        ((ObjectNode) aws.service.path("deploymentConfiguration"))
                .putObject("alarms")
                .put("enable", true)
                .putArray("alarmNames")
                .add("iris-5xx");
        aws.script.add(() -> aws.event("(deployment ecs-svc/2) deployment failed: alarm detected."));

        assertThat(rolledBack()).contains("failed: An alarm fired", "its alarms: iris-5xx");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ListTasks", "DescribeTasks", "GetLogEvents"})
    void whatMayNotBeSeenIsSaidAndTheRestStillExplained(String action) {
        aws.deny(action);
        aws.script.add(
                () -> {
                    stops("t1", "EssentialContainerExited", "Essential container in task exited", 71);
                    aws.event("was unable to place a task. Reason: Capacity is unavailable at this time.");
                });

        String message = rolledBack();

        assertThat(message)
                .contains(action.equals("GetLogEvents") ? "The model isn't in the store" : "AWS has no room")
                .contains("iris:1 serves, as before");
    }
}
