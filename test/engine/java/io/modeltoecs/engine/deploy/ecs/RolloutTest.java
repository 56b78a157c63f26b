package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A rollout from its first look to its last; the controller restarts before each of them. */
class RolloutTest {
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

    @Test
    void rollsImageAndModelOut() {
        demo.rollsWell();
        Run run = demo.deploy();

        Map<String, Object> result = run.all();

        assertThat(result)
                .containsExactly(
                        Map.entry("taskDefinition", demo.first.replace(":1", ":2")),
                        Map.entry("previousTaskDefinition", demo.first),
                        Map.entry("deploymentId", "ecs-svc/2"),
                        Map.entry("state", "COMPLETED"),
                        Map.entry("model", "iris@" + Demo.V2),
                        Map.entry("image", aws.byDigest(demo.image)),
                        Map.entry("url", "http://127.0.0.1:8000"),
                        Map.entry("seconds", result.get("seconds")),
                        Map.entry("rolledBack", false));
        assertThat(run.said)
                .anyMatch(it -> it.startsWith("new tasks: 0 healthy, 1 of 2 running; old tasks: 2; targets: 1 healthy (0%)"))
                .contains("ECS: has started 2 tasks: (task a) (task b).");
        assertThat(aws.called("RegisterTaskDefinition")).hasSize(1);
        assertThat(aws.called("UpdateService")).hasSize(1);
    }

    @Test
    void onceItHasCompletedOnlyItsTasksAreLookedAt() {
        aws.script.add(() -> aws.running(2));
        aws.script.add(
                () -> {
                    aws.event("has reached a steady state.");
                    aws.complete();
                    aws.runningTask("t1", aws.primary().path("id").asText(), "HEALTHY");
                    aws.calls.clear();
                });
        Run run = demo.deploy();

        run.all();

        assertThat(run.said).contains("ECS: has reached a steady state.");
        assertThat(aws.calls)
                .extracting(FakeAws.Call::action)
                .containsExactly("ListTasks", "DescribeTasks");
    }

    @ParameterizedTest
    @ValueSource(strings = {"DescribeServices", "DescribeTaskDefinition", "BatchGetImage"})
    void plansAgainWhereAwsHadTooManyCalls(String action) {
        for (int i = 0; i < 3; i++) { // as often as the SDK tries
            aws.fault(action, 400, "ThrottlingException", "Rate exceeded");
        }
        demo.rollsWell();
        Run run = demo.deploy();

        assertThat(run.all()).containsEntry("state", "COMPLETED");
        assertThat(run.said).contains("AWS doesn't answer, trying again: Rate exceeded");
        assertThat(aws.called("RegisterTaskDefinition")).hasSize(1);
        assertThat(aws.called("UpdateService")).hasSize(1);
    }

    @Test
    void recordsTheModelsInUseBeforeTheServiceIsUpdated() {
        demo.rollsWell();

        demo.deploy().all();

        List<String> changes = aws.changes();
        assertThat(changes).last().isEqualTo("UpdateService");
        String use = "models/models/iris/uses/000000000000.us-east-1.demo.iris.json";
        assertThat(changes).contains("PUT " + use);
        assertThat(new String(aws.objects.get(use), java.nio.charset.StandardCharsets.UTF_8))
                .contains(Demo.V1, Demo.V2);
    }

    @Test
    void saysNothingTwiceWhileNothingChanges() {
        for (int i = 0; i < 20; i++) {
            aws.script.add(() -> {});
        }
        aws.script.add(aws::complete);
        Run run = demo.deploy();

        run.all();

        assertThat(run.said.stream().filter(it -> it.startsWith("new tasks:")).toList())
                .doesNotHaveDuplicates();
    }

