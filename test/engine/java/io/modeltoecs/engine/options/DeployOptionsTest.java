package io.modeltoecs.engine.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.StepException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong in a call of deployToEcs is told by its name, its value and what would be right. */
class DeployOptionsTest {
    private record Wrong(String parameter, Object value, String says) {}

    private static Wrong wrong(String parameter, Object value, String says) {
        return new Wrong(parameter, value, says);
    }

    private static Wrong bad(String parameter, Object value, String expected) {
        String says = "'%s' is '%s', but should be %s".formatted(parameter, value, expected);
        return new Wrong(parameter, value, says);
    }

    private static final String TRUTH = "true or false";

    static final List<Wrong> WRONG =
            List.of(
                    wrong("cluster", " ", "'cluster' is missing"),
                    bad("cluster", "my cluster", "the name or ARN of an ECS cluster"),
                    bad("service", "demo/iris", "the name of an ECS service: 1 to 255 letters"),
                    bad("image", Map.of("tag", "v1"), "a text: of what buildServingImage returns, its 'reference'"),
                    wrong("image", null, "neither 'image' nor 'model' is given: name what is to be deployed"),
                    bad("model", "iris", "'name@alias' or 'name@version', as 'iris@latest'"),
                    bad("pinModel", "no", TRUTH),
                    bad("container", "a container", "the name of a container"),
                    bad("env", "A=b", "a map, as [key: 'value']"),
                    wrong("env", Map.of("A", List.of("hush")), "'env.A' is a list, but should be a text"),
                    wrong("env", nothing("A"), "'env.A' is nothing, but should be a text"),
                    wrong("env", Map.of("A B", "c"), "'env' names a variable 'A B', but a name has neither"),
                    bad("secrets", "A", "a map, as [key: 'value']"),
                    wrong("secrets", Map.of("KEY", "hush hush"), "'secrets.KEY' should be the ARN of a secret"),
                    bad("taskRoleArn", "arn:aws:iam::1:role/x", "the name or ARN of an IAM role"),
                    bad("executionRoleArn", "a role", "the name or ARN of an IAM role"),
                    bad("readiness", "readyz", "a path, as '/readyz'"),
                    bad("allow", "pickle", "'package.module.Class' or 'package.module.*'"),
                    bad("modelEndpoint", "s3.example.com", "a URL, as 'https://s3.example.com'"),
                    bad("desiredCount", -1, "a whole number from 0 to 5000"),
                    bad("desiredCount", "two", "a whole number from 0 to 5000"),
                    bad("minimumHealthyPercent", 101, "a whole number from 0 to 100"),
                    bad("maximumPercent", 99, "a whole number from 100 to 200"),
                    bad("strategy", "blue-green", "'rolling', 'blue/green, bake 10 min'"),
                    bad("force", "yes", TRUTH),
                    bad("dryRun", "1", TRUTH),
                    bad("spec", "../ecs.json", "a path below the current directory"),
                    bad("runTask", "migrate", "a map, as [key: 'value']"),
                    wrong("runTask", Map.of("env", Map.of()), "runTask: 'command' is missing"),
                    wrong("runTask", Map.of("comand", "x"), "runTask: no parameter 'comand'; did you mean 'command'?"),
                    wrong("runTask", Map.of("command", "x", "timeoutMinutes", 0), "runTask: 'timeoutMinutes' is '0', but should be a whole number from 1 to 1440"),
                    bad("keep", 0, "a whole number from 1 to 100000"),
                    bad("timeoutMinutes", "30 min", "a whole number from 1 to 1440"),
                    bad("rollback", "always", TRUTH),
                    bad("onAbort", "stop", "one of rollback, leave"),
                    bad("onBusy", "fail", "one of wait, supersede"),
                    bad("onPause", "input", "one of wait, return"),
                    bad("resume", "latest", "the deploymentId of the call that paused, as 'ecs-svc/"),
                    bad("decision", "yes", "one of continue, rollback"),
                    wrong("decision", "continue", "'decision' needs 'resume'"),
                    bad("verify", "/predict", "a list of maps"),
                    wrong("verify", Map.of("path", "predict"), "verify: 'path' is 'predict', but should be a path, as '/predict'"),
                    wrong("verify", List.of(Map.of(), Map.of("status", "ok")), "verify[1]: 'status' is 'ok', but should be a whole number from 100 to 599"),
                    wrong("verify", Map.of("url", "https://me:hush@x"), "verify: 'url' should be a URL without a user"),
                    wrong("verify", Map.of("method", "FETCH"), "verify: 'method' is 'FETCH', but should be GET"),
                    wrong("verify", Map.of("maxErrorRate", 5), "verify: 'maxErrorRate' is '5', but should be a number from 0"),
                    wrong("verify", Map.of("expected", 1), "verify: no parameter 'expected'; did you mean 'expect'?"),
                    wrong("bucket", null, "no 'bucket': give the parameter, set it in the global configuration, or set MODEL_BUCKET"),
                    bad("bucket", "Models", "a bucket name: 3 to 63 lower-case letters"),
                    bad("prefix", "/models/", "a key prefix without slashes at its ends"),
                    bad("region", "Frankfurt", "an AWS region, as 'eu-central-1'"),
                    bad("roleArn", "deployer", "the ARN of an IAM role, as 'arn:aws:iam::123456789012:role/deploy'"),
                    wrong("externalId", "x", "'externalId' needs 'roleArn'"),
                    bad("endpoint", "localhost:4566", "a URL, as 'https://s3.example.com'"),
                    wrong("cluser", "demo", "no parameter 'cluser'; did you mean 'cluster'?"));

