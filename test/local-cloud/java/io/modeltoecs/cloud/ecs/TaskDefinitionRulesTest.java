package io.modeltoecs.cloud.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.Json;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What RegisterTaskDefinition refuses, and in which words. */
class TaskDefinitionRulesTest {
    private static final String SECRET =
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:db-AbCdEf";

    @TempDir Path folder;

    private static ObjectNode parse(String json) {
        try {
            return (ObjectNode) Json.MAPPER.readTree(json.replace('\'', '"'));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(json, e);
        }
    }

    private static void check(ObjectNode definition) {
        new TaskDefinitionRules("registry.local").check(definition);
    }

    private static void refused(ObjectNode definition, String message) {
        assertThatThrownBy(() -> check(definition))
                .isInstanceOfSatisfying(
                        AwsError.class, e -> assertThat(e.code()).isEqualTo("ClientException"))
                .hasMessage(message);
    }

    /** A task definition whose containers are `app`, with more members, and `side`, not essential. */
    private static ObjectNode containers(String app, String side) {
        return parse(
                "{'family': 'f', 'executionRoleArn': 'arn:aws:iam::000000000000:role/r',"
                        + " 'containerDefinitions': ["
                        + "{'name': 'app', 'image': 'i', 'memory': 64"
                        + (app.isEmpty() ? "" : "," + app)
                        + "}, {'name': 'side', 'image': 'i', 'memory': 64, 'essential': false"
                        + (side.isEmpty() ? "" : "," + side)
                        + "}]}");
    }

    private static ObjectNode fargate(String app, String more) {
        ObjectNode definition = containers(app, "");
        definition.setAll(
                parse(
                        "{'requiresCompatibilities': ['FARGATE'], 'networkMode': 'awsvpc',"
                                + " 'cpu': '256', 'memory': '512'}"));
        definition.setAll(parse("{" + more + "}"));
        return definition;
    }

    static Stream<Arguments> ofOneContainer() {
        return Stream.of(
                arguments(
                        "'name': ''",
                        "Container.name should not be null or empty."),
                arguments(
                        "'image': ''",
                        "Container.image should not be null or empty."),
                arguments("'name': 'a b'", "Container.name contains invalid characters."),
                arguments(
                        "'name': 'side'",
                        "Container names must be unique within a task definition"),
                arguments(
                        "'memory': null",
                        "Invalid setting for container 'app'. At least one of 'memory' or"
                                + " 'memoryReservation' must be specified."),
                arguments(
                        "'memoryReservation': 65",
                        "Invalid setting for container 'app'. 'memory' must be greater than or"
                                + " equal to 'memoryReservation'."),
                arguments(
                        "'portMappings': [{'containerPort': 0}]",
                        "Invalid 'containerPort' setting for container 'app'."),
                arguments(
                        "'portMappings': [{'containerPort': 65536}]",
                        "Invalid 'containerPort' setting for container 'app'."),
                arguments(
                        "'portMappings': [{'containerPort': 1, 'hostPort': 3000},"
                                + " {'containerPort': 2, 'hostPort': 3000}]",
                        "TCP host port '3000' is mapped multiple times in task."),
                arguments(
                        "'portMappings': [{'containerPort': 1, 'name': 'web'},"
                                + " {'containerPort': 2, 'name': 'web'}]",
                        "Invalid port mapping 'web': port mapping name is already used."),
                arguments(
                        "'healthCheck': {'command': []}",
                        "Container.healthCheck.command should not be null or empty."),
                arguments(
                        "'mountPoints': [{'sourceVolume': 'v', 'containerPath': '/v'}]",
                        "Unknown volume 'v'"),
                arguments(
                        "'logConfiguration': {'logDriver': 'awslogs', 'options': {}}",
                        "Log driver awslogs requires options: awslogs-group"),
                arguments(
                        "'environment': [{'name': 'A', 'value': '1'}],"
                                + " 'secrets': [{'name': 'A', 'valueFrom': 'a'}]",
                        "The secret name must be unique and not shared with any new or existing"
                                + " environment variables set on the container, such as 'A'."),
                arguments(
                        "'secrets': [{'name': 'A', 'valueFrom': 'a'},"
                                + " {'name': 'A', 'valueFrom': 'b'}]",
                        "The secret name must be unique and not shared with any new or existing"
                                + " environment variables set on the container, such as 'A'."));
    }