    @Test
    void saysHowLongItStillTakesWhereTheServiceHasRolledOutBefore() {
        for (int i = 0; i < 30; i++) {
            aws.script.add(() -> {});
        }
        aws.script.add(() -> aws.running(1));
        aws.script.add(aws::complete);
        Run run = demo.deploy();

        run.all();

        assertThat(run.said).anyMatch(it -> it.startsWith("new tasks:") && it.endsWith(", about 59 s left"));
        assertThat(run.said).anyMatch(it -> it.matches("new tasks: .*1 of 2 running.*about [1-5]?\\d s left"));
    }

    @Test
    void whenItsKeysEndInMidWayItGoesOnWithNewOnes() {
        demo.rollsWell();
        Run run = demo.deploy().begin();
        while (aws.called("UpdateService").isEmpty()) {
            run.look();
        }
        aws.expiredKey = "key";
        for (int i = 0; i < 3; i++) {
            assertThat(run.look()).isFalse();
        }
        run.renew("newkey");

        assertThat(run.toEnd()).containsEntry("state", "COMPLETED");
        assertThat(aws.called("UpdateService")).hasSize(1);
        assertThat(run.said)
                .filteredOn(it -> it.contains("The security token included in the request is expired"))
                .hasSize(1);
    }

    @Test
    void twoRolloutsThatWatchShareTheirCalls() {
        Run.TestClock clock = new Run.TestClock();
        Pollers pollers = new Pollers(clock);
        demo.rollsWell();
        aws.script.pollLast();
        Run run = Run.deploy(aws, Map.of("image", demo.image), pollers).begin();
        while (aws.called("UpdateService").isEmpty()) {
            run.look();
        }
        Run other = Run.deploy(aws, Map.of("resume", "ecs-svc/2"), pollers).begin();
        clock.pass(java.time.Duration.ofSeconds(5));
        other.look();
        int before = aws.called("DescribeServices").size();
        clock.pass(java.time.Duration.ofMillis(1));

        run.look();

        assertThat(aws.called("DescribeServices")).hasSize(before);
        assertThat(run.said).anyMatch(it -> it.startsWith("new tasks:"));
    }

    @Test
    void twoStepsOnAServiceTakeTurnsUntilTheFirstHasVerifiedAll() {
        Pollers pollers = new Pollers(new Run.TestClock());
        demo.rollsWell();
        aws.runningTask("t1", "ecs-svc/1", "HEALTHY");
        Run first = Run.deploy(aws, Map.of("image", demo.image), pollers).begin();
        Run second = Run.deploy(aws, Map.of("image", demo.image, "env", Map.of("N", "2")), pollers).begin();
        first.look();
        second.look();
        assertThat(second.said).anyMatch(it -> it.startsWith("waiting: another deployment of demo/iris is in progress: another one of this controller"));

        // old tasks are still there: the first is in the middle of its verification
        while (!aws.primary().path("rolloutState").asText().equals("COMPLETED")
                || aws.called("UpdateService").isEmpty()) {
            first.look();
            second.look();
        }
        first.look();
        second.look();
        second.look();
        assertThat(aws.called("RegisterTaskDefinition")).hasSize(1);
        aws.runningTasks.clear();
        aws.script.clear();
        assertThat(first.toEnd()).containsEntry("state", "COMPLETED").containsEntry("deploymentId", "ecs-svc/2");

        while (aws.called("UpdateService").size() < 2) {
            second.look();
        }
        aws.complete();
        assertThat(second.toEnd()).containsEntry("deploymentId", "ecs-svc/3");
        assertThat(second.state.result()).containsEntry("previousTaskDefinition", first.state.result().get("taskDefinition"));
    }

    @Test
    void theOneThatSupersedesGoesFirstAndTheOtherSaysSo() {
        Pollers pollers = new Pollers(new Run.TestClock());
        Run first = Run.deploy(aws, Map.of("image", demo.image), pollers).begin();
        while (aws.called("UpdateService").isEmpty()) {
            first.look();
        }
        Run second =
                Run.deploy(aws, Map.of("image", demo.image, "env", Map.of("N", "2"), "onBusy", "supersede"), pollers)
                        .begin();
        while (aws.called("UpdateService").size() < 2) {
            second.look();
        }

        assertThatThrownBy(first::toEnd).hasMessageContaining("was superseded by ecs-svc/3");
        aws.complete();
        assertThat(second.toEnd()).containsEntry("state", "COMPLETED");
        assertThat(aws.called("UpdateService")).hasSize(2);
    }