    /** Whether there is such a credential is known only where it is looked up. */
    private static final Set<String> ANYTHING = Set.of("credentialsId");

    private static Map<String, Object> nothing(String name) {
        Map<String, Object> map = new HashMap<>();
        map.put(name, null);
        return map;
    }

    @ParameterizedTest
    @FieldSource("WRONG")
    void saysWhatIsWrong(Wrong wrong) {
        Map<String, Object> given = new HashMap<>();
        given.putAll(Map.of("cluster", "demo", "service", "iris", "image", "team/iris:v1"));
        if (wrong.parameter.equals("bucket")) {
            given.put("model", "iris@latest");
        }
        given.put(wrong.parameter, wrong.value);
        assertThatThrownBy(() -> options(given))
                .isInstanceOf(StepException.class)
                .message()
                .startsWith("deployToEcs: ")
                .contains(wrong.says)
                .doesNotContain("hush", "\n");
    }

    @Test
    void noParameterIsForgotten() {
        Set<String> known = new HashSet<>(ANYTHING);
        WRONG.forEach(it -> known.add(it.parameter));
        assertThat(known).containsAll(Arguments.namesOf(DeployOptions.class));
    }

    @Test
    void percentsThatLeaveNoRoomAreRefused() {
        assertThatThrownBy(
                        () ->
                                options(
                                        Map.of(
                                                "cluster", "demo",
                                                "service", "iris",
                                                "image", "team/iris:v1",
                                                "minimumHealthyPercent", 100,
                                                "maximumPercent", "100")))
                .hasMessageContaining("leaves no room to replace a task");
    }

    /** Jenkins' form sends an empty text for a field that is left alone. */
    @ParameterizedTest
    @ValueSource(strings = {"", "  "})
    void emptyFieldsCountAsNotGiven(String empty) {
        Map<String, Object> given = new HashMap<>();
        Arguments.namesOf(DeployOptions.class).forEach(it -> given.put(it, empty));
        Map<String, Object> needed = Map.of("cluster", "demo", "service", "iris", "image", "team/iris:v1");
        given.putAll(needed);
        assertThat(options(given)).isEqualTo(options(needed));
    }

    @Test
    void valuesOfAFormAreTexts() {
        Map<String, Object> given = new HashMap<>();
        given.putAll(Map.of("cluster", " demo ", "service", "iris", "image", "team/iris:v1"));
        given.putAll(Map.of("force", "true", "desiredCount", "2", "keep", " 5 "));
        DeployOptions options = options(given);
        assertThat(options.cluster()).isEqualTo("demo");
        assertThat(List.of(options.force(), options.desiredCount(), options.keep()))
                .isEqualTo(new ArrayList<>(List.of(true, 2, 5)));
    }

    private static DeployOptions options(Map<String, Object> given) {
        return DeployOptions.from(given, Settings.of(Map.of("region", "us-east-1"), Map.of()));
    }
}
