package io.modeltoecs.cloud.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.ecs.SimulatedRuntime.Behaviour;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rolling deployments by ECS's rules, with a clock that is set by hand. */
class RollingUpdateTest {
    private static final String CHECK =
            "\"healthCheck\": {\"command\": [\"CMD-SHELL\", \"true\"]}";

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

    private void create(int desired, int min, int max, boolean balanced) {
        cloud.call(
                "CreateService",
                """
                {"serviceName": "s", "taskDefinition": "%s", "desiredCount": %d,
                 "deploymentConfiguration": {"minimumHealthyPercent": %d, "maximumPercent": %d}
                 %s}
                """
                        .formatted(v1, desired, min, max, balanced ? balancer() : ""));
        cloud.untilStable();
    }

    private static String balancer() {
        return """
               , "loadBalancers": [{"targetGroupArn": "%s", "containerName": "app",
               "containerPort": 8080}]
               """
                .formatted(Simulation.BLUE);
    }

    private void update(String members) {
        cloud.call("UpdateService", "{\"service\": \"s\", " + members + "}");
    }

    private void deploy(String definition) {
        update("\"taskDefinition\": \"" + definition + "\"");
    }

    private List<String> events() {
        return cloud.events().stream()
                .map(e -> e.replace("(service s) ", "").replaceAll("[0-9a-f]{32}", "ID"))
                .map(e -> e.replaceAll("ecs-svc/[0-9]+", "ecs-svc/N"))
                .toList();
    }

    /** Steps of a rollout as old+new tasks that are RUNNING or PENDING. */
    private List<String> steps() {
        List<String> steps = new ArrayList<>(List.of(cloud.count(v1) + "+" + cloud.count(v2)));
        cloud.until(
                s -> {
                    String step = cloud.count(v1) + "+" + cloud.count(v2);
                    if (!steps.get(steps.size() - 1).equals(step)) {
                        steps.add(step);
                    }
                    return s.at("/deployments/0/rolloutState").asText().equals("COMPLETED");
                });
        return steps;
    }

    @ParameterizedTest
    @CsvSource({
        "1, 100, 200, 1+0 1+1 0+1",
        "1, 0, 100, 1+0 0+0 0+1",
        "4, 50, 100, 4+0 2+0 2+2 0+2 0+4",
        "4, 100, 200, 4+0 4+4 0+4",
        "3, 50, 150, 3+0 2+1 2+2 0+2 0+3"
    })
    void staysWithinMinimumAndMaximumPercent(int desired, int min, int max, String expected) {
        create(desired, min, max, true);
        deploy(v2);
        assertThat(String.join(" ", steps())).isEqualTo(expected);
    }

    @Test
    void takesManySmallStepsWhereThereIsLittleRoom() {
        create(10, 90, 110, true);
        deploy(v2);
        List<String> steps = steps();
        assertThat(steps).startsWith("10+0", "9+1").endsWith("0+10");
        assertThat(steps)
                .allSatisfy(
                        s -> {
                            String[] n = s.split("\\+");
                            assertThat(Integer.parseInt(n[0]) + Integer.parseInt(n[1]))
                                    .isBetween(9, 11);
                        });
    }

    @ParameterizedTest
    @CsvSource({"1, 50, 100", "2, 75, 100", "3, 100, 125"})
    void isStuckForeverWhereTheLimitsLeaveNoRoomAndSaysSoOnce(int desired, int min, int max) {
        create(desired, min, max, true);
        deploy(v2);
        cloud.advance(24 * 3600);
        assertThat(cloud.count(v1)).isEqualTo(desired);
        assertThat(cloud.count(v2)).isZero();
        assertThat(cloud.service().at("/deployments/0/rolloutState").asText())
                .isEqualTo("IN_PROGRESS");
        assertThat(events())
                .filteredOn(
                        e ->
                                e.equals(
                                        "was unable to stop or start tasks during a deployment"
                                                + " because of the service deployment"
                                                + " configuration. Update the"
                                                + " minimumHealthyPercent or maximumPercent value"
                                                + " and try again."))
                .hasSize(1);
        update("\"deploymentConfiguration\": {\"maximumPercent\": 200}");
        cloud.untilStable();
        assertThat(cloud.count(v2)).isEqualTo(desired);
    }

