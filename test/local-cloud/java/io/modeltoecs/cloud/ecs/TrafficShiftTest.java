package io.modeltoecs.cloud.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.ecs.SimulatedRuntime.Behaviour;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Blue/green, canary and linear deployments by ECS's rules, with a clock that is set by hand. */
class TrafficShiftTest {
    private static final String ALL_AT_ONCE = "\"strategy\": \"BLUE_GREEN\", \"bakeTimeInMinutes\": 5";
    private static final String LINEAR =
            """
            "strategy": "LINEAR", "bakeTimeInMinutes": 1,
            "linearConfiguration": {"stepPercent": 40, "stepBakeTimeInMinutes": 2}
            """;
    private static final String CANARY =
            """
            "strategy": "CANARY", "bakeTimeInMinutes": 0,
            "canaryConfiguration": {"canaryPercent": 2.5, "canaryBakeTimeInMinutes": 3}
            """;

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

    private void create(String configuration) {
        create(configuration, "");
    }

    private void create(String configuration, String hooks) {
        cloud.call(
                "CreateService",
                """
                {"serviceName": "s", "taskDefinition": "%s", "desiredCount": 2,
                 "deploymentConfiguration": {%s},
                 "loadBalancers": [{"targetGroupArn": "%s", "containerName": "app",
                   "containerPort": 8080, "advancedConfiguration": {
                   "alternateTargetGroupArn": "%s", "productionListenerRule": "%s",
                   "testListenerRule": "%s", "roleArn": "arn:aws:iam::000000000000:role/r"}}]}
                """
                        .formatted(
                                v1,
                                configuration,
                                Simulation.BLUE,
                                Simulation.GREEN,
                                Simulation.RULE,
                                Simulation.TEST_RULE));
        cloud.untilStable();
        if (!hooks.isEmpty()) {
            update("\"deploymentConfiguration\": {\"lifecycleHooks\": [" + hooks + "]}");
        }
    }

    private static String pause(String stage, String timeout) {
        return """
               {"targetType": "PAUSE", "lifecycleStages": ["%s"] %s}
               """
                .formatted(stage, timeout);
    }

    private void update(String members) {
        cloud.call("UpdateService", "{\"service\": \"s\", " + members + "}");
    }

    private void deploy(String definition) {
        update("\"taskDefinition\": \"" + definition + "\"");
        cloud.advance(0);
    }

    private String stage() {
        return cloud.rollout().path("lifecycleStage").asText();
    }

    private Map<String, Integer> production() {
        return cloud.balancer.rules.get(Simulation.RULE);
    }

    private Map<String, Integer> test() {
        return cloud.balancer.rules.get(Simulation.TEST_RULE);
    }

    private void untilStage(String stage) {
        cloud.until(s -> stage().equals(stage));
    }

    private JsonNode waitingHook() {
        cloud.until(s -> waiting() != null);
        return waiting();
    }

    private JsonNode waiting() {
        for (JsonNode hook : cloud.rollout().path("lifecycleHookDetails")) {
            if (hook.path("status").asText().equals("AWAITING_ACTION")) {
                return hook;
            }
        }
        return null;
    }

    private void answer(JsonNode hook, String action) {
        cloud.call(
                "ContinueServiceDeployment",
                """
                {"serviceDeploymentArn": "%s", "hookId": "%s", "action": "%s"}
                """
                        .formatted(
                                cloud.rollout().path("serviceDeploymentArn").asText(),
                                hook.path("hookId").asText(),
                                action));
        cloud.advance(0);
    }

    private void assertRolledBack() {
        cloud.untilStable();
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("ROLLBACK_SUCCESSFUL");
        assertThat(cloud.count(v1)).isEqualTo(2);
        assertThat(cloud.count(v2)).isZero();
        assertThat(production().get(Simulation.BLUE)).isEqualTo(100);
        assertThat(production().get(Simulation.GREEN)).isZero();
        assertThat(cloud.service().path("taskDefinition").asText()).isEqualTo(v1);
    }

    @Test
    void goesThroughTheStagesInTheirOrder() {
        create(ALL_AT_ONCE);
        update("\"taskDefinition\": \"" + v2 + "\"");
        List<String> stages = new ArrayList<>();
        cloud.until(
                s -> {
                    String stage = stage() + " " + new TreeMap<>(production()) + new TreeMap<>(test());
                    if (!stage().isEmpty()
                            && (stages.isEmpty()
                                    || !stages.get(stages.size() - 1).equals(stage))) {
                        stages.add(stage.replace(Simulation.BLUE, "b").replace(Simulation.GREEN, "g"));
                    }
                    return cloud.rollout().path("status").asText().equals("SUCCESSFUL");
                });
        assertThat(stages.stream().distinct())
                .containsExactly(
                        "SCALE_UP {b=100, g=0}{b=100, g=0}",
                        "BAKE_TIME {b=0, g=100}{b=0, g=100}",
                        "CLEAN_UP {b=0, g=100}{b=0, g=100}");
    }

