package io.modeltoecs.cloud.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.cloudwatch.CloudWatchApi;
import io.modeltoecs.cloud.ecs.SimulatedRuntime.Behaviour;
import io.modeltoecs.cloud.state.Json;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Failing deployments by ECS's rules: health, circuit breaker, alarms, back-off, rollback. */
class DeploymentFailureTest {
    private static final String BREAKER =
            "\"deploymentCircuitBreaker\": {\"enable\": true, \"rollback\": true}";
    private static final String NO_IMAGE = "CannotPullContainerError: no such image";

    @TempDir Path folder;
    private Simulation cloud;
    private String v1;
    private String v2;

    @BeforeEach
    void open() {
        cloud = new Simulation(folder);
        v1 = cloud.register("app", "v1", "");
        v2 = cloud.register("app", "v2", "");
    }

    private void create(int desired, String configuration, String more) {
        cloud.call(
                "CreateService",
                """
                {"serviceName": "s", "taskDefinition": "%s", "desiredCount": %d,
                 "deploymentConfiguration": {%s}, "loadBalancers": [{"targetGroupArn": "%s",
                 "containerName": "app", "containerPort": 8080}] %s}
                """
                        .formatted(v1, desired, configuration, Simulation.BLUE, more));
        cloud.untilStable();
    }

    private void update(String members) {
        cloud.call("UpdateService", "{\"service\": \"s\", " + members + "}");
    }

    private void deploy(String definition) {
        update("\"taskDefinition\": \"" + definition + "\"");
    }

    private String state() {
        return cloud.service().at("/deployments/0/rolloutState").asText();
    }

    private static JsonNode of(JsonNode service, String definition) {
        for (JsonNode deployment : service.path("deployments")) {
            if (deployment.path("taskDefinition").asText().equals(definition)) {
                return deployment;
            }
        }
        return Json.object();
    }

    private void untilFailed() {
        cloud.until(
                s -> cloud.events().stream().anyMatch(e -> e.contains(" deployment failed: ")));
    }

    private void setAlarm(String action, String members) {
        try {
            new CloudWatchApi(cloud.alarms)
                    .actions()
                    .get(action)
                    .run((ObjectNode) Json.MAPPER.readTree("{" + members + "}"));
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, BOUNDED_PERCENT, 50, 3",
        "6, BOUNDED_PERCENT, 50, 3",
        "7, BOUNDED_PERCENT, 50, 4",
        "25, BOUNDED_PERCENT, 50, 13",
        "800, BOUNDED_PERCENT, 50, 200",
        "800, UNBOUNDED_PERCENT, 50, 400",
        "1, UNBOUNDED_PERCENT, 50, 1",
        "9, COUNT, 5, 5"
    })
    void theThresholdIsAsConfigured(int desired, String type, int value, int expected) {
        Service service = new Service();
        service.desiredCount = desired;
        service.settings
                .withObject("/deploymentConfiguration/deploymentCircuitBreaker")
                .put("enable", true)
                .withObject("/thresholdConfiguration")
                .put("type", type)
                .put("value", value);
        assertThat(CircuitBreaker.of(service).threshold()).isEqualTo(expected);
    }

    @Test
    void tasksThatDoNotStartTripTheBreakerAndItRollsBack() {
        create(1, BREAKER, "");
        JsonNode good = cloud.service().at("/deployments/0");
        cloud.runtime.behave("v2", Behaviour.GOOD.failsToStart(NO_IMAGE));
        deploy(v2);
        untilFailed();
        JsonNode rollout = cloud.rollout();
        assertThat(rollout.at("/deploymentCircuitBreaker/status").asText()).isEqualTo("TRIGGERED");
        assertThat(rollout.at("/deploymentCircuitBreaker/failureCount").asInt()).isEqualTo(3);
        assertThat(rollout.at("/deploymentCircuitBreaker/threshold").asInt()).isEqualTo(3);
        String reason =
                "Service deployment rolled back because the circuit breaker threshold was"
                        + " exceeded.";
        assertThat(rollout.at("/rollback/reason").asText()).isEqualTo(reason);
        assertThat(cloud.events())
                .anyMatch(e -> e.endsWith(") deployment failed: tasks failed to start."))
                .anyMatch(
                        e ->
                                e.endsWith(
                                        "rolling back to deployment "
                                                + good.path("id").asText()
                                                + "."));
        assertThat(cloud.service().at("/deployments/0/id")).isEqualTo(good.path("id"));
        cloud.untilStable();
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("ROLLBACK_SUCCESSFUL");
        assertThat(cloud.rollout().path("statusReason").asText()).isEqualTo(reason);
        assertThat(cloud.service().path("taskDefinition").asText()).isEqualTo(v1);
    }

