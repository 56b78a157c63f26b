package io.modeltoecs.cloud.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a valueFrom stands for: {@code ARN:json-key:version-stage:version-id}. */
class SecretsApiTest {
    @TempDir Path folder;
    private SecretsApi secrets;
    private String arn;
    private String old;

    @BeforeEach
    void store() throws Exception {
        secrets = new SecretsApi(new StateFile(folder.resolve("secrets.json")));
        ObjectNode made =
                call("CreateSecret", Json.object().put("Name", "db").put("SecretString", "{\"user\":\"ann\",\"port\":5,\"more\":{\"a\":1}}"));
        arn = made.path("ARN").asText();
        old = made.path("VersionId").asText();
        call("PutSecretValue", Json.object().put("SecretId", "db").put("SecretString", "{\"user\":\"bob\"}"));
    }

    private ObjectNode call(String action, ObjectNode in) throws Exception {
        return (ObjectNode) secrets.actions().get(action).run(in);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | {\"user\":\"bob\"}",
                ":user:: | bob",
                "::: | {\"user\":\"bob\"}",
                ":user:AWSCURRENT: | bob",
                ":user:AWSPREVIOUS: | ann",
                ":port:AWSPREVIOUS: | 5",
                ":more:AWSPREVIOUS: | {\"a\":1}",
                ":user::OLD | ann",
                ":user:AWSPREVIOUS:OLD | ann"
            })
    void keysStagesAndVersionsAreChosen(String end, String value) {
        assertThat(secrets.value(arn + end.replace("OLD", old))).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ":none:: | did not contain json key none",
                ":user:AWSPENDING: | staging label: AWSPENDING",
                ":user::0b1c | VersionId: 0b1c",
                ":user:AWSCURRENT:OLD | VersionId: ",
                ":user | unexpected ARN format with parameters when trying to retrieve ASM secret",
                ":user: | unexpected ARN format with parameters when trying to retrieve ASM secret",
                ":a:b:c:d | unexpected ARN format with parameters when trying to retrieve ASM secret"
            })
    void whatIsNotThereIsNamed(String end, String message) {
        assertThatThrownBy(() -> secrets.value(arn + end.replace("OLD", old)))
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({
        "tpass, 'invalid character ''p'' in literal true (expecting ''r'')'",
        "password, invalid character 'p' looking for beginning of value"
    })
    void aValueThatIsNotJsonHasNoKeys(String value, String message) throws Exception {
        call("PutSecretValue", Json.object().put("SecretId", "db").put("SecretString", value));
        assertThat(secrets.value(arn)).isEqualTo(value);
        assertThatThrownBy(() -> secrets.value(arn + ":user::")).hasMessage(message);
    }

    @Test
    void theRandomEndOfAnArnMayBeLeftOut() {
        assertThat(secrets.value(arn.substring(0, arn.lastIndexOf('-')) + ":user::"))
                .isEqualTo("bob");
    }
}