    @Test
    void keepsTheOldTasksUntilTheBakeTimeIsOver() {
        create(ALL_AT_ONCE);
        deploy(v2);
        untilStage("BAKE_TIME");
        assertThat(cloud.count(v1)).isEqualTo(2);
        assertThat(cloud.count(v2)).isEqualTo(2);
        assertThat(cloud.service().at("/deployments/1/desiredCount").asInt()).isEqualTo(2);
        JsonNode rollout = cloud.rollout();
        assertThat(rollout.at("/targetServiceRevision/requestedProductionTrafficWeight").asDouble())
                .isEqualTo(100);
        assertThat(
                        rollout.at("/sourceServiceRevisions/0/requestedProductionTrafficWeight")
                                .asDouble())
                .isZero();
        cloud.advance(5 * 60 - 1);
        assertThat(cloud.count(v1)).isEqualTo(2);
        cloud.advance(1);
        assertThat(stage()).isEqualTo("CLEAN_UP");
        assertThat(cloud.count(v1)).isZero();
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("IN_PROGRESS");
        cloud.untilStable();
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("SUCCESSFUL");
    }

    @Test
    void theTargetGroupsSwapTheirRolesEachTime() {
        create(ALL_AT_ONCE);
        deploy(v2);
        cloud.untilStable();
        assertThat(cloud.balancer.registered(Simulation.GREEN)).isEqualTo(2);
        assertThat(cloud.balancer.registered(Simulation.BLUE)).isZero();
        String revision = cloud.rollout().at("/targetServiceRevision/arn").asText();
        assertThat(
                        cloud.call(
                                        "DescribeServiceRevisions",
                                        "{\"serviceRevisionArns\": [\"" + revision + "\"]}")
                                .at(
                                        "/serviceRevisions/0/resolvedConfiguration/loadBalancers/0/targetGroupArn")
                                .asText())
                .isEqualTo(Simulation.GREEN);
        deploy(v1);
        cloud.untilStable();
        assertThat(cloud.balancer.registered(Simulation.BLUE)).isEqualTo(2);
        assertThat(production().get(Simulation.BLUE)).isEqualTo(100);
    }

    @Test
    void linearGoesByEqualStepsEachWithItsBakeTime() {
        create(LINEAR);
        deploy(v2);
        List<String> shares = new ArrayList<>();
        double seconds =
                cloud.until(
                        s -> {
                            String share = String.valueOf(production().get(Simulation.GREEN));
                            if (shares.isEmpty() || !shares.get(shares.size() - 1).equals(share)) {
                                shares.add(share);
                            }
                            return stage().equals("CLEAN_UP");
                        });
        assertThat(shares).containsExactly("0", "40", "80", "100");
        assertThat(seconds).isEqualTo(2 + 2 * 120 + 60);
    }

    @Test
    void canaryGoesByAPartAndThenTheRest() {
        create(CANARY);
        deploy(v2);
        untilStage("PRODUCTION_TRAFFIC_SHIFT");
        assertThat(production())
                .containsEntry(Simulation.GREEN, 25)
                .containsEntry(Simulation.BLUE, 975);
        assertThat(
                        cloud.rollout()
                                .at("/targetServiceRevision/requestedProductionTrafficWeight")
                                .asDouble())
                .isEqualTo(2.5);
        cloud.advance(3 * 60 - 1);
        assertThat(production().get(Simulation.GREEN)).isEqualTo(25);
        cloud.advance(2);
        assertThat(production())
                .containsEntry(Simulation.GREEN, 100)
                .containsEntry(Simulation.BLUE, 0);
    }

    @Test
    void linearGoesBy10PercentEach6MinutesUnasked() {
        create("\"strategy\": \"LINEAR\"");
        deploy(v2);
        untilStage("PRODUCTION_TRAFFIC_SHIFT");
        for (int percent = 10; percent < 100; percent += 10) {
            assertThat(production().get(Simulation.GREEN)).isEqualTo(percent);
            cloud.advance(6 * 60);
        }
        assertThat(production().get(Simulation.GREEN)).isEqualTo(100);
        assertThat(cloud.rollout().path("status").asText())
                .as("no bake time after the last step")
                .isNotEqualTo("PENDING");
        assertThat(stage()).isEqualTo("CLEAN_UP");
    }