    @Test
    void tasksThatFailTheirTargetGroupsTripTheBreaker() {
        create(1, BREAKER, "");
        cloud.runtime.behave("v2", Behaviour.GOOD.unhealthyTarget());
        deploy(v2);
        untilFailed();
        assertThat(cloud.store.tasks())
                .filteredOn(t -> TaskDefinitions.arn(t.definition).equals(v2))
                .filteredOn(t -> t.stoppedReason != null)
                .anyMatch(
                        t ->
                                t.stoppedReason.equals(
                                        "Task failed ELB health checks in (target-group "
                                                + Simulation.BLUE
                                                + ")"))
                .allMatch(t -> t.stopCode.equals("ServiceSchedulerInitiated"));
        assertThat(cloud.events())
                .anyMatch(
                        e ->
                                e.endsWith(
                                        "due to (reason Health checks failed with these codes:"
                                                + " [503])."));
        assertThat(cloud.count(v1)).isEqualTo(1);
    }

    @Test
    void tasksThatFailTheirContainerChecksTripTheBreaker() {
        v2 =
                cloud.register(
                        "app", "v2", "\"healthCheck\": {\"command\": [\"CMD-SHELL\", \"x\"]}");
        create(1, BREAKER, "");
        cloud.runtime.behave("v2", Behaviour.GOOD.unhealthyContainer());
        deploy(v2);
        untilFailed();
        assertThat(cloud.events()).anyMatch(e -> e.endsWith("failed container health checks."));
        assertThat(cloud.store.tasks())
                .anyMatch(t -> "Task failed container health checks".equals(t.stoppedReason));
    }

    @Test
    void aTaskThatEndsBeforeItIsHealthyCounts() {
        create(1, BREAKER, "");
        cloud.runtime.behave("v2", Behaviour.GOOD.healthyAfter(60_000).exitsAfter(500));
        deploy(v2);
        untilFailed();
        assertThat(cloud.rollout().at("/deploymentCircuitBreaker/failureCount").asInt())
                .isEqualTo(3);
    }

    @Test
    void withoutRollbackItStallsAndStartsNoMoreTasks() {
        create(1, "\"deploymentCircuitBreaker\": {\"enable\": true, \"rollback\": false}", "");
        cloud.runtime.behave("v2", Behaviour.GOOD.failsToStart(NO_IMAGE));
        deploy(v2);
        untilFailed();
        assertThat(of(cloud.service(), v2).path("rolloutStateReason").asText())
                .isEqualTo("ECS deployment circuit breaker: tasks failed to start.");
        int started = cloud.runtime.started.size();
        cloud.advance(24 * 3600);
        assertThat(cloud.runtime.started).hasSize(started);
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("STOPPED");
        assertThat(cloud.count(v1)).isEqualTo(1);
    }

    @Test
    void aFirstDeploymentHasNothingToGoBackTo() {
        cloud.runtime.behave("v1", Behaviour.GOOD.failsToStart(NO_IMAGE));
        cloud.call(
                "CreateService",
                """
                {"serviceName": "s", "taskDefinition": "%s", "desiredCount": 1,
                 "deploymentConfiguration": {%s}}
                """
                        .formatted(v1, BREAKER));
        cloud.until(s -> state().equals("FAILED"));
        cloud.advance(3600);
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("STOPPED");
        assertThat(cloud.runtime.started).hasSize(3);
        assertThat(cloud.events()).noneMatch(e -> e.contains("rolling back"));
    }

    @Test
    void aRollbackThatFailsTooIsTheEnd() {
        create(1, BREAKER, "");
        cloud.runtime.behave("v2", Behaviour.GOOD.failsToStart(NO_IMAGE));
        update("\"deploymentConfiguration\": {\"minimumHealthyPercent\": 0, \"maximumPercent\": 100}");
        cloud.runtime.behave("v1", Behaviour.GOOD.failsToStart(NO_IMAGE));
        deploy(v2);
        cloud.until(s -> cloud.rollout().path("status").asText().equals("ROLLBACK_FAILED"));
        int started = cloud.runtime.started.size();
        cloud.advance(3600);
        assertThat(cloud.runtime.started).hasSize(started);
    }

    @Test
    void aHealthyTaskStartsTheCountAnew() {
        create(2, BREAKER, "");
        cloud.runtime.behave("v2", Behaviour.GOOD.failsToStart(NO_IMAGE));
        deploy(v2);
        cloud.until(s -> of(s, v2).path("failedTasks").asInt() == 2);
        cloud.runtime.behave("v2", Behaviour.GOOD);
        cloud.untilStable();
        assertThat(cloud.service().path("taskDefinition").asText()).isEqualTo(v2);
        assertThat(cloud.service().at("/deployments/0/failedTasks").asInt()).isZero();
        assertThat(cloud.rollout().at("/deploymentCircuitBreaker/failureCount").asInt()).isZero();
    }

