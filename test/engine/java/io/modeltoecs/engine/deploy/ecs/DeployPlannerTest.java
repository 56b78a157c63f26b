package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is checked before anything is changed, and what the new revision is. */
class DeployPlannerTest {
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

    /** The revision that is registered for these arguments. */
    private JsonNode registered(Map<String, ?> arguments) {
        demo.rollsWell();
        Run.deploy(aws, arguments).all();
        return aws.called("RegisterTaskDefinition").get(0);
    }

    private static String env(JsonNode definition, String name) {
        for (JsonNode entry : definition.at("/containerDefinitions/0/environment")) {
            if (entry.path("name").asText().equals(name)) {
                return entry.path("value").asText();
            }
        }
        return null;
    }

    private void refused(Map<String, ?> arguments, String... messages) {
        assertThatThrownBy(() -> Run.deploy(aws, arguments).begin())
                .isInstanceOf(StepException.class)
                .satisfies(
                        e -> {
                            for (String message : messages) {
                                assertThat(e).hasMessageContaining(message);
                            }
                        });
        assertThat(aws.changes()).isEmpty();
    }

    @Test
    void pinsTheModelAndKeepsAllElse() {
        JsonNode before = aws.taskDefinitions.get(demo.first).deepCopy();

        JsonNode after = registered(Map.of("image", demo.image, "model", "iris@latest"));

        assertThat(after.at("/containerDefinitions/0/image").asText())
                .isEqualTo(aws.byDigest(demo.image));
        assertThat(env(after, "MODEL")).isEqualTo("iris@" + Demo.V2);
        assertThat(env(after, "MODEL_SHA256")).isEqualTo(demo.sha256);
        assertThat(env(after, "MODEL_BUCKET")).isEqualTo("models");
        assertThat(env(after, "MODEL_PREFIX")).isEqualTo("models");
        assertThat(env(after, "MODEL_REGION")).isEqualTo("us-east-1");
        assertThat(env(after, "AWS_REGION")).isEqualTo("us-east-1");
        assertThat(env(after, "OWN")).isEqualTo("kept");
        assertThat(env(after, "PORT")).isNull();
        assertThat(after.path("newAtTheTop").asText()).isEqualTo("kept");
        assertThat(after.at("/containerDefinitions/0/fieldOfTomorrow"))
                .isEqualTo(
                        before.at("/taskDefinition/containerDefinitions/0/fieldOfTomorrow"));
        assertThat(after.at("/tags/0/key").asText()).isEqualTo("team");
        assertThat(after.has("revision")).isFalse();
        assertThat(after.has("compatibilities")).isFalse();
    }

    @Test
    void anUnpinnedModelHasNoDigest() {
        JsonNode after =
                registered(Map.of("image", demo.image, "model", "iris@latest", "pinModel", false));

        assertThat(env(after, "MODEL")).isEqualTo("iris@latest");
        assertThat(env(after, "MODEL_SHA256")).isNull();
    }

    @Test
    void keepsTheImageWhereNoneIsGiven() {
        JsonNode after = registered(Map.of("model", "iris@" + Demo.V2));

        assertThat(after.at("/containerDefinitions/0/image").asText())
                .isEqualTo(aws.host() + "/iris:v1");
    }

    @Test
    void setsEnvironmentSecretsAndRoles() {
        aws.parameters.add("/team/own");
        JsonNode after =
                registered(
                        Map.of(
                                "image", demo.image,
                                "env", Map.of("TOKEN", "plain", "NEW", "x"),
                                "secrets", Map.of("OWN", "/team/own"),
                                "allow", List.of("a.b.C", "d.*"),
                                "taskRoleArn", "arn:aws:iam::123456789012:role/other",
                                "executionRoleArn", "arn:aws:iam::123456789012:role/exec"));

        assertThat(env(after, "TOKEN")).isEqualTo("plain");
        assertThat(env(after, "NEW")).isEqualTo("x");
        assertThat(env(after, "OWN")).isNull();
        assertThat(env(after, "MODEL_ALLOW")).isEqualTo("a.b.C,d.*");
        assertThat(after.at("/containerDefinitions/0/secrets").toString())
                .isEqualTo("[{\"name\":\"OWN\",\"valueFrom\":\"/team/own\"}]");
        assertThat(after.path("taskRoleArn").asText()).isEqualTo("arn:aws:iam::123456789012:role/other");
        assertThat(after.path("executionRoleArn").asText()).isEqualTo("arn:aws:iam::123456789012:role/exec");
    }

