package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Strategies that shift traffic, and the pauses that they may have. */
class StrategyTest {
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
    void theStrategyIsWrittenIntoTheServicesConfigurationBesideItsOwn() {
        aws.canShift("ROLLING");
        demo.rollsWell();

        Run.deploy(
                        aws,
                        Map.of("image", demo.image, "strategy", "canary 10% for 5 min, bake 3 min"))
                .all();

        JsonNode sent = aws.called("UpdateService").get(0).path("deploymentConfiguration");
        assertThat(sent.path("strategy").asText()).isEqualTo("CANARY");
        assertThat(sent.path("bakeTimeInMinutes").asInt()).isEqualTo(3);
        assertThat(sent.at("/canaryConfiguration/canaryPercent").asDouble()).isEqualTo(10);
        assertThat(sent.at("/canaryConfiguration/canaryBakeTimeInMinutes").asInt()).isEqualTo(5);
        assertThat(sent.at("/deploymentCircuitBreaker/enable").asBoolean()).isTrue();
    }

    @Test
    void shiftingWithoutASecondTargetGroupIsRefusedBeforeAnythingIsChanged() {
        assertThatThrownBy(
                        () ->
                                Run.deploy(aws, Map.of("image", demo.image, "strategy", "blue/green"))
                                        .all())
                .hasMessageContaining("can't shift traffic, which the strategy BLUE_GREEN needs");
        assertThat(aws.changes()).isEmpty();
    }

    @Test
    void waitsAtAPauseUntilSomebodyDecides() {
        pausesAfterALook();
        Run run = Run.deploy(aws, Map.of("image", demo.image, "timeoutMinutes", 1)).begin();
        while (run.state.pause() == null) {
            run.look();
        }
        run.clock.pass(Duration.ofHours(5));
        run.look();
        run.look();
        assertThat(run.said.stream().filter(it -> it.contains("is paused at POST_TEST_TRAFFIC_SHIFT")).toList())
                .containsExactly(
                        "demo/iris is paused at POST_TEST_TRAFFIC_SHIFT and waits for a decision;"
                                + " without one ECS rolls it back at 2096-10-02T07:06:40Z");

        run.state.decide("continue");
        while (aws.called("ContinueServiceDeployment").isEmpty()) {
            run.look();
        }
        aws.complete();

        assertThat(run.toEnd()).containsEntry("state", "COMPLETED");
        assertThat(aws.called("ContinueServiceDeployment")).hasSize(1);
        assertThat(aws.called("ContinueServiceDeployment").get(0).path("hookId").asText()).isEqualTo("hook");
    }

    @Test
    void sentBackAtAPauseItIsAFailureAndTheOldRevisionServes() {
        pausesAfterALook();
        Run run = demo.deploy().begin();
        while (run.state.pause() == null) {
            run.look();
        }

        run.state.decide("rollback");
        while (aws.called("ContinueServiceDeployment").isEmpty()) {
            run.look();
        }
        aws.primary().put("rolloutState", "COMPLETED");

        assertThatThrownBy(run::toEnd)
                .hasMessageContaining("failed: it was sent back at POST_TEST_TRAFFIC_SHIFT")
                .hasMessageContaining("iris:1 serves, as before");
    }

    @Test
    void nobodyIsAskedAtThePausesOfTheWayBack() {
        aws.canShift("BLUE_GREEN");
        aws.script.add(() -> aws.primary().put("rolloutState", "FAILED"));
        ((com.fasterxml.jackson.databind.node.ObjectNode)
                        aws.service.at("/deploymentConfiguration/deploymentCircuitBreaker"))
                .put("rollback", false);
        Run run = demo.deploy().begin();
        while (aws.called("UpdateService").size() < 2) {
            run.look();
        }
        aws.service.put("currentServiceDeployment", "back");
        aws.waiting = "hook of the way back";
        while (aws.waiting != null) {
            run.look();
        }
        aws.complete();

        assertThatThrownBy(run::toEnd).hasMessageContaining("iris:1 serves, as before");
        assertThat(aws.called("ContinueServiceDeployment")).hasSize(1);
        assertThat(aws.called("ContinueServiceDeployment").get(0).path("action").asText())
                .isEqualTo("CONTINUE");
        assertThat(run.state.pause()).isNull();
    }

    @Test
    void returnsAtAPauseAndGoesOnFromThere() {
        pausesAfterALook();

        Map<String, Object> paused =
                Run.deploy(aws, Map.of("image", demo.image, "onPause", "return")).all();

        assertThat(paused).containsEntry("state", "PAUSED").containsEntry("deploymentId", "ecs-svc/2");
        Run again = Run.deploy(aws, Map.of("resume", "ecs-svc/2", "decision", "continue")).begin();
        again.look();
        assertThat(aws.waiting).isNull();
        aws.complete();
        assertThat(again.toEnd())
                .containsEntry("state", "COMPLETED")
                .containsEntry("deploymentId", "ecs-svc/2")
                .containsEntry("taskDefinition", paused.get("taskDefinition"))
                .containsEntry("previousTaskDefinition", demo.first);
        assertThat(aws.called("UpdateService")).hasSize(1);
    }

    @Test
    void resumingWhatIsntThereNamesWhatIs() {
        assertThatThrownBy(() -> Run.deploy(aws, Map.of("resume", "ecs-svc/7")).all())
                .hasMessageContaining("'resume' is 'ecs-svc/7', but the deployments of demo/iris are [ecs-svc/1]");
    }

    private void pausesAfterALook() {
        aws.canShift("BLUE_GREEN");
        aws.script.add(() -> aws.running(2));
        aws.script.add(() -> aws.waiting = "hook");
    }
}