    @Test
    void aTaskWithoutAnyCheckCountsAfter40Seconds() {
        create(1, 100, 200, false);
        deploy(v2);
        cloud.advance(1 + 39);
        assertThat(cloud.count(v1)).isEqualTo(1);
        cloud.advance(2);
        assertThat(cloud.count(v1)).isZero();
    }

    @Test
    void aTaskWithAContainerCheckCountsWhenHealthy() {
        v1 = cloud.register("app", "v1", CHECK);
        v2 = cloud.register("app", "v2", CHECK);
        cloud.runtime.behave("v2", Behaviour.GOOD.healthyAfter(300_000));
        create(1, 100, 200, false);
        deploy(v2);
        cloud.advance(299);
        assertThat(cloud.count(v1)).isEqualTo(1);
        cloud.advance(3);
        assertThat(cloud.count(v1)).isZero();
    }

    @Test
    void aTaskBehindALoadBalancerCountsWhenItsTargetIsHealthyAndItsContainerToo() {
        v2 = cloud.register("app", "v2", CHECK);
        cloud.runtime.behave("v2", Behaviour.GOOD.healthyAfter(1_000_000));
        create(1, 100, 200, true);
        deploy(v2);
        cloud.advance(100);
        Task fresh = cloud.tasks(v2).get(0);
        cloud.store.with(() -> cloud.runtime.target(fresh, SimulatedBalancer.HEALTHY));
        cloud.advance(100);
        assertThat(cloud.count(v1)).as("its container is UNKNOWN yet").isEqualTo(1);
        cloud.store.with(() -> cloud.runtime.health(fresh, "HEALTHY"));
        cloud.advance(1);
        assertThat(cloud.count(v1)).isZero();
    }

    @Test
    void theOldDeploymentIsActiveUntilItsLastTaskHasStopped() {
        create(1, 100, 200, true);
        String first = cloud.service().at("/deployments/0/id").asText();
        assertThat(cloud.service().at("/deployments/0/rolloutStateReason").asText())
                .isEqualTo("ECS deployment " + first + " completed.");
        deploy(v2);
        String second = cloud.service().at("/deployments/0/id").asText();
        assertThat(cloud.service().at("/deployments/0/rolloutStateReason").asText())
                .isEqualTo("ECS deployment " + second + " in progress.");
        cloud.advance(1);
        JsonNode during = cloud.service().path("deployments");
        assertThat(during.at("/0/status").asText()).isEqualTo("PRIMARY");
        assertThat(during.at("/0/taskDefinition").asText()).isEqualTo(v2);
        assertThat(during.at("/1/status").asText()).isEqualTo("ACTIVE");
        assertThat(during.at("/1/id").asText()).isEqualTo(first);
        cloud.until(s -> s.at("/deployments/0/rolloutState").asText().equals("COMPLETED"));
        assertThat(cloud.service().path("deployments").size()).isEqualTo(2);
        assertThat(cloud.service().path("runningCount").asInt()).isEqualTo(1);
        assertThat(cloud.store.tasks())
                .filteredOn(t -> !t.isWanted())
                .allSatisfy(
                        t -> {
                            assertThat(t.lastStatus).isEqualTo("DEACTIVATING");
                            assertThat(t.stopCode).isEqualTo("ServiceSchedulerInitiated");
                            assertThat(t.stoppedReason)
                                    .isEqualTo(
                                            "Scaling activity initiated by (deployment "
                                                    + second
                                                    + ")");
                        })
                .hasSize(1);
        cloud.advance(Simulation.DRAIN_SECONDS - 5);
        assertThat(cloud.service().path("deployments").size()).isEqualTo(2);
        cloud.advance(7);
        assertThat(cloud.service().path("deployments").size()).isEqualTo(1);
    }

