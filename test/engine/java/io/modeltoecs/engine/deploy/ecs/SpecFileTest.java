package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SpecFileTest {
    private static final String SPEC =
            """
            {"taskDefinition": {"family": "iris", "cpu": "${CPU}", "taskRoleArn": "arn:role",
               "containerDefinitions": [{"name": "web", "portMappings": [{"containerPort": 8080}],
                 "command": ["$${HOME}", "${QUOTED}"]}]},
             "service": {"launchType": "EC2", "deploymentConfiguration": {"maximumPercent": 150},
                         "newField": [1]}}""";

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

    private Run run(String spec) {
        return Run.deploy(
                aws,
                Map.of("image", demo.image, "model", "iris@latest", "spec", "ecs.json"),
                spec);
    }

    @Test
    void createsTheServiceWhereThereIsNone() {
        aws.service = null;
        aws.script.add(aws::complete);

        Map<String, Object> result = run(SPEC).all();

        JsonNode definition = aws.called("RegisterTaskDefinition").get(0);
        assertThat(definition.path("cpu").asText()).isEqualTo("256");
        assertThat(definition.at("/containerDefinitions/0/image").asText())
                .isEqualTo(aws.byDigest(demo.image));
        assertThat(definition.at("/containerDefinitions/0/command").toString())
                .isEqualTo("[\"${HOME}\",\"a \\\"b\\\" c\"]");
        JsonNode service = aws.called("CreateService").get(0);
        assertThat(service.path("cluster").asText()).isEqualTo("demo");
        assertThat(service.path("serviceName").asText()).isEqualTo("iris");
        assertThat(service.path("desiredCount").asInt()).isEqualTo(1);
        assertThat(service.path("newField").toString()).isEqualTo("[1]");
        assertThat(service.path("deploymentConfiguration").toString())
                .isEqualTo(
                        "{\"maximumPercent\":150,\"deploymentCircuitBreaker\":{\"enable\":true,\"rollback\":true}}");
        assertThat(result)
                .containsEntry("state", "COMPLETED")
                .containsEntry("previousTaskDefinition", null);
    }

    @Test
    void aServiceWhoseCreationIsForgottenIsntCreatedTwice() {
        aws.service = null;
        aws.script.add(() -> {});
        aws.script.add(aws::complete);
        Run run = run(SPEC).begin();
        run.look();

        run.lookAndDie();

        assertThat(run.toEnd()).containsEntry("state", "COMPLETED");
        assertThat(aws.called("CreateService")).hasSize(1);
    }

    @Test
    void aFirstDeploymentThatFailsSaysThatThereIsNothingToGoBackTo() {
        aws.service = null;
        aws.script.add(() -> aws.primary().put("rolloutState", "FAILED"));

        assertThatThrownBy(() -> run(SPEC).all()).hasMessageContaining("none to go back to");
    }

    @Test
    void aServiceThatIsThereKeepsItsOwnDefinition() {
        demo.rollsWell();
        Run run = run(SPEC);

        run.all();

        assertThat(aws.called("CreateService")).isEmpty();
        assertThat(aws.called("RegisterTaskDefinition").get(0).has("cpu")).isFalse();
        assertThat(run.said).anyMatch(it -> it.contains("not the spec's"));
    }

    @Test
    void refusesWhatIsWrongInTheFile() {
        refused("{\"taskDefinition\": {\"cpu\": \"${NOPE}\"}}", "${NOPE}");
        refused("{", "isn't JSON");
        refused("{\"taskDefinition\": {}}", "has no 'service'");
        refused("{\"taskDefinition\": {}, \"service\": {}}", "no containerDefinitions");
    }

    private void refused(String spec, String message) {
        assertThatThrownBy(() -> run(spec).begin())
                .isInstanceOf(StepException.class)
                .hasMessageContaining("ecs.json")
                .hasMessageContaining(message);
    }
}