    @Test
    void aHealthyTaskDoesNotStartTheCountAnewWhereItIsToldNotTo() {
        create(2, BREAKER.replace("true}", "true, \"resetOnHealthyTask\": false}"), "");
        cloud.runtime.behave("v2", Behaviour.GOOD.failsToStart(NO_IMAGE));
        deploy(v2);
        cloud.until(s -> of(s, v2).path("failedTasks").asInt() == 2);
        cloud.runtime.behave("v2", Behaviour.GOOD.healthyAfter(10_000_000));
        cloud.until(s -> cloud.tasks(v2).stream().filter(Task::isRunning).count() == 2);
        Task well = cloud.tasks(v2).get(0);
        cloud.store.with(() -> cloud.runtime.target(well, SimulatedBalancer.HEALTHY));
        cloud.advance(1);
        assertThat(well.wasHealthy).isTrue();
        assertThat(cloud.rollout().at("/deploymentCircuitBreaker/failureCount").asInt())
                .isEqualTo(2);
        Task dies = cloud.tasks(v2).get(1);
        cloud.store.with(() -> cloud.runtime.exit(dies));
        untilFailed();
        assertThat(cloud.rollout().at("/deploymentCircuitBreaker/failureCount").asInt())
                .isEqualTo(3);
    }

    @Test
    void theThresholdFollowsTheDesiredCount() {
        create(1, BREAKER, "");
        cloud.runtime.behave("v2", Behaviour.GOOD.failsToStart(NO_IMAGE));
        deploy(v2);
        cloud.until(s -> of(s, v2).path("failedTasks").asInt() == 2);
        assertThat(cloud.rollout().at("/deploymentCircuitBreaker/threshold").asInt()).isEqualTo(3);
        update("\"desiredCount\": 9");
        untilFailed();
        assertThat(cloud.rollout().at("/deploymentCircuitBreaker/threshold").asInt()).isEqualTo(5);
        assertThat(cloud.rollout().at("/deploymentCircuitBreaker/failureCount").asInt())
                .isEqualTo(5);
    }

    @Test
    void withoutABreakerItRetriesForEverWithLongerWaits() {
        create(1, "", "");
        cloud.runtime.behave("v2", Behaviour.GOOD.failsToStart(NO_IMAGE));
        deploy(v2);
        cloud.advance(3600);
        int inAnHour = cloud.runtime.started.size();
        cloud.advance(3600);
        int later = cloud.runtime.started.size();
        assertThat(state()).isEqualTo("IN_PROGRESS");
        assertThat(later - inAnHour).isBetween(3, 5);
        assertThat(cloud.events())
                .filteredOn(e -> e.endsWith("is unable to consistently start tasks successfully."))
                .hasSize(1);
        assertThat(cloud.events())
                .contains("(service s) was unable to place a task. Reason: " + NO_IMAGE);
        update("\"enableExecuteCommand\": true");
        cloud.advance(1);
        assertThat(cloud.runtime.started).as("an update ends the wait").hasSize(later + 1);
    }

    @Test
    void noCapacityIsToldAndCountsAsFailure() {
        create(1, BREAKER, "");
        cloud.noRoom("Capacity is unavailable at this time.");
        deploy(v2);
        untilFailed();
        assertThat(cloud.runtime.started).hasSize(1);
        assertThat(cloud.events())
                .contains(
                        "(service s) was unable to place a task. Reason: Capacity is unavailable at"
                                + " this time.");
    }

    @Test
    void aTargetGroupThatIsGoneIsTold() {
        create(1, BREAKER, "");
        cloud.balancer.delays.remove(Simulation.BLUE);
        cloud.runtime.exit(cloud.tasks(v1).get(0));
        cloud.advance(5);
        assertThat(cloud.events())
                .contains(
                        "(service s) failed to register targets in (target-group "
                                + Simulation.BLUE
                                + ") with (error One or more target groups not found)");
    }

    @Test
    void graceLetsASlowTaskBe() {
        create(1, BREAKER, ", \"healthCheckGracePeriodSeconds\": 100");
        cloud.runtime.behave("v2", Behaviour.GOOD.unhealthyTarget());
        deploy(v2);
        cloud.advance(100);
        Task slow = cloud.tasks(v2).get(0);
        cloud.store.with(() -> cloud.runtime.target(slow, SimulatedBalancer.HEALTHY));
        cloud.untilStable();
        assertThat(slow.isWanted()).isTrue();
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("SUCCESSFUL");
    }