    @Test
    void whoeverHasGoneLosesItsTurn() {
        Run.TestClock clock = new Run.TestClock();
        Turns turns = new Turns(clock);
        assertThat(turns.take("s", "a")).isTrue();
        assertThat(turns.take("s", "b")).isFalse();
        assertThat(turns.take("t", "b")).isTrue();

        clock.pass(java.time.Duration.ofMinutes(6));

        assertThat(turns.take("s", "b")).isTrue();
        assertThat(turns.take("s", "a")).isFalse();
        turns.leave("s", "b");
        assertThat(turns.take("s", "a")).isTrue();
    }

    @Test
    void resumesWhatHasCompletedMeanwhile() {
        aws.event("(deployment ecs-svc/7) deployment completed.");
        ((com.fasterxml.jackson.databind.node.ObjectNode) aws.service.path("events").path(0))
                .put("createdAt", 1.6e9 + 62);

        assertThat(Run.deploy(aws, Map.of("resume", "ecs-svc/7")).all())
                .containsEntry("state", "COMPLETED")
                .containsEntry("deploymentId", "ecs-svc/7")
                .containsEntry("taskDefinition", demo.first)
                .containsEntry("model", "iris@" + Demo.V1);
        assertThat(aws.changes()).isEmpty();
    }

    @Test
    void resumesNothingThatFailedMeanwhile() {
        aws.event("(deployment ecs-svc/7) deployment failed: tasks failed to start.");

        assertThatThrownBy(() -> Run.deploy(aws, Map.of("resume", "ecs-svc/7")).all())
                .hasMessageContaining("the deployment ecs-svc/7 of demo/iris has ended: (deployment ecs-svc/7) deployment failed: tasks failed to start.");
    }

    @Test
    void waitsLongerTheLongerItTakes() {
        for (int i = 0; i < 62; i++) {
            aws.script.add(() -> {});
        }
        aws.script.add(aws::complete);
        Run run = demo.deploy();

        run.all();

        assertThat(((Number) run.state.result().get("seconds")).intValue()).isGreaterThan(80);
    }

    @Test
    void registersNothingWhenNothingChanges() {
        demo.rollsWell();
        demo.deploy().all();
        aws.calls.clear();
        Run again = demo.deploy();

        Map<String, Object> result = again.all();

        assertThat(aws.changes()).isEmpty();
        assertThat(result).containsEntry("state", "UNCHANGED").containsEntry("deploymentId", "ecs-svc/2");
        assertThat(again.said).anyMatch(it -> it.contains("nothing changes"));
    }

    @Test
    void forceStartsTheSameRevisionAnew() {
        demo.rollsWell();
        Run run = Run.deploy(aws, Map.of("force", true));

        Map<String, Object> result = run.all();

        assertThat(aws.called("RegisterTaskDefinition")).isEmpty();
        assertThat(aws.called("UpdateService").get(0).path("forceNewDeployment").asBoolean()).isTrue();
        assertThat(result).containsEntry("taskDefinition", demo.first).containsEntry("state", "COMPLETED");
    }

    @Test
    void whatFailedBeforeIsTriedAgainThoughNothingChanges() {
        aws.primary().put("rolloutState", "FAILED");
        demo.rollsWell();

        assertThat(Run.deploy(aws, Map.of("image", aws.byDigest(demo.image), "desiredCount", 2)).begin().said)
                .isNotEmpty();
        Map<String, Object> result =
                Run.deploy(aws, Map.of("image", currentImage())).all();

        assertThat(result).containsEntry("state", "COMPLETED").containsEntry("deploymentId", "ecs-svc/2");
    }

