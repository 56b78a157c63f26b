package io.modeltoecs.engine.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The policies of resources/iam allow what the steps do, and nothing else. */
class PoliciesIT {
    private static final Path IAM = Path.of("../../resources/iam");

    /** Needs no permission: whoever asks is told. */
    private static final Set<String> FREE = Set.of("sts:GetCallerIdentity");

    /** What isn't a call of its own: the call that takes it as well. */
    private static final Map<String, String> WITH =
            Map.ofEntries(
                    Map.entry("iam:PassRole", "ecs:RegisterTaskDefinition"),
                    Map.entry("ecs:TagResource", "ecs:RegisterTaskDefinition"),
                    // a bucket with a key of its own
                    Map.entry("kms:Decrypt", "s3:GetObject"),
                    Map.entry("kms:GenerateDataKey", "s3:PutObject"),
                    // the registry's own protocol, with ECR's token
                    Map.entry("ecr:BatchCheckLayerAvailability", "ecr:GetAuthorizationToken"),
                    Map.entry("ecr:BatchGetImage", "ecr:GetAuthorizationToken"),
                    Map.entry("ecr:CompleteLayerUpload", "ecr:GetAuthorizationToken"),
                    Map.entry("ecr:GetDownloadUrlForLayer", "ecr:GetAuthorizationToken"),
                    Map.entry("ecr:InitiateLayerUpload", "ecr:GetAuthorizationToken"),
                    Map.entry("ecr:PutImage", "ecr:GetAuthorizationToken"),
                    Map.entry("ecr:UploadLayerPart", "ecr:GetAuthorizationToken"));

    @ParameterizedTest
    @CsvSource({
        "publish, model,",
        // the model whose libraries go into the image is looked up by its own room
        "build, image, model s3:GetObject",
        "deploy, deploy,"
    })
    void allowsWhatTheStepCallsAndNothingElse(String policy, String room, String also)
            throws IOException {
        // a run of some tests calls only some of the actions
        assumeThat(System.getProperty("test")).isNull();
        Set<String> called =
                Files.readAllLines(RecordedActions.FILE).stream()
                        .filter(it -> it.startsWith(room + " ") || it.equals(also))
                        .map(it -> it.substring(it.indexOf(' ') + 1))
                        .filter(it -> !FREE.contains(it))
                        .collect(Collectors.toCollection(TreeSet::new));
        Set<String> allowed = actions(policy);

        assertThat(allowed).as("%s.json lacks", policy).containsAll(called);
        assertThat(allowed)
                .as("%s.json allows what nothing calls", policy)
                .allMatch(it -> called.contains(it) || called.contains(WITH.get(it)));
    }

    @Test
    void handsRolesToTasksOfEcsAndToNothingElse() throws IOException {
        for (JsonNode statement : statements("deploy")) {
            if (statement.path("Action").toString().contains("iam:PassRole")) {
                assertThat(statement.path("Action")).hasSize(1);
                assertThat(statement.path("Resource").toString()).doesNotContain("*");
                assertThat(statement.at("/Condition/StringEquals/iam:PassedToService").asText())
                        .isEqualTo("ecs-tasks.amazonaws.com");
            }
        }
        assertThat(actions("deploy")).contains("iam:PassRole");
    }

    @ParameterizedTest
    @ValueSource(strings = {"publish", "build", "deploy", "task-role", "execution-role"})
    void namesEachActionAndNoWildcard(String policy) throws IOException {
        for (JsonNode statement : statements(policy)) {
            assertThat(statement.path("Effect").asText()).isEqualTo("Allow");
            assertThat(statement.path("Action").toString()).doesNotContain("*");
            if (statement.path("Action").toString().contains("kms:")) {
                assertThat(statement.path("Sid").asText()).isEqualTo("OnlyWithAKey");
                assertThat(statement.path("Resource").asText()).contains(":key/KEY_ID");
            }
        }
    }

    private static Set<String> actions(String policy) throws IOException {
        Set<String> actions = new TreeSet<>();
        for (JsonNode statement : statements(policy)) {
            statement.path("Action").forEach(it -> actions.add(it.asText()));
        }
        return actions;
    }

    private static JsonNode statements(String policy) throws IOException {
        return new ObjectMapper().readTree(IAM.resolve(policy + ".json").toFile()).path("Statement");
    }
}
