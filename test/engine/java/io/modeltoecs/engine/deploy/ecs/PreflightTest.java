package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
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

/** What a task definition names has to be there; values of secrets aren't read. */
class PreflightTest {
    private static final String SECRET =
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:token-AbCdEf";

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

    private void check(String more) {
        ObjectNode container = Json.object("{\"name\":\"web\"," + more + "}");
        ObjectNode definition = Json.object().put("family", "iris");
        definition.putArray("containerDefinitions").add(container);
        new Preflight(access, said::add).check(TaskDefinition.of(definition));
    }

    private void secrets(String... from) {
        List<String> all = new ArrayList<>();
        for (String each : from) {
            all.add("{\"name\":\"KEY\",\"valueFrom\":\"%s\"}".formatted(each));
        }
        check("\"secrets\":[" + String.join(",", all) + "]");
    }

    @Test
    void aSecretIsFoundByItsArnWithoutKeyStageAndVersion() {
        aws.secrets.add(SECRET);

        secrets(SECRET, SECRET + ":password:AWSCURRENT:", SECRET + ":user::");

        assertThat(aws.called("DescribeSecret"))
                .allSatisfy(it -> assertThat(it.path("SecretId").asText()).isEqualTo(SECRET));
        assertThat(said).isEmpty();
    }

    @Test
    void aSecretThatIsMissingIsNamedWithItsContainer() {
        assertThatThrownBy(() -> secrets(SECRET + ":password::"))
                .isInstanceOf(StepException.class)
                .hasMessage(
                        "secret not found: KEY of the container 'web' is "
                                + SECRET
                                + ":password::, which isn't there. Create it, or name another in"
                                + " 'secrets'.");
    }

    @Test
    void aSecretThatIsBeingDeletedIsRefused() {
        aws.secrets.add(SECRET);
        aws.secretsBeingDeleted.add(SECRET);

        assertThatThrownBy(() -> secrets(SECRET)).hasMessageContaining("going to be deleted");
    }

    @Test
    void parametersAreFoundByNameAndByArn() {
        aws.parameters.add("plain");
        aws.parameters.add("/team/key");

        secrets(
                "plain",
                "/team/key",
                "arn:aws:ssm:us-east-1:000000000000:parameter/plain",
                "arn:aws:ssm:us-east-1:000000000000:parameter/team/key");

        assertThat(said).isEmpty();
        assertThatThrownBy(() -> secrets("/team/other"))
                .hasMessageContaining("secret not found")
                .hasMessageContaining("/team/other");
    }

    @Test
    void valuesAreNeverRead() {
        aws.secrets.add(SECRET);
        aws.parameters.add("plain");

        secrets(SECRET, "plain");

        assertThat(aws.calls)
                .extracting(FakeAws.Call::action)
                .containsExactly("DescribeSecret", "DescribeParameters");
    }

    @Test
    void aLogGroupHasToBeThereByItsWholeName() {
        String log =
                "\"logConfiguration\":{\"logDriver\":\"awslogs\",\"options\":{\"awslogs-group\":\"/iris\"%s}}";
        aws.logGroups.add("/iris-other");
        assertThatThrownBy(() -> check(log.formatted("")))
                .hasMessageContaining("log group not found: the container 'web' logs to '/iris'");
        assertThatCode(() -> check(log.formatted(",\"awslogs-create-group\":\"true\"")))
                .doesNotThrowAnyException();

        aws.logGroups.add("/iris");
        check(log.formatted(""));
    }

    @Test
    void secretsOfTheLogDriverCountToo() {
        assertThatThrownBy(
                        () ->
                                check(
                                        "\"logConfiguration\":{\"logDriver\":\"splunk\",\"secretOptions\":[{\"name\":\"splunk-token\",\"valueFrom\":\"%s\"}]}"
                                                .formatted(SECRET)))
                .hasMessageContaining("splunk-token");
    }

    @Test
    void whatMayNotBeLookedUpIsSaidOnceAndLeftToEcs() {
        aws.deny("DescribeSecret");

        secrets(SECRET, SECRET.replace("token", "other"));

        assertThat(said)
                .containsExactly(
                        "note: secretsmanager:DescribeSecret isn't answered, so it isn't checked"
                                + " whether what the tasks need is there: access denied");
    }
}