    @ParameterizedTest
    @MethodSource
    void ofOneContainer(String members, String message) {
        refused(containers(members, ""), message);
    }

    @ParameterizedTest
    @CsvSource({
        "interval, 4, greater than or equal to the minimum allowed value 5",
        "interval, 301, less than or equal to the maximum allowed value 300",
        "timeout, 1, greater than or equal to the minimum allowed value 2",
        "timeout, 61, less than or equal to the maximum allowed value 60",
        "retries, 0, greater than or equal to the minimum allowed value 1",
        "retries, 11, less than or equal to the maximum allowed value 10",
        "startPeriod, -1, greater than or equal to the minimum allowed value 0",
        "startPeriod, 301, less than or equal to the maximum allowed value 300"
    })
    void healthChecksHaveLimits(String setting, int value, String why) {
        refused(
                containers("'healthCheck': {'command': ['CMD', 'x'], '" + setting + "': " + value + "}", ""),
                "Health check " + setting + " must be " + why + " for container 'app'");
    }

    @ParameterizedTest
    @CsvSource({"5, 2, 1, 0", "300, 60, 10, 300"})
    void healthChecksAtTheirLimitsAreTaken(int interval, int timeout, int retries, int start) {
        check(
                containers(
                        "'healthCheck': {'command': ['CMD', 'x'], 'interval': %d, 'timeout': %d, 'retries': %d, 'startPeriod': %d}"
                                .formatted(interval, timeout, retries, start),
                        ""));
    }

    static Stream<Arguments> ofDependencies() {
        return Stream.of(
                arguments(
                        depends("none", "START"),
                        "",
                        "Cannot depend on container + 'none' because it does not exist"),
                arguments(
                        depends("side", "HEALTHY"),
                        "",
                        "A dependency container with HEALTHY condition must have health check"
                                + " configured"),
                arguments(
                        "",
                        depends("app", "SUCCESS"),
                        "A dependency container with SUCCESS or COMPLETE condition cannot be an"
                                + " essential container"),
                arguments(
                        "",
                        depends("app", "COMPLETE"),
                        "A dependency container with SUCCESS or COMPLETE condition cannot be an"
                                + " essential container"),
                arguments(
                        depends("side", ""),
                        "",
                        "Container.dependsOn.condition should not be null or empty."),
                arguments(
                        depends("app", "START"),
                        "",
                        "Container dependencies should not have a cycle"),
                arguments(
                        depends("side", "START"),
                        depends("app", "START"),
                        "Container dependencies should not have a cycle"));
    }

    private static String depends(String name, String condition) {
        return "'dependsOn': [{'containerName': '%s', 'condition': '%s'}]"
                .formatted(name, condition);
    }

    @ParameterizedTest
    @MethodSource
    void ofDependencies(String app, String side, String message) {
        refused(containers(app, side), message);
    }

    @Test
    void dependenciesThatCanBeResolvedAreTaken() {
        check(containers(depends("side", "SUCCESS"), ""));
        check(containers(depends("side", "HEALTHY"), "'healthCheck': {'command': ['CMD', 'x']}"));
    }

    @ParameterizedTest
    @CsvSource({
        "1PARAM-eter_.name, true",
        "/team/app/password, true",
        "arn:aws:ssm:us-east-1:000000000000:parameter/team/app, true",
        SECRET + ", true",
        SECRET + ":user::, true",
        SECRET + "::AWSPREVIOUS:, true",
        SECRET + ":::0b1c, true",
        "db:user::, false",
        "a b, false",
        "'', false",
        "arn:aws:s3:::bucket/key, false",
        "arn:aws:secretsmanager:us-east-1:000000000000:db, false"
    })
    void secretsAreParametersOrArns(String from, boolean taken) {
        ObjectNode definition =
                containers("'secrets': [{'name': 'A', 'valueFrom': '" + from + "'}]", "");
        if (taken) {
            check(definition);
        } else {
            refused(
                    definition,
                    "The Systems Manager parameter name specified for secret A is invalid. The"
                            + " parameter name can be up to 2048 characters and include the"
                            + " following letters and symbols: a-zA-Z0-9_.-,");
        }
    }