    @Test
    void anUnhealthyTaskIsReplacedFirstWhereThereIsRoom() {
        create(2, "", "");
        Task sick = cloud.tasks(v1).get(0);
        cloud.store.with(() -> cloud.runtime.target(sick, SimulatedBalancer.UNHEALTHY));
        cloud.advance(1);
        assertThat(sick.isWanted()).isTrue();
        assertThat(cloud.count(v1)).isEqualTo(3);
        cloud.advance(3);
        assertThat(sick.isWanted()).isFalse();
        assertThat(cloud.count(v1)).isEqualTo(2);
        assertThat(cloud.events())
                .anyMatch(
                        e -> e.endsWith("Amazon ECS replaced 1 tasks due to an unhealthy status."));
    }

    @Test
    void unhealthyTasksGoOneByOneWhereThereIsNoRoom() {
        create(2, "\"minimumHealthyPercent\": 50, \"maximumPercent\": 100", "");
        cloud.runtime.behave("v1", Behaviour.GOOD.healthyAfter(100_000));
        for (Task task : cloud.tasks(v1)) {
            cloud.store.with(() -> cloud.runtime.target(task, SimulatedBalancer.UNHEALTHY));
        }
        cloud.advance(50);
        assertThat(cloud.runtime.started).hasSize(3);
        cloud.advance(60);
        assertThat(cloud.runtime.started).hasSize(4);
    }

    @Test
    void aDeadTaskIsReplacedWithoutADeployment() {
        create(2, "", "");
        Task dead = cloud.tasks(v1).get(0);
        cloud.store.with(() -> cloud.runtime.exit(dead));
        cloud.advance(5);
        assertThat(cloud.tasks(v1)).hasSize(2).allMatch(Task::isRunning);
        assertThat(dead.stopCode).isEqualTo("EssentialContainerExited");
        assertThat(cloud.service().path("deployments").size()).isEqualTo(1);
    }

    @Test
    void anAlarmFailsTheDeploymentAndRollsBack() {
        setAlarm("PutMetricAlarm", "\"AlarmName\": \"errors\", \"Period\": 60");
        create(1, alarms(), "");
        deploy(v2);
        cloud.advance(10);
        assertThat(state()).as("the bake time goes on").isEqualTo("IN_PROGRESS");
        assertThat(cloud.count(v1)).isZero();
        setAlarm(
                "SetAlarmState",
                "\"AlarmName\": \"errors\", \"StateValue\": \"ALARM\", \"StateReason\": \"t\"");
        cloud.advance(0);
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("ROLLBACK_IN_PROGRESS");
        assertThat(cloud.rollout().at("/alarms/status").asText()).isEqualTo("TRIGGERED");
        assertThat(cloud.rollout().at("/alarms/triggeredAlarmNames/0").asText())
                .isEqualTo("errors");
        assertThat(cloud.events()).anyMatch(e -> e.endsWith("deployment failed: alarm detected."));
        cloud.untilStable();
        assertThat(cloud.service().path("taskDefinition").asText()).isEqualTo(v1);
    }

    private static String alarms() {
        return "\"alarms\": {\"alarmNames\": [\"errors\"], \"enable\": true, \"rollback\": true}";
    }

    @Test
    void anAlarmThatIsOnFromTheStartIsIgnored() {
        setAlarm("PutMetricAlarm", "\"AlarmName\": \"errors\", \"Period\": 60");
        create(1, alarms(), "");
        setAlarm(
                "SetAlarmState",
                "\"AlarmName\": \"errors\", \"StateValue\": \"ALARM\", \"StateReason\": \"t\"");
        deploy(v2);
        cloud.advance(30);
        assertThat(state()).isEqualTo("IN_PROGRESS");
        cloud.untilStable();
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("SUCCESSFUL");
        assertThat(cloud.rollout().at("/alarms/status").asText()).isEqualTo("MONITORING_COMPLETE");
    }

    @Test
    void anAlarmThatIsNotThereIsRefused() {
        assertThatThrownBy(() -> create(1, alarms(), ""))
                .isInstanceOf(AwsError.class)
                .hasMessageContaining("errors");
    }

    @Test
    void aUserStopsADeploymentAndItRollsBack() {
        create(1, "", "");
        cloud.runtime.behave("v2", Behaviour.GOOD.healthyAfter(1_000_000));
        deploy(v2);
        cloud.advance(5);
        String arn = cloud.rollout().path("serviceDeploymentArn").asText();
        cloud.call("StopServiceDeployment", "{\"serviceDeploymentArn\": \"" + arn + "\"}");
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("ROLLBACK_REQUESTED");
        cloud.untilStable();
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("ROLLBACK_SUCCESSFUL");
        assertThat(cloud.count(v1)).isEqualTo(1);
        assertThat(cloud.count(v2)).isZero();
        assertThatThrownBy(
                        () ->
                                cloud.call(
                                        "StopServiceDeployment",
                                        "{\"serviceDeploymentArn\": \"" + arn + "\"}"))
                .isInstanceOf(AwsError.class)
                .extracting(e -> ((AwsError) e).code())
                .isEqualTo("ConflictException");
    }
}