    @Test
    void rollbackByTheCircuitBreakerIsAFailureWithItsCause() {
        aws.logLines.add("FileNotFoundError: models/iris");
        aws.script.add(() -> aws.taskStops("t1", "EssentialContainerExited", "Essential container in task exited", 71, null));
        aws.script.add(() -> aws.taskStops("t2", "EssentialContainerExited", "Essential container in task exited", 1, null));
        aws.script.add(aws::breakerRollsBack);
        aws.script.add(() -> aws.primary().put("rolloutState", "COMPLETED"));
        Run run = demo.deploy();

        assertThatThrownBy(run::all)
                .isInstanceOf(StepException.class)
                .hasMessageContaining("the deployment ecs-svc/2 of iris:2 to demo/iris failed: The model isn't in the store.")
                .hasMessageContaining("task t1 stopped: Essential container in task exited; container 'web': exit code 71")
                .hasMessageContaining("| FileNotFoundError: models/iris")
                .hasMessageContaining("iris:1 serves, as before");
        assertThat(run.said).anyMatch(it -> it.startsWith("task t1 stopped"));
        assertThat(aws.called("UpdateService")).hasSize(1);
        assertThat(run.state.result()).containsEntry("rolledBack", true).containsEntry("state", "FAILED");
    }

    @Test
    void goesBackByItselfWhereTheCircuitBreakerDoesNot() {
        ((com.fasterxml.jackson.databind.node.ObjectNode) aws.service.at("/deploymentConfiguration/deploymentCircuitBreaker"))
                .put("rollback", false);
        aws.script.add(() -> aws.taskStops("t1", "TaskFailedToStart", "Task failed to start", null,
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref r/x:v9: r/x:v9: not found"));
        aws.script.add(() -> aws.primary().put("rolloutState", "FAILED"));
        aws.script.add(() -> {});
        aws.script.add(() -> {});
        aws.script.add(aws::complete);

        assertThatThrownBy(() -> demo.deploy().all())
                .isInstanceOf(StepException.class)
                .hasMessageContaining("The image does not exist.")
                .hasMessageContaining("iris:1 serves, as before");
        assertThat(aws.called("UpdateService")).hasSize(2);
        assertThat(aws.called("UpdateService").get(1).path("taskDefinition").asText()).isEqualTo(demo.first);
        assertThat(aws.called("UpdateService").get(1).has("desiredCount")).isFalse();
    }

    @Test
    void judgesByItselfWhereThereIsNoCircuitBreaker() {
        ((com.fasterxml.jackson.databind.node.ObjectNode) aws.service.path("deploymentConfiguration"))
                .remove("deploymentCircuitBreaker");
        for (int i = 0; i < 3; i++) {
            String id = "t" + i;
            aws.script.add(() -> aws.taskStops(id, "ServiceSchedulerInitiated", "Task failed container health checks", null, null));
        }
        aws.script.add(() -> {});
        aws.script.add(() -> {});
        aws.script.add(aws::complete);
        Run run = demo.deploy();

        assertThatThrownBy(run::all).hasMessageContaining("Its own health check fails.");
        assertThat(run.said).anyMatch(it -> it.contains("circuit breaker is off"));
        assertThat(aws.service.path("taskDefinition").asText()).isEqualTo(demo.first);
    }

    @Test
    void leavesAFailedDeploymentWhereRollbackIsOff() {
        ((com.fasterxml.jackson.databind.node.ObjectNode) aws.service.at("/deploymentConfiguration/deploymentCircuitBreaker"))
                .put("rollback", false);
        aws.script.add(() -> aws.primary().put("rolloutState", "FAILED"));

        assertThatThrownBy(
                        () ->
                                Run.deploy(aws, Map.of("image", demo.image, "rollback", false))
                                        .all())
                .hasMessageContaining("left as it is");
        assertThat(aws.called("UpdateService")).hasSize(1);
    }

    @Test
    void goesBackWhenTheTimeIsUp() {
        aws.script.add(() -> {});
        Run run = Run.deploy(aws, Map.of("image", demo.image, "timeoutMinutes", 1));
        run.begin();
        assertThatThrownBy(
                        () -> {
                            while (!run.look()) {
                                if (aws.called("UpdateService").size() == 2) {
                                    aws.complete();
                                }
                            }
                        })
                .hasMessageContaining("it took more than 1 min")
                .hasMessageContaining("iris:1 serves, as before");
        assertThat(aws.called("UpdateService").get(1).path("taskDefinition").asText()).isEqualTo(demo.first);
    }

    @Test
    void eventsExplainWhatNoTaskDoes() {
        aws.script.add(() -> aws.event("was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone."));
        Run run = Run.deploy(aws, Map.of("image", demo.image, "timeoutMinutes", 1, "rollback", false));

        assertThatThrownBy(run::all).hasMessageContaining("AWS has no room for the task now.");
    }

    @Test
    void registersAgainWhenOthersDoAtTheSameTime() {
        demo.rollsWell();
        for (int i = 0; i < 3; i++) {
            aws.fault("RegisterTaskDefinition", 400, "ClientException", "Too many concurrent attempts to create a new revision of the specified family.");
        }

        assertThat(demo.deploy().all()).containsEntry("state", "COMPLETED");
        assertThat(aws.called("RegisterTaskDefinition")).hasSize(4);
    }

    @Test
    void whatAwsRefusesIsNamedAndEndsIt() {
        aws.fault("RegisterTaskDefinition", 400, "AccessDeniedException", "User: x is not authorized to perform: ecs:RegisterTaskDefinition");

        assertThatThrownBy(() -> demo.deploy().all())
                .isInstanceOf(StepException.class)
                .hasMessageContaining("access denied to ecs:RegisterTaskDefinition");
        assertThat(aws.called("UpdateService")).isEmpty();
    }

    @Test
    void faultsWhilePollingDontFailTheRollout() {
        demo.rollsWell();
        Run run = demo.deploy().begin();
        while (aws.called("UpdateService").isEmpty()) {
            run.look();
        }
        for (int i = 0; i < 4; i++) {
            aws.fault("DescribeServices", 503, "ServerException", "Service Unavailable");
            aws.drop("DescribeServices", false);
            aws.fault("DescribeServices", 400, "ThrottlingException", "Rate exceeded");
        }

        assertThat(run.toEnd()).containsEntry("state", "COMPLETED");
        assertThat(run.said.stream().filter(it -> it.startsWith("AWS doesn't answer")).toList()).hasSize(1);
    }

    @Test
    void notBeingAllowedToSeeTasksDoesntFailTheRollout() {
        demo.rollsWell();
        for (int i = 0; i < 20; i++) {
            aws.fault("ListTasks", 400, "AccessDeniedException", "not authorized");
        }

        assertThat(demo.deploy().all()).containsEntry("state", "COMPLETED");
    }

    @Test
    void anUpdateWhoseAnswerIsLostIsntSentTwice() {
        demo.rollsWell();
        aws.drop("UpdateService", true);

        assertThat(demo.deploy().all()).containsEntry("deploymentId", "ecs-svc/2");
        assertThat(aws.deployments()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void deathInAnyPhaseLeavesOneRevisionAndOneDeployment(int atLook) {
        demo.rollsWell();
        Run run = demo.deploy().begin();
        for (int i = 0; i < atLook; i++) {
            run.look();
        }

        run.lookAndDie();

        assertThat(run.toEnd())
                .containsEntry("state", "COMPLETED")
                .containsEntry("deploymentId", "ecs-svc/2")
                .containsEntry("taskDefinition", demo.first.replace(":1", ":2"));
        assertThat(aws.called("RegisterTaskDefinition")).hasSize(1);
        assertThat(aws.called("UpdateService")).hasSize(1);
    }

    @Test
    void waitsForADeploymentThatIsInProgress() {
        aws.primary().put("rolloutState", "IN_PROGRESS");
        Run run = demo.deploy().begin();
        run.look();
        run.look();
        assertThat(aws.changes()).isEmpty();
        assertThat(run.said.stream().filter(it -> it.startsWith("waiting")).toList()).hasSize(1);

        aws.primary().put("rolloutState", "COMPLETED");
        demo.rollsWell();

        assertThat(run.toEnd()).containsEntry("state", "COMPLETED");
    }

    @Test
    void changesNothingIfTheOtherDeploymentNeverEnds() {
        aws.primary().put("rolloutState", "IN_PROGRESS");

        Run run = Run.deploy(aws, Map.of("image", demo.image, "timeoutMinutes", 1));

        assertThatThrownBy(run::all)
                .hasMessageContaining("another deployment of demo/iris was still in progress after 1 min")
                .hasMessageContaining("supersede");
        assertThat(aws.changes()).isEmpty();
    }

    @Test
    void supersedesWhereItIsTold() {
        aws.primary().put("rolloutState", "IN_PROGRESS");
        demo.rollsWell();

        assertThat(Run.deploy(aws, Map.of("image", demo.image, "onBusy", "supersede")).all())
                .containsEntry("state", "COMPLETED");
    }

    @Test
    void aDeploymentThatComesBetweenIsWaitedFor() {
        demo.rollsWell();
        Run run = demo.deploy().begin();
        run.look();
        aws.foreignDeployment(demo.first);
        run.look();
        run.look();
        assertThat(aws.called("UpdateService")).isEmpty();
        aws.complete();

        assertThat(run.toEnd()).containsEntry("deploymentId", "ecs-svc/3");
    }

    @Test
    void completedIsCompletedThoughTheNextDeploymentHasBegun() {
        String other = aws.taskDefinition("iris", "{\"name\":\"web\",\"image\":\"x\"}");
        aws.script.add(() -> aws.running(1));
        aws.script.add(
                () -> {
                    aws.complete();
                    aws.foreignDeployment(other);
                });

        assertThat(demo.deploy().all())
                .containsEntry("state", "COMPLETED")
                .containsEntry("deploymentId", "ecs-svc/2");
    }

    @Test
    void aTaskThatNeverGetsHealthyIsShownWhenTheTimeIsUp() {
        aws.service.remove("loadBalancers");
        aws.logLines.add("still loading");
        aws.runningTask("t1", "ecs-svc/2", "UNKNOWN");
        Run run =
                Run.deploy(
                        aws, Map.of("image", demo.image, "timeoutMinutes", 1, "rollback", false));

        assertThatThrownBy(run::all)
                .hasMessageContaining("task t1 is RUNNING, health UNKNOWN")
                .hasMessageContaining("| still loading");
        assertThat(run.said)
                .contains("new tasks: 0 healthy, 0 of 2 running; old tasks: 2; health: 1 unknown (0%), about 59 s left");
    }

    @Test
    void beingSupersededIsAFailureThatSaysSo() {
        String other = aws.taskDefinition("iris", "{\"name\":\"web\",\"image\":\"x\"}");
        aws.script.add(() -> aws.running(1));
        aws.script.add(() -> aws.foreignDeployment(other));

        assertThatThrownBy(() -> demo.deploy().all())
                .hasMessageContaining("was superseded by ecs-svc/3");
        assertThat(aws.called("UpdateService")).hasSize(1);
    }

    @Test
    void abortGoesBack() {
        Run run = demo.deploy().begin();
        while (aws.called("UpdateService").isEmpty()) {
            run.look();
        }

        run.abort();
        run.look();
        aws.complete();

        assertThatThrownBy(run::toEnd)
                .hasMessageContaining("aborted")
                .hasMessageContaining("iris:1 serves, as before");
        assertThat(aws.service.path("taskDefinition").asText()).isEqualTo(demo.first);
    }

    @Test
    void abortHasEcsGoBackWhereItOffersIt() {
        aws.stopOffered = true;
        Run run = demo.deploy().begin();
        while (aws.called("UpdateService").isEmpty()) {
            run.look();
        }

        run.abort();
        run.look();
        aws.primary().put("rolloutState", "COMPLETED");

        assertThatThrownBy(run::toEnd).hasMessageContaining("iris:1 serves, as before");
        assertThat(aws.called("StopServiceDeployment").get(0).path("stopType").asText()).isEqualTo("ROLLBACK");
        assertThat(aws.called("UpdateService")).hasSize(1);
    }

    @Test
    void abortLeavesTheDeploymentWhereItIsTold() {
        Run run = Run.deploy(aws, Map.of("image", demo.image, "onAbort", "leave")).begin();
        while (aws.called("UpdateService").isEmpty()) {
            run.look();
        }

        run.abort();

        assertThatThrownBy(run::look).hasMessageContaining("goes on in ECS: ecs-svc/2");
        assertThat(aws.called("UpdateService")).hasSize(1);
    }

    @Test
    void abortBeforeAnythingWasChangedChangesNothing() {
        Run run = demo.deploy().begin();

        run.abort();

        assertThatThrownBy(run::look).hasMessageContaining("nothing was changed");
        assertThat(aws.changes()).isEmpty();
    }

    @Test
    void saysThatOldTasksStillDrain() {
        aws.script.add(() -> aws.primary().put("rolloutState", "COMPLETED").put("runningCount", 2));
        Run run = demo.deploy();

        run.all();

        assertThat(run.said).contains("completed; old tasks that still drain: 2");
    }

    @Test
    void sendsAllOfTheDeploymentConfigurationWithNewPercents() {
        Run run = Run.deploy(aws, Map.of("image", currentImage(), "minimumHealthyPercent", 50, "desiredCount", 3));

        assertThat(run.all()).containsEntry("state", "COMPLETED");

        JsonNode update = aws.called("UpdateService").get(0);
        assertThat(update.path("desiredCount").asInt()).isEqualTo(3);
        assertThat(update.has("taskDefinition")).isFalse();
        assertThat(update.at("/deploymentConfiguration/minimumHealthyPercent").asInt()).isEqualTo(50);
        assertThat(update.at("/deploymentConfiguration/deploymentCircuitBreaker/rollback").asBoolean()).isTrue();
    }

    @Test
    void saysWhatTheLoadBalancerSaw() {
        aws.script.add(
                () -> {
                    aws.taskStops(
                            "t1",
                            "ServiceSchedulerInitiated",
                            "Task failed ELB health checks in (target-group " + FakeAws.GROUP + ")",
                            137,
                            null);
                    aws.event(
                            "(task t1) (port 8080) is unhealthy in (target-group "
                                    + FakeAws.GROUP
                                    + ") due to (reason Health checks failed with these codes: [503]).");
                });
        aws.script.add(aws::breakerRollsBack);
        aws.script.add(() -> aws.primary().put("rolloutState", "COMPLETED"));

        assertThatThrownBy(() -> demo.deploy().all())
                .hasMessageContaining(
                        "failed: The load balancer's health check got an error from the program.")
                .hasMessageContaining(
                        "(task t1) (port 8080) is unhealthy in (target-group iris) due to (reason"
                                + " Health checks failed with these codes: [503])");
    }

    /** The image of iris:1 by digest, put there so that nothing changes. */
    private String currentImage() {
        String byDigest = aws.byDigest(aws.host() + "/iris:v1");
        ((com.fasterxml.jackson.databind.node.ObjectNode)
                        aws.taskDefinitions.get(demo.first).at("/taskDefinition/containerDefinitions/0"))
                .put("image", byDigest);
        return byDigest;
    }
}
