package io.modeltoecs.engine.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.StepException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublishOptionsTest {
    private static final Settings SETTINGS =
            Settings.of(Map.of(), Map.of("MODEL_BUCKET", "models", "AWS_DEFAULT_REGION", "eu-west-1"));

    @Test
    void defaultsAreThePromisedOnes() {
        PublishOptions options = PublishOptions.from(Map.of("name", "iris"), SETTINGS);

        assertThat(options.artifact()).isEqualTo("model.pkl");
        assertThat(options.metrics()).isEqualTo("metrics.json");
        assertThat(options.python()).isEqualTo("python3");
        assertThat(options.alias()).containsExactly("latest");
        assertThat(options.train()).isNull();
        assertThat(options.requirements()).isNull();
        assertThat(options.gates()).isEmpty();
        assertThat(options.scan()).isEmpty();
        assertThat(options.params()).isEmpty();
        assertThat(options.keep()).isNull();
        assertThat(options.aws().bucket()).isEqualTo("models");
        assertThat(options.aws().prefix()).isEqualTo("models");
        assertThat(options.aws().region()).isEqualTo("eu-west-1");
    }

    @Test
    void tagsAreThoseThatS3Takes() {
        assertThat(from("tags", Map.of("team", "ml/Zürich", "cost:centre", "")).tags()).hasSize(2);
        for (Map<String, String> wrong :
                List.of(
                        Map.of("aws:team", "ml"),
                        Map.of("", "ml"),
                        Map.of("team", "m&l"),
                        Map.of("k".repeat(129), "v"),
                        Map.of("k", "v".repeat(257)))) {
            assertThatThrownBy(() -> from("tags", wrong))
                    .isInstanceOf(StepException.class)
                    .hasMessageContaining("'tags' is '")
                    .hasMessageContaining("a key of 1 to 128 and a value of at most 256");
        }
        Map<String, String> many = new HashMap<>();
        for (int i = 0; i < 11; i++) {
            many.put("k" + i, "v");
        }
        assertThatThrownBy(() -> from("tags", many)).hasMessageContaining("'tags' has 11");
    }

    @Test
    void metricsMayBeNone() {
        Map<String, Object> given = new HashMap<>(Map.of("name", "iris"));
        given.put("metrics", null);

        assertThat(PublishOptions.from(given, SETTINGS).metrics()).isNull();
        given.put("gates", "accuracy > 0.9");
        assertThatThrownBy(() -> PublishOptions.from(given, SETTINGS))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("'gates' are given, but 'metrics' is null");
    }

    @Test
    void anUnknownParameterNamesTheNearest() {
        assertThatThrownBy(() -> from("artefact", "m.pkl"))
                .isInstanceOf(StepException.class)
                .hasMessage(
                        "trainAndPublishModel: no parameter 'artefact'; did you mean 'artifact'?");
        assertThatThrownBy(() -> from("scan", Map.of("alow", List.of())))
                .hasMessageContaining("did you mean 'allow'?");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "name|Iris|1 to 63 lower-case letters",
                "artifact|../m.pkl|a path below the current directory",
                "artifact|/m.pkl|a path below the current directory",
                "artifact|.|a file or folder below",
                "artifact|out/model.json|another name",
                "alias|20261123t101500z-1a2b3c4d|doesn't look like a version",
                "alias|a b|1 to 63 lower-case letters",
                "gates|accuracy => 0.9|accuracy >= 0.92",
                "keep|0|a whole number from 1",
                "region|Frankfurt|an AWS region",
                "bucket|My_Bucket|a bucket name",
                "endpoint|localhost|a URL",
                "roleArn|admin|the ARN of an IAM role",
            })
    void aBadValueNamesParameterValueAndWhatWouldBeRight(
            String parameter, String value, String expected) {
        assertThatThrownBy(() -> from(parameter, value))
                .isInstanceOf(StepException.class)
                .hasMessageStartingWith("trainAndPublishModel: '" + parameter + "'")
                .hasMessageContaining("'" + value + "'")
                .hasMessageContaining(expected);
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThatThrownBy(() -> PublishOptions.from(Map.of(), SETTINGS))
                .hasMessage("trainAndPublishModel: 'name' is missing");
        assertThatThrownBy(
                        () ->
                                PublishOptions.from(
                                        Map.of("name", "iris"), Settings.of(Map.of(), Map.of())))
                .hasMessageContaining("no 'bucket'");
    }

    @Test
    void listsMayBeWrittenAsOneText() {
        assertThat(from("alias", "prod").alias()).containsExactly("prod");
        assertThat(from("alias", Arrays.asList("a", "b")).alias()).containsExactly("a", "b");
        assertThat(from("scan", Map.of("allow", "mine.Model")).scan()).containsExactly("mine.Model");
    }

    @ParameterizedTest
    @ValueSource(strings = {"os", "os.*.x", "*", "a b.C", ""})
    void anAllowEntryIsAClassOrAModulesPattern(String entry) {
        assertThatThrownBy(() -> from("scan", Map.of("allow", List.of(entry))))
                .isInstanceOf(StepException.class);
    }

    private static PublishOptions from(String parameter, Object value) {
        Map<String, Object> given = new HashMap<>(Map.of("name", "iris"));
        given.put(parameter, value);
        return PublishOptions.from(given, SETTINGS);
    }
}