    @Test
    void canaryGoesBy5PercentFor10MinutesUnasked() {
        create("\"strategy\": \"CANARY\"");
        deploy(v2);
        untilStage("PRODUCTION_TRAFFIC_SHIFT");
        assertThat(production().get(Simulation.GREEN)).isEqualTo(5);
        cloud.advance(10 * 60 - 1);
        assertThat(production().get(Simulation.GREEN)).isEqualTo(5);
        cloud.advance(2);
        assertThat(production().get(Simulation.GREEN)).isEqualTo(100);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'strategy': 'SLOWLY' | strategy must be one of ROLLING, BLUE_GREEN, LINEAR, CANARY, but was SLOWLY",
                "'strategy': 'BLUE_GREEN', 'bakeTimeInMinutes': 1441 | bakeTimeInMinutes must be between 0 and 1440, but was 1441",
                "'strategy': 'LINEAR', 'linearConfiguration': {'stepPercent': 2.9} | stepPercent must be a multiple of 0.1 from 3.0 to 100.0, but was 2.9",
                "'strategy': 'LINEAR', 'linearConfiguration': {'stepBakeTimeInMinutes': 1441} | stepBakeTimeInMinutes must be between 0 and 1440, but was 1441",
                "'strategy': 'CANARY', 'canaryConfiguration': {'canaryPercent': 0.0} | canaryPercent must be a multiple of 0.1 from 0.1 to 100.0, but was 0.0",
                "'strategy': 'CANARY', 'canaryConfiguration': {'canaryBakeTimeInMinutes': -1} | canaryBakeTimeInMinutes must be between 0 and 1440, but was -1",
                "'strategy': 'BLUE_GREEN', 'canaryConfiguration': {'canaryPercent': 5.0} | canaryConfiguration is only valid for the strategy CANARY, but it is BLUE_GREEN",
                "'lifecycleHooks': [{'targetType': 'PAUSE', 'lifecycleStages': ['BAKE_TIME']}] | lifecycleStages must be of ",
                "'lifecycleHooks': [{'targetType': 'PAUSE', 'lifecycleStages': ['SCALE_UP']}] | lifecycleStages must be of ",
                "'lifecycleHooks': [{'targetType': 'PAUSE', 'lifecycleStages': ['PRODUCTION_TRAFFIC_SHIFT']}] | PAUSE hooks cannot be configured at the stage PRODUCTION_TRAFFIC_SHIFT.",
                "'lifecycleHooks': [{'targetType': 'PAUSE', 'lifecycleStages': ['PRE_SCALE_UP'], 'timeoutConfiguration': {'timeoutInMinutes': 20161}}] | timeoutInMinutes must be between 1 and 20160, but was 20161",
                "'lifecycleHooks': [{'targetType': 'PAUSE', 'lifecycleStages': ['PRE_SCALE_UP'], 'timeoutConfiguration': {'action': 'STOP'}}] | action of a timeoutConfiguration must be ROLLBACK or CONTINUE, but was STOP"
            })
    void configurationsHaveLimits(String configuration, String message) {
        create(ALL_AT_ONCE);
        assertThatThrownBy(
                        () ->
                                update(
                                        "\"deploymentConfiguration\": {"
                                                + configuration.replace('\'', '"')
                                                + "}"))
                .isInstanceOfSatisfying(
                        AwsError.class,
                        e -> assertThat(e.code()).isEqualTo("InvalidParameterException"))
                .hasMessageStartingWith(message);
    }

    @Test
    void anotherStrategyLeavesBehindWhatOnlyTheFormerOneTakes() {
        create(CANARY);

        update("\"deploymentConfiguration\": {\"strategy\": \"BLUE_GREEN\"}");

        JsonNode configuration = cloud.service().path("deploymentConfiguration");
        assertThat(configuration.path("strategy").asText()).isEqualTo("BLUE_GREEN");
        assertThat(configuration.has("canaryConfiguration")).isFalse();
    }

    @Test
    void aDeploymentLasts30DaysAtMost() {
        String long14Days =
                ", \"timeoutConfiguration\": {\"timeoutInMinutes\": 20160, \"action\":"
                        + " \"CONTINUE\"}";
        create(
                ALL_AT_ONCE,
                String.join(
                        ",",
                        pause("PRE_SCALE_UP", long14Days),
                        pause("POST_SCALE_UP", long14Days),
                        pause("POST_TEST_TRAFFIC_SHIFT", long14Days)));
        deploy(v2);
        cloud.advance(30 * 24 * 3600 - 1);
        assertThat(stage()).isEqualTo("POST_TEST_TRAFFIC_SHIFT");
        cloud.advance(2);
        assertRolledBack();
    }

    @Test
    void pausesAtAHookUntilItIsAnswered() {
        create(ALL_AT_ONCE, pause("POST_SCALE_UP", ""));
        deploy(v2);
        JsonNode hook = waitingHook();
        assertThat(stage()).isEqualTo("POST_SCALE_UP");
        assertThat(hook.path("targetType").asText()).isEqualTo("PAUSE");
        assertThat(hook.path("timeoutAction").asText()).isEqualTo("ROLLBACK");
        assertThat(hook.path("expiresAt").asDouble())
                .isEqualTo(cloud.clock.millis() / 1000.0 + 24 * 3600);
        cloud.advance(3600);
        assertThat(stage()).isEqualTo("POST_SCALE_UP");
        assertThat(production().get(Simulation.GREEN)).isZero();
        answer(hook, "CONTINUE");
        assertThat(stage()).isEqualTo("BAKE_TIME");
        assertThat(cloud.rollout().at("/lifecycleHookDetails/0/status").asText())
                .isEqualTo("SUCCEEDED");
        assertThatThrownBy(() -> answer(hook, "CONTINUE"))
                .isInstanceOf(AwsError.class)
                .hasMessageContaining("does not await an action");
    }

    @Test
    void theAnswerRollbackGoesBack() {
        create(ALL_AT_ONCE, pause("POST_PRODUCTION_TRAFFIC_SHIFT", ""));
        deploy(v2);
        JsonNode hook = waitingHook();
        assertThat(production().get(Simulation.GREEN)).isEqualTo(100);
        answer(hook, "ROLLBACK");
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("ROLLBACK_IN_PROGRESS");
        assertThat(cloud.rollout().path("statusReason").asText())
                .startsWith(
                        "Service deployment rolled back because POST_PRODUCTION_TRAFFIC_SHIFT"
                                + " lifecycle hook(s) failed.");
        assertRolledBack();
    }

    @Test
    void aHookThatNobodyAnswersTimesOutIntoARollback() {
        create(
                ALL_AT_ONCE,
                pause("PRE_SCALE_UP", ", \"timeoutConfiguration\": {\"timeoutInMinutes\": 3}"));
        deploy(v2);
        waitingHook();
        assertThat(cloud.count(v2)).isZero();
        cloud.advance(3 * 60);
        assertThat(cloud.rollout().at("/lifecycleHookDetails/0/status").asText())
                .isEqualTo("TIMED_OUT");
        assertRolledBack();
    }

    @Test
    void aHookWithTheTimeoutActionContinueGoesOn() {
        create(
                ALL_AT_ONCE,
                pause(
                        "PRE_SCALE_UP",
                        ", \"timeoutConfiguration\": {\"timeoutInMinutes\": 3, \"action\":"
                                + " \"CONTINUE\"}"));
        deploy(v2);
        waitingHook();
        cloud.advance(3 * 60);
        assertThat(cloud.rollout().at("/lifecycleHookDetails/0/status").asText())
                .isEqualTo("TIMED_OUT");
        cloud.untilStable();
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("SUCCESSFUL");
    }

    @Test
    void allHooksOfAStageAreWaitedForAndThoseBeforeAShiftComeEachTime() {
        String both =
                pause("PRE_PRODUCTION_TRAFFIC_SHIFT", "")
                        + ","
                        + pause("PRE_PRODUCTION_TRAFFIC_SHIFT", "");
        create(CANARY, both);
        deploy(v2);
        answer(waitingHook(), "CONTINUE");
        assertThat(production().get(Simulation.GREEN)).isZero();
        answer(waitingHook(), "CONTINUE");
        assertThat(production().get(Simulation.GREEN)).isEqualTo(25);
        answer(waitingHook(), "CONTINUE");
        answer(waitingHook(), "CONTINUE");
        cloud.untilStable();
        assertThat(cloud.rollout().path("lifecycleHookDetails").size()).isEqualTo(4);
    }

    @Test
    void stopServiceDeploymentGoesBackAtAnyStage() {
        create(LINEAR);
        deploy(v2);
        cloud.until(s -> production().get(Simulation.GREEN) == 80);
        stop("ROLLBACK");
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("ROLLBACK_REQUESTED");
        cloud.advance(0);
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("ROLLBACK_IN_PROGRESS");
        assertThat(production().get(Simulation.GREEN)).isZero();
        assertRolledBack();
    }

    @Test
    void abortLeavesTasksAndTrafficAsTheyAre() {
        create(LINEAR);
        deploy(v2);
        cloud.until(s -> production().get(Simulation.GREEN) == 40);
        stop("ABORT");
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("STOP_REQUESTED");
        cloud.advance(3600);
        assertThat(cloud.rollout().path("status").asText()).isEqualTo("STOPPED");
        assertThat(production().get(Simulation.GREEN)).isEqualTo(40);
        assertThat(cloud.count(v1)).isEqualTo(2);
        assertThat(cloud.count(v2)).isEqualTo(2);
    }

    private void stop(String type) {
        cloud.call(
                "StopServiceDeployment",
                """
                {"serviceDeploymentArn": "%s", "stopType": "%s"}
                """
                        .formatted(cloud.rollout().path("serviceDeploymentArn").asText(), type));
    }

    @Test
    void aNewDeploymentMidWayReconcilesFirst() {
        create(LINEAR);
        deploy(v2);
        cloud.until(s -> production().get(Simulation.GREEN) == 40);
        String v3 = cloud.register("app", "v3", "");
        deploy(v3);
        assertThat(stage()).isEqualTo("RECONCILE_SERVICE");
        assertThat(production().get(Simulation.GREEN)).isZero();
        assertThat(cloud.count(v1)).isEqualTo(2);
        assertThat(cloud.count(v2)).isZero();
        cloud.untilStable();
        assertThat(cloud.count(v3)).isEqualTo(2);
        assertThat(production().get(Simulation.GREEN)).isEqualTo(100);
    }

    @Test
    void theBreakerRollsBackGreenTasksThatDoNotStart() {
        create(
                ALL_AT_ONCE
                        + ", \"deploymentCircuitBreaker\": {\"enable\": true, \"rollback\": true}");
        cloud.runtime.behave("v2", Behaviour.GOOD.failsToStart("CannotPullContainerError: x"));
        deploy(v2);
        cloud.until(s -> cloud.rollout().path("status").asText().startsWith("ROLLBACK"));
        assertThat(production().getOrDefault(Simulation.GREEN, 0)).isZero();
        assertRolledBack();
    }

    @Test
    void greenTasksThatNeverGetHealthyEndAfterADay() {
        create(ALL_AT_ONCE);
        cloud.runtime.behave("v2", Behaviour.GOOD.healthyAfter(1_000_000_000L));
        deploy(v2);
        cloud.advance(24 * 3600 - 1);
        assertThat(stage()).isEqualTo("SCALE_UP");
        cloud.advance(2);
        assertRolledBack();
    }

    @Test
    void aListenerRuleThatForwardsElsewhereRollsBack() {
        create(ALL_AT_ONCE);
        cloud.balancer.forward(Simulation.RULE, Map.of("other", 1));
        deploy(v2);
        cloud.advance(1);
        assertThat(cloud.rollout().path("statusReason").asText())
                .startsWith(
                        "Service deployment rolled back because of invalid networking"
                                + " configuration:");
    }

    @Test
    void aLambdaHookIsRefusedByName() {
        create(ALL_AT_ONCE);
        assertThatThrownBy(
                        () ->
                                update(
                                        "\"deploymentConfiguration\": {\"lifecycleHooks\":"
                                                + " [{\"hookTargetArn\": \"arn:f\","
                                                + " \"lifecycleStages\": [\"PRE_SCALE_UP\"]}]}"))
                .isInstanceOf(AwsError.class)
                .hasMessageContaining("no Lambda functions");
        assertThatThrownBy(
                        () ->
                                update(
                                        "\"deploymentConfiguration\": {\"lifecycleHooks\": ["
                                                + pause("TEST_TRAFFIC_SHIFT", "")
                                                + "]}"))
                .isInstanceOf(AwsError.class)
                .hasMessage("PAUSE hooks cannot be configured at the stage TEST_TRAFFIC_SHIFT.");
    }

    @Test
    void deadTasksOfBothRevisionsAreReplacedMeanwhile() {
        create(ALL_AT_ONCE);
        deploy(v2);
        untilStage("BAKE_TIME");
        cloud.store.with(() -> cloud.runtime.exit(cloud.tasks(v1).get(0)));
        cloud.store.with(() -> cloud.runtime.exit(cloud.tasks(v2).get(0)));
        cloud.advance(10);
        assertThat(cloud.tasks(v1)).hasSize(2).allMatch(Task::isRunning);
        assertThat(cloud.tasks(v2)).hasSize(2).allMatch(Task::isRunning);
        assertThat(stage()).isEqualTo("BAKE_TIME");
    }
}
