package io.modeltoecs.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.runner.build.Credentials;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialsTest {
    @TempDir Path folder;
    private Rehearsal rehearsal;

    @BeforeEach
    void prepare() throws Exception {
        rehearsal = new Rehearsal(folder);
        Path file = folder.resolve("credentials.json");
        Files.writeString(
                file,
                """
                {"index": {"username": "ci", "password": "pass-word-1"},
                 "token": {"secret": "line-one\\nline-two"},
                 "aws": {"accessKeyId": "AKID", "secretAccessKey": "secret-key-2"}}
                """);
        rehearsal.with(Credentials.read(file));
    }

    @Test
    void secretsAreVariablesAndMaskedWhereverTheyShowUp() throws Exception {
        var outcome =
                rehearsal.run(
                        "node {",
                        "  withCredentials([",
                        "      usernamePassword(credentialsId: 'index', usernameVariable: 'U',",
                        "                       passwordVariable: 'P'),",
                        "      string(credentialsId: 'token', variable: 'T'),",
                        "      aws(credentialsId: 'aws')]) {",
                        "    sh 'echo $U $P; printf %s \"$T\" | wc -l; echo \"$T\"'",
                        "    sh 'test $AWS_SECRET_ACCESS_KEY = secret-key-2'",
                        "    echo \"interpolated $P of $AWS_ACCESS_KEY_ID\"",
                        "  }",
                        "  sh 'echo left: ${P-nothing}'",
                        "  echo 'pass-word-1'",
                        "}");

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(outcome.said())
                .contains("ci ****", "1", "interpolated **** of AKID", "left: nothing", "****");
        assertThat(outcome.log())
                .doesNotContain("pass-word-1", "line-one", "line-two", "secret-key-2");
        assertThat(outcome.folder().resolve("log")).content().isEqualTo(outcome.log());
    }

    @Test
    void theOlderSyntaxWorks() throws Exception {
        var outcome =
                rehearsal.run(
                        "node { withCredentials([[$class: 'AmazonWebServicesCredentialsBinding',",
                        "    credentialsId: 'aws', secretKeyVariable: 'S']]) {",
                        "  sh 'echo ${#S} $AWS_ACCESS_KEY_ID'",
                        "} }");

        assertThat(outcome.said()).contains("12 AKID");
    }

    @Test
    void credentialsThatAreNotThereAreNamed() throws Exception {
        String unknown =
                rehearsal
                        .run("withCredentials([string(credentialsId: 'tokem', variable: 'T')]) { }")
                        .said()
                        .get(0);
        String other =
                rehearsal
                        .run("withCredentials([string(credentialsId: 'index', variable: 'T')]) { }")
                        .said()
                        .get(0);

        assertThat(unknown).startsWith("ERROR: no credentials 'tokem' in ").contains("'token'?");
        assertThat(other)
                .isEqualTo(
                        "ERROR: credentials 'index' has no 'secret'; it has username, password");
    }

    @Test
    void propertiesAreReadToo() throws Exception {
        Path file = folder.resolve("credentials.properties");
        Files.writeString(file, "my.id.username=ci\nmy.id.password=p w\n");

        assertThat(Credentials.read(file).field("my.id", "password")).isEqualTo("p w");
    }

    @Test
    void aFileThatCannotBeReadDoesNotShowItsContent() throws Exception {
        Path file = folder.resolve("broken.json");
        Files.writeString(file, "{\"a\": {\"password\": hunter2}}");

        assertThatThrownBy(() -> Credentials.read(file))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("broken.json")
                .hasMessageNotContaining("hunter2");
    }
}