    @Test
    void theDiffShowsWhatChangesButNoValueThatMayBeSecret() {
        demo.rollsWell();
        Run run =
                Run.deploy(
                        aws,
                        Map.of(
                                "image", demo.image,
                                "model", "iris@latest",
                                "env", Map.of("PASSWORD", "hunter2", "OWN", "hunter3")));

        run.begin();

        assertThat(run.said)
                .contains(
                        "  ~ web.environment.MODEL: iris@" + Demo.V1 + " -> iris@" + Demo.V2,
                        "  + web.environment.PASSWORD",
                        "  ~ web.environment.OWN",
                        "  ~ web.image: "
                                + aws.host()
                                + "/iris:v1 -> "
                                + aws.byDigest(demo.image));
        assertThat(String.join("\n", run.said)).doesNotContain("hunter");
    }

    @Test
    void dryRunTouchesNothing() {
        Map<String, Object> result =
                Run.deploy(aws, Map.of("image", demo.image, "dryRun", true)).all();

        assertThat(aws.changes()).isEmpty();
        assertThat(result).containsEntry("state", "PLANNED").containsEntry("taskDefinition", null);
    }

    @Test
    void addsACheckOnlyWhereEcsWouldHaveNone() {
        JsonNode balanced = registered(Map.of("image", demo.image, "readiness", "/readyz"));
        assertThat(balanced.at("/containerDefinitions/0/healthCheck").isMissingNode()).isTrue();
    }

    @Test
    void theCheckRunsByPython() {
        aws.service.remove("loadBalancers");

        JsonNode after = registered(Map.of("image", demo.image, "readiness", "/readyz"));

        JsonNode check = after.at("/containerDefinitions/0/healthCheck");
        assertThat(check.path("command").toString())
                .contains("\"CMD\",\"python3\",\"-c\"", "http://127.0.0.1:8080/readyz");
    }

    @Test
    void tellsTheProgramThePortOfTheContainerWhereTheImageHasAnother() {
        String other =
                aws.image("iris", "v3", "{\"config\":{\"Env\":[\"PORT=9000\"]}}");

        assertThat(env(registered(Map.of("image", other)), "PORT")).isEqualTo("8080");
    }

    @Test
    void refusesUnknownClusterServiceAndContainer() {
        refused(Map.of("image", demo.image, "cluster", "other"), "cluster not found: other");
        refused(
                Map.of("image", demo.image, "service", "other"),
                "service not found: demo/other");
        refused(
                Map.of("image", demo.image, "container", "webb"),
                "no container 'webb'",
                "it has web");
    }

    @Test
    void varsRelyOnTheBeginningOfTheMessage() {
        assertThatThrownBy(
                        () ->
                                Run.deploy(aws, Map.of("image", demo.image, "service", "other"))
                                        .begin())
                .message()
                .startsWith("service not found: demo/other");
        assertThatThrownBy(
                        () ->
                                Run.deploy(aws, Map.of("image", demo.image, "cluster", "other"))
                                        .begin())
                .message()
                .startsWith("cluster not found: other");
    }

    @Test
    void asksForTheContainerWhereMoreThanOneCouldServe() {
        aws.service.remove("loadBalancers");
        ((ArrayNode) aws.taskDefinitions.get(demo.first).at("/taskDefinition/containerDefinitions"))
                .addObject()
                .put("name", "sidecar")
                .put("image", "x");

        refused(Map.of("image", demo.image), "'container'", "web, sidecar");
    }