    static Stream<Arguments> ofTheTask() {
        return Stream.of(
                arguments("'family': 'a b'", "Family contains invalid characters."),
                arguments("'containerDefinitions': []", "Container list cannot be empty"),
                arguments(
                        "'containerDefinitions': [{'name': 'a', 'image': 'i', 'memory': 8,"
                                + " 'essential': false}]",
                        "Task definition doesn't have any essential container"),
                arguments(
                        "'volumes': [{'name': 'v'}, {'name': 'v'}]",
                        "Volume names must be unique within a task definition, but 'v' is there"
                                + " twice"),
                arguments(
                        "'memory': '32'",
                        "The 'memory' setting for container 'app' is greater than for the task"),
                arguments("'memory': 'much'", "Invalid 'memory' setting for task."),
                arguments("'cpu': '0.3 vCPU'", "Invalid 'cpu' setting for task."),
                arguments(
                        "'ephemeralStorage': {'sizeInGiB': 20}",
                        "EphemeralStorage size should be at least 21"),
                arguments(
                        "'ephemeralStorage': {'sizeInGiB': 201}",
                        "EphemeralStorage size should be at most 200"));
    }

    @ParameterizedTest
    @MethodSource
    void ofTheTask(String members, String message) {
        ObjectNode definition = containers("", "");
        definition.setAll(parse("{" + members + "}"));
        refused(definition, message);
    }

    @Test
    void containersTogetherFitIntoTheTask() {
        ObjectNode cpu = containers("'cpu': 200", "'cpu': 57");
        refused(
                cpu.put("cpu", "256"),
                "The sum of all container 'cpu' values cannot be greater than the value of the"
                        + " task 'cpu'.");
        ObjectNode memory =
                containers("'memoryReservation': 60", "'memoryReservation': 60");
        refused(
                memory.put("memory", "100"),
                "The sum of all container 'memoryReservation' values cannot be greater than the"
                        + " value of the task 'memory'.");
    }

    @Test
    void elevenContainersAreTooMany() {
        ObjectNode definition = containers("", "");
        for (int i = 0; i < 9; i++) {
            definition.withArray("/containerDefinitions").addObject().put("name", "c" + i);
        }
        refused(definition, "Too many containers.");
    }

    @ParameterizedTest
    @CsvSource({"awsvpc", "host"})
    void hostPortsAreContainerPortsWhereTheNetworkIsShared(String mode) {
        ObjectNode differ = containers("'portMappings': [{'containerPort': 1, 'hostPort': 2}]", "");
        refused(
                differ.put("networkMode", mode),
                "When networkMode="
                        + mode
                        + ", the host ports and container ports in port mappings must match.");
        String port = "'portMappings': [{'containerPort': 53, 'protocol': 'udp'}]";
        refused(
                containers(port, port).put("networkMode", mode),
                "UDP host port '53' is mapped multiple times in task.");
        check(containers(port, port.replace("udp", "tcp")).put("networkMode", mode));
    }

    static Stream<Arguments> ofFargate() {
        return Stream.of(
                arguments(
                        "",
                        "'networkMode': 'bridge'",
                        "Fargate only supports network mode 'awsvpc'."),
                arguments(
                        "",
                        "'cpu': null",
                        "Fargate requires that 'cpu' be defined at the task level."),
                arguments(
                        "",
                        "'memory': null",
                        "Fargate requires that 'memory' be defined at the task level."),
                arguments(
                        "",
                        "'cpu': '1024', 'memory': '1024'",
                        "No Fargate configuration exists for given values: 1024 CPU, 1024 memory."
                                + " See the Amazon ECS documentation for the valid values."),
                arguments(
                        "",
                        "'volumes': [{'name': 'v', 'host': {'sourcePath': '/v'}}]",
                        "Fargate compatible task definitions do not support sourcePath"),
                arguments(
                        "",
                        "'volumes': [{'name': 'v', 'dockerVolumeConfiguration': {}}]",
                        "Fargate compatible task definitions do not support"
                                + " dockerVolumeConfiguration"),
                arguments(
                        "",
                        "'ipcMode': 'task'",
                        "Fargate compatible task definitions do not support ipcMode"),
                arguments(
                        "'privileged': true",
                        "",
                        "Fargate requires that the 'privileged' setting be 'false'"),
                arguments(
                        "'stopTimeout': 121",
                        "",
                        "Invalid 'stopTimeout' setting for container 'app'. The valid values for"
                                + " Fargate are 2-120 seconds."),
                arguments(
                        "'startTimeout': 1",
                        "",
                        "Invalid 'startTimeout' setting for container 'app'. The valid values for"
                                + " Fargate are 2-120 seconds."),
                arguments(
                        "'logConfiguration': {'logDriver': 'awslogs', 'options':"
                                + " {'awslogs-group': 'g'}}",
                        "'executionRoleArn': null",
                        "Fargate requires task definition to have execution role ARN to support"
                                + " log driver awslogs."),
                arguments(
                        "'image': 'registry.local/a:b'",
                        "'executionRoleArn': null",
                        "Fargate requires task definition to have execution role ARN to support"
                                + " ECR images."));
    }

