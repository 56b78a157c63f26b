package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What IAM's simulation says is an error only where nothing else could allow it. */
class PermissionsTest {
    private static final String TASK_ROLE = "arn:aws:iam::000000000000:role/task";
    private static final String EXECUTION_ROLE = "arn:aws:iam::000000000000:role/execution";
    private static final String SECRET =
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:token-AbCdEf";
    private static final String FILES = "models/models/iris/versions/v1/";

    private final List<String> said = new ArrayList<>();
    private FakeAws aws;
    private AwsAccess access;

    @BeforeEach
    void start() throws IOException {
        aws = new FakeAws();
        access = Run.access(aws);
    }

    @AfterEach
    void stop() {
        access.close();
        aws.close();
    }

    private void check() {
        ObjectNode definition = Json.object().put("family", "iris");
        definition.put("taskRoleArn", TASK_ROLE).put("executionRoleArn", EXECUTION_ROLE);
        definition
                .putArray("containerDefinitions")
                .addObject()
                .put("name", "web")
                .putArray("secrets")
                .addObject()
                .put("name", "KEY")
                .put("valueFrom", SECRET + ":password::");
        new Permissions(access, said::add).check(TaskDefinition.of(definition), FILES);
    }

    @Test
    void asksWhatTheRolloutNeeds() {
        check();

        assertThat(said).isEmpty();
        assertThat(aws.called("SimulatePrincipalPolicy"))
                .extracting(
                        it ->
                                "%s %s %s"
                                        .formatted(
                                                it.path("PolicySourceArn").asText(),
                                                it.path("ActionNames.member.1").asText(),
                                                it.path("ResourceArns.member.1").asText()))
                .containsExactly(
                        "arn:aws:iam::000000000000:role/deployer iam:PassRole " + TASK_ROLE,
                        "arn:aws:iam::000000000000:role/deployer iam:PassRole " + EXECUTION_ROLE,
                        TASK_ROLE + " s3:GetObject arn:aws:s3:::" + FILES + "model.json",
                        EXECUTION_ROLE + " secretsmanager:GetSecretValue " + SECRET);
        assertThat(aws.called("SimulatePrincipalPolicy").get(0).toString())
                .contains("iam:PassedToService", "ecs-tasks.amazonaws.com");
    }

    @Test
    void aRoleThatCantBeHandedOnIsAnError() {
        aws.simulationDenies.add("iam:PassRole " + EXECUTION_ROLE);

        assertThatThrownBy(this::check)
                .isInstanceOf(StepException.class)
                .hasMessageContaining("may not hand the role " + EXECUTION_ROLE + " to ECS")
                .hasMessageContaining("iam:PassRole");
    }

    @Test
    void whatAPolicyElsewhereMayAllowIsAWarning() {
        aws.simulationDenies.add("s3:GetObject arn:aws:s3:::" + FILES + "model.json");
        aws.simulationDenies.add("secretsmanager:GetSecretValue " + SECRET);

        check();

        assertThat(said).hasSize(2);
        assertThat(said.get(0)).startsWith("warning: no policy of the role " + TASK_ROLE).contains("the model " + FILES);
        assertThat(said.get(1)).contains(EXECUTION_ROLE, "secretsmanager:GetSecretValue", SECRET);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GetCallerIdentity", "SimulatePrincipalPolicy"})
    void whereItMayNotBeAskedNothingIsSaid(String action) {
        aws.simulationDenies.add("iam:PassRole " + TASK_ROLE);
        aws.deny(action);

        check();

        assertThat(said).isEmpty();
    }

    @Test
    void aUserIsAskedAboutAsIs() {
        aws.caller = "arn:aws:iam::000000000000:user/jenkins";

        check();

        assertThat(aws.called("SimulatePrincipalPolicy").get(0).path("PolicySourceArn").asText())
                .isEqualTo("arn:aws:iam::000000000000:user/jenkins");
    }
}
