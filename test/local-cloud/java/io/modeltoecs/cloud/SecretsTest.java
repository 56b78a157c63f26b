package io.modeltoecs.cloud;

import static io.modeltoecs.cloud.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.ecs.model.ConflictException;
import software.amazon.awssdk.services.ecs.model.ContainerDefinition;
import software.amazon.awssdk.services.ecs.model.Secret;
import software.amazon.awssdk.services.ecs.model.Task;

/** Secrets and parameters, and the tasks that get them; RunTask's token; deleted revisions. */
@ExtendWith(CloudFixture.class)
class SecretsTest {
    private static final String CLUSTER = LocalCloud.CLUSTER;

    private final EcsClient ecs = CloudFixture.ecs();

    @AfterEach
    void close() {
        ecs.close();
    }

    @Test
    void aTaskGetsTheValuesThatWereStored() {
        String arn =
                secrets("CreateSecret", "{'Name': 'db', 'SecretString': '{\\'user\\': \\'ann\\'}'}")
                        .path("ARN")
                        .asText();
        assertThat(arn).startsWith("arn:aws:secretsmanager:us-east-1:000000000000:secret:db-");
        parameters("PutParameter", "{'Name': '/app/colour', 'Value': 'green', 'Type': 'String'}");
        String program =
                "import os, sys; sys.exit(0 if os.environ['USER_NAME'] == 'ann'"
                        + " and os.environ['COLOUR'] == 'green'"
                        + " and 'ann' in os.environ['WHOLE'] else 1)";
        Task task =
                run(
                        register(
                                program,
                                secret("USER_NAME", arn + ":user::"),
                                secret("WHOLE", arn),
                                secret("COLOUR", "/app/colour")));
        assertThat(task.containers().get(0).exitCode()).isEqualTo(0);
        assertThat(
                        ecs.describeTaskDefinition(b -> b.taskDefinition("secrets"))
                                .taskDefinition()
                                .containerDefinitions()
                                .get(0)
                                .environment())
                .isEmpty();
    }

    @Test
    void aSecretWithoutTheKeyAndAMissingParameterStopTheTask() {
        String arn =
                secrets("CreateSecret", "{'Name': 'plain', 'SecretString': '{}'}")
                        .path("ARN")
                        .asText();
        assertThat(run(register("pass", secret("A", arn + ":none::"))).stoppedReason())
                .startsWith("ResourceInitializationError: unable to pull secrets or registry auth")
                .contains("retrieve secret from asm:")
                .contains("did not contain json key none");
        assertThat(run(register("pass", secret("A", "/none"))).stoppedReason())
                .contains("unable to retrieve secrets from ssm:")
                .contains("/none");
    }

    @Test
    void storesAreReadByNameAndArn() {
        String arn =
                secrets("CreateSecret", "{'Name': 'team/key', 'SecretString': 'v1'}")
                        .path("ARN")
                        .asText();
        assertThat(secrets("CreateSecret", "{'Name': 'team/key'}").path("__type").asText())
                .isEqualTo("ResourceExistsException");
        secrets("PutSecretValue", "{'SecretId': 'team/key', 'SecretString': 'v2'}");
        for (String id : new String[] {"team/key", arn}) {
            String body = "{'SecretId': '" + id + "'}";
            assertThat(secrets("DescribeSecret", body).path("ARN").asText()).isEqualTo(arn);
            assertThat(secrets("GetSecretValue", body).path("SecretString").asText())
                    .isEqualTo("v2");
        }
        assertThat(secrets("DescribeSecret", "{'SecretId': 'team/none'}").path("__type").asText())
                .isEqualTo("ResourceNotFoundException");
        parameters("PutParameter", "{'Name': 'p', 'Value': '1', 'Type': 'SecureString'}");
        assertThat(parameters("PutParameter", "{'Name': 'p', 'Value': '2'}").path("__type").asText())
                .isEqualTo("ParameterAlreadyExists");
        JsonNode found =
                parameters(
                        "DescribeParameters",
                        "{'ParameterFilters': [{'Key': 'Name', 'Option': 'Equals', 'Values':"
                                + " ['p']}]}");
        assertThat(found.path("Parameters")).hasSize(1);
        assertThat(parameters("GetParameters", "{'Names': ['p', 'q']}").path("InvalidParameters"))
                .hasSize(1);
    }

    @Test
    void theSameTokenRunsATaskOnce() {
        String definition = register("pass");
        String first = runWith("token-1", definition);
        assertThat(runWith("token-1", definition)).isEqualTo(first);
        assertThat(runWith("token-2", definition)).isNotEqualTo(first);
        String other = register("pass");
        assertThatThrownBy(() -> runWith("token-1", other))
                .isInstanceOfSatisfying(
                        ConflictException.class,
                        e -> assertThat(e.resourceIds()).containsExactly(first));
    }

    private String runWith(String token, String definition) {
        return ecs.runTask(
                        b -> b.cluster(CLUSTER).taskDefinition(definition).clientToken(token))
                .tasks()
                .get(0)
                .taskArn();
    }

    @Test
    void onlyInactiveRevisionsAreDeleted() {
        String definition = register("pass");
        assertThat(
                        ecs.deleteTaskDefinitions(b -> b.taskDefinitions(definition))
                                .failures()
                                .get(0)
                                .arn())
                .isEqualTo(definition);
        ecs.deregisterTaskDefinition(b -> b.taskDefinition(definition));
        assertThat(
                        ecs.deleteTaskDefinitions(b -> b.taskDefinitions(definition))
                                .taskDefinitions()
                                .get(0)
                                .statusAsString())
                .isEqualTo("DELETE_IN_PROGRESS");
        assertThat(register("pass")).isNotEqualTo(definition);
    }

    private static JsonNode secrets(String action, String body) {
        // A quote within a value is written \' here.
        return Api.call("secretsmanager", "secretsmanager." + action, body);
    }

    private static JsonNode parameters(String action, String body) {
        return Api.call("ssm", "AmazonSSM." + action, body);
    }

    private static Secret secret(String name, String from) {
        return Secret.builder().name(name).valueFrom(from).build();
    }

    private String register(String program, Secret... secrets) {
        return ecs.registerTaskDefinition(
                        b ->
                                b.family("secrets")
                                        .executionRoleArn("arn:aws:iam::000000000000:role/x")
                                        .containerDefinitions(
                                                ContainerDefinition.builder()
                                                        .name("app")
                                                        .image(
                                                                CloudFixture.environment()
                                                                        .get("BASE_IMAGE"))
                                                        .memory(64)
                                                        .command("python3", "-c", program)
                                                        .secrets(secrets)
                                                        .build()))
                .taskDefinition()
                .taskDefinitionArn();
    }

    private Task run(String definition) {
        String arn = runWith(definition, definition.substring(definition.lastIndexOf('/') + 1));
        return eventually(
                () -> ecs.describeTasks(b -> b.cluster(CLUSTER).tasks(arn)).tasks().get(0),
                t -> t.lastStatus().equals("STOPPED"));
    }
}