    @ParameterizedTest
    @MethodSource
    void ofFargate(String app, String more, String message) {
        refused(fargate(app, more), message);
    }

    @ParameterizedTest
    @CsvSource({
        "256, 512", "512, 4096", "1024, 2048", "2048, 16384", "4096, 30720", "8192, 20480",
        "16384, 122880", ".25 vCPU, 0.5 GB", "1 vcpu, 3gb"
    })
    void fargateSizesAreTaken(String cpu, String memory) {
        check(fargate("'stopTimeout': 120", "'cpu': '" + cpu + "', 'memory': '" + memory + "'"));
    }

    @Test
    void stopTimeoutIsFreeWhereItIsNotFargate() {
        check(containers("'stopTimeout': 600", ""));
    }

    @Test
    void secretsNeedAnExecutionRole() {
        ObjectNode definition = containers("'secrets': [{'name': 'A', 'valueFrom': 'a'}]", "");
        definition.remove("executionRoleArn");
        refused(
                definition,
                "When you are specifying container secrets, you must also specify a value for"
                        + " 'executionRoleArn'.");
    }

    @Test
    void aDefinitionHas64Kilobytes() {
        ObjectNode definition =
                containers(
                        "'environment': [{'name': 'A', 'value': '" + "x".repeat(66000) + "'}]", "");
        refused(
                definition,
                "Actual length: '"
                        + definition.toString().length()
                        + "'. Max allowed length is '65536' bytes.");
    }

    @Test
    void sizesAreAnsweredAsNumbers() {
        Simulation cloud = new Simulation(folder);
        JsonNode made =
                cloud.call("RegisterTaskDefinition", fargate("", "'cpu': '1 vCPU', 'memory': '2 GB'").toString())
                        .path("taskDefinition");
        assertThat(made.path("cpu").asText()).isEqualTo("1024");
        assertThat(made.path("memory").asText()).isEqualTo("2048");
    }

    @Test
    void ecsFillsInDefaultsAndCountsRevisionsOn() {
        Simulation cloud = new Simulation(folder);
        cloud.register("app", "i", "");
        JsonNode made =
                cloud.call(
                                "RegisterTaskDefinition",
                                "{\"family\": \"app\", \"containerDefinitions\": [{\"name\": \"a\","
                                        + " \"image\": \"i\", \"memory\": 8, \"portMappings\":"
                                        + " [{\"containerPort\": 80}], \"healthCheck\":"
                                        + " {\"command\": [\"CMD\", \"x\"]}}]}")
                        .path("taskDefinition");
        assertThat(made.path("revision").asInt()).isEqualTo(2);
        assertThat(made.path("networkMode").asText()).isEqualTo("bridge");
        JsonNode container = made.at("/containerDefinitions/0");
        assertThat(container.path("essential").asBoolean()).isTrue();
        assertThat(container.path("cpu").asInt()).isZero();
        assertThat(container.at("/portMappings/0").toString())
                .isEqualTo("{\"containerPort\":80,\"protocol\":\"tcp\",\"hostPort\":0}");
        assertThat(container.path("healthCheck").path("interval").asInt()).isEqualTo(30);
        assertThat(container.path("healthCheck").path("timeout").asInt()).isEqualTo(5);
        assertThat(container.path("healthCheck").path("retries").asInt()).isEqualTo(3);
        for (String list : new String[] {"environment", "mountPoints", "volumesFrom"}) {
            assertThat(container.path(list).isArray()).as(list).isTrue();
        }
        cloud.call("DeregisterTaskDefinition", "{\"taskDefinition\": \"app:2\"}");
        assertThat(cloud.register("app", "i", "")).endsWith(":3");
    }
}