    @Test
    void tellsWhatHappensInEcsWordsAndOrder() {
        create(1, 100, 200, true);
        deploy(v2);
        cloud.untilStable();
        assertThat(events())
                .containsExactly(
                        "has started 1 tasks: (task ID).",
                        "registered 1 targets in (target-group " + Simulation.BLUE + ")",
                        "(deployment ecs-svc/N) deployment completed.",
                        "has reached a steady state.",
                        "has started 1 tasks: (task ID).",
                        "registered 1 targets in (target-group " + Simulation.BLUE + ")",
                        "has stopped 1 running tasks: (task ID).",
                        "deregistered 1 targets in (target-group " + Simulation.BLUE + ")",
                        "has begun draining connections on 1 tasks.",
                        "(deployment ecs-svc/N) deployment completed.",
                        "has reached a steady state.");
    }

    @Test
    void repeatsTheSteadyStateAfterSixHoursOnly() {
        create(1, 100, 200, true);
        cloud.advance(5 * 3600);
        assertThat(events()).filteredOn(e -> e.contains("steady")).hasSize(1);
        cloud.advance(2 * 3600);
        assertThat(events()).filteredOn(e -> e.contains("steady")).hasSize(2);
    }

    @Test
    void aNewDeploymentDoesNotWaitForTheOneBefore() {
        create(2, 100, 200, true);
        cloud.runtime.behave("v2", Behaviour.GOOD.healthyAfter(10_000_000));
        deploy(v2);
        cloud.advance(10);
        String overtaken = cloud.rollout().path("serviceDeploymentArn").asText();
        String v3 = cloud.register("app", "v3", "");
        deploy(v3);
        assertThat(cloud.rollout(overtaken).path("status").asText()).isEqualTo("STOP_REQUESTED");
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("PENDING");
        assertThat(cloud.rollout().path("sourceServiceRevisions").size()).isEqualTo(2);
        cloud.advance(0);
        assertThat(cloud.rollout(overtaken).path("status").asText()).isEqualTo("STOPPED");
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("IN_PROGRESS");
        assertThat(cloud.service().path("deployments"))
                .extracting(d -> d.path("status").asText())
                .containsExactly("PRIMARY", "ACTIVE", "ACTIVE");
        cloud.untilStable();
        assertThat(cloud.count(v3)).isEqualTo(2);
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("SUCCESSFUL");
    }

    @Test
    void onlySomeSettingsStartADeployment() {
        create(1, 100, 200, true);
        String id = cloud.service().at("/deployments/0/id").asText();
        deploy(v1);
        update("\"desiredCount\": 2");
        update("\"deploymentConfiguration\": {\"minimumHealthyPercent\": 50}");
        update("\"healthCheckGracePeriodSeconds\": 5, \"enableExecuteCommand\": true");
        cloud.untilStable();
        assertThat(cloud.service().at("/deployments/0/id").asText()).isEqualTo(id);
        assertThat(cloud.count(v1)).isEqualTo(2);
        update("\"forceNewDeployment\": true");
        cloud.untilStable();
        assertThat(cloud.service().at("/deployments/0/id").asText()).isNotEqualTo(id);
        assertThat(cloud.service().at("/deployments/0/taskDefinition").asText()).isEqualTo(v1);
    }

    @Test
    void scalesInUnhealthyTasksFirst() {
        create(3, 100, 200, true);
        Task sick = cloud.tasks(v1).get(1);
        cloud.store.with(() -> cloud.runtime.target(sick, SimulatedBalancer.INITIAL));
        update("\"desiredCount\": 2");
        cloud.untilStable();
        assertThat(sick.isWanted()).isFalse();
        assertThat(cloud.count(v1)).isEqualTo(2);
    }
}