    @Test
    void refusesAnImageThatIsNotThere() {
        refused(Map.of("image", aws.host() + "/iris:none"), "image not found", "iris:none");
        refused(Map.of("image", aws.host() + "/nope:v2"), "image not found", "nope");
        refused(Map.of("image", "Not an image"), "'image' is 'Not an image'");
    }

    @Test
    void refusesAModelThatIsNotThere() {
        refused(Map.of("image", demo.image, "model", "iris@20260101T000000Z-00000000"), "no version");
        refused(Map.of("image", demo.image, "model", "nope@latest"), "nope");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"python\":\"3.12.1\"|made with Python 3.12.1, the image has Python 3.11",
                "\"python\":\"3.11.1\",\"libraries\":{\"Scikit_Learn\":\"1.6.0\"},\"importDistributions\":[\"scikit-learn\"]|made with scikit-learn 1.6.0, the image has 1.5.2",
                "\"python\":\"3.11.1\",\"libraries\":{\"xgboost\":\"2.0.0\"},\"importDistributions\":[\"xgboost\"]|needs xgboost 2.0.0, which the image hasn't",
            })
    void refusesAModelThatDoesntFitTheImage(String madeWith, String message) {
        aws.model("other", Demo.V2, madeWith);

        refused(
                Map.of("image", demo.image, "model", "other@latest"),
                message,
                "buildServingImage(model: 'other@" + Demo.V2 + "'");
    }

    @Test
    void refusesAnImageThatTheModelWhichStaysDoesntFit() {
        aws.model("iris", Demo.V1, "\"python\":\"3.9.1\"");
        ((ArrayNode)
                        aws.taskDefinitions
                                .get(demo.first)
                                .at("/taskDefinition/containerDefinitions/0/environment"))
                .addObject()
                .put("name", "MODEL_BUCKET")
                .put("value", "models");

        refused(Map.of("image", demo.image), "made with Python 3.9.1", "iris@" + Demo.V1);
    }

    @Test
    void librariesThatTheModelDoesntImportMayDiffer() {
        aws.model(
                "iris",
                Demo.V2,
                "\"python\":\"3.11.9\",\"libraries\":{\"numpy\":\"1.0.0\"},\"importDistributions\":[]");

        assertThat(registered(Map.of("image", demo.image, "model", "iris@latest"))).isNotNull();
    }

    @Test
    void refusesAnImageForAnotherProcessor() {
        ((ObjectNode) aws.taskDefinitions.get(demo.first).path("taskDefinition"))
                .putObject("runtimePlatform")
                .put("cpuArchitecture", "ARM64");

        refused(Map.of("image", demo.image), "built for linux/amd64", "linux/arm64");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CODE_DEPLOY", "EXTERNAL"})
    void refusesOtherControllers(String controller) {
        aws.service.putObject("deploymentController").put("type", controller);

        refused(Map.of("image", demo.image), "deployment controller " + controller);
    }

    @ParameterizedTest
    @ValueSource(strings = {"INACTIVE", "DRAINING"})
    void refusesServicesThatAreGone(String status) {
        aws.service.put("status", status);

        refused(Map.of("image", demo.image), status);
    }

    @Test
    void refusesACountForADaemon() {
        aws.service.put("schedulingStrategy", "DAEMON");

        refused(Map.of("image", demo.image, "desiredCount", 2), "DAEMON");
    }

    @Test
    void anImageOfAnotherRegistryIsLeftToEcs() {
        Run run = Run.deploy(aws, Map.of("image", "registry.example.com/iris:v2"));
        demo.rollsWell();

        assertThat(run.all()).containsEntry("image", "registry.example.com/iris:v2");
        assertThat(run.said).anyMatch(it -> it.startsWith("warning: 'registry.example.com/iris:v2'"));
    }
}
