package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.api.AwsError;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What RegisterTaskDefinition refuses, in ECS's words. */
final class TaskDefinitionRules {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,255}");
    private static final int MAX_BYTES = 65536;
    private static final int MAX_PORT = 65535;
    private static final int GB = 1024;
    private static final Map<Integer, Set<Integer>> FARGATE =
            Map.of(
                    256, Set.of(512, 1024, 2048),
                    512, gigabytes(1, 4, 1),
                    1024, gigabytes(2, 8, 1),
                    2048, gigabytes(4, 16, 1),
                    4096, gigabytes(8, 30, 1),
                    8192, gigabytes(16, 60, 4),
                    16384, gigabytes(32, 120, 8));
    private static final Map<String, Integer> HEALTH_LIMITS =
            Map.of("interval", 300, "timeout", 60, "retries", 10, "startPeriod", 300);

    private final String registryHost;

    TaskDefinitionRules(String registryHost) {
        this.registryHost = registryHost;
    }

    private static Set<Integer> gigabytes(int from, int to, int step) {
        return IntStream.iterate(from, g -> g <= to, g -> g + step)
                .map(g -> g * GB)
                .boxed()
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Refuses what ECS refuses. */
    void check(JsonNode in) {
        require(
                NAME.matcher(in.path("family").asText()).matches(),
                "Family contains invalid characters.");
        JsonNode containers = in.path("containerDefinitions");
        require(!containers.isEmpty(), "Container list cannot be empty");
        names(containers);
        boolean essential = false;
        for (JsonNode container : containers) {
            essential |= container.path("essential").asBoolean(true);
        }
        require(essential, "Task definition doesn't have any essential container");
        for (JsonNode container : containers) {
            memory(in, container);
            ports(in, container);
            dependencies(containers, container);
            healthCheck(container);
            volumes(in, container);
            logs(container);
        }
        fargate(in);
        if (in.path("executionRoleArn").asText("").isEmpty()) {
            for (JsonNode container : containers) {
                require(
                        container.path("secrets").isEmpty(),
                        "When you are specifying container secrets, you must also specify a value"
                                + " for 'executionRoleArn'.");
            }
        }
        int size = in.toString().getBytes(StandardCharsets.UTF_8).length;
        require(
                size <= MAX_BYTES,
                "Actual length: '" + size + "'. Max allowed length is '" + MAX_BYTES + "' bytes.");
    }

    private static void names(JsonNode containers) {
        Set<String> names = new HashSet<>();
        for (JsonNode container : containers) {
            String name = container.path("name").asText("");
            require(!name.isEmpty(), "Container.name should not be null or empty.");
            require(
                    !container.path("image").asText("").isEmpty(),
                    "Container.image should not be null or empty.");
            require(NAME.matcher(name).matches(), "Container.name contains invalid characters.");
            require(names.add(name), "Container names must be unique within a task definition");
        }
    }

    private static void memory(JsonNode in, JsonNode container) {
        require(
                in.has("memory") || container.has("memory") || container.has("memoryReservation"),
                "Invalid setting for container '"
                        + container.path("name").asText()
                        + "'. At least one of 'memory' or 'memoryReservation' must be specified.");
        require(
                !in.has("memory") || container.path("memory").asInt() <= number(in.path("memory")),
                "The 'memory' setting for container '"
                        + container.path("name").asText()
                        + "' is greater than for the task");
    }

    private static void ports(JsonNode in, JsonNode container) {
        String mode = in.path("networkMode").asText("bridge");
        for (JsonNode mapping : container.path("portMappings")) {
            int port = mapping.path("containerPort").asInt();
            require(
                    port >= 1 && port <= MAX_PORT,
                    "Invalid 'containerPort' setting for container '"
                            + container.path("name").asText()
                            + "'.");
            if (mode.equals("awsvpc") || mode.equals("host")) {
                require(
                        mapping.path("hostPort").asInt(port) == port,
                        "When networkMode="
                                + mode
                                + ", the host ports and container ports in port mappings must"
                                + " match.");
            }
        }
    }

    private static void dependencies(JsonNode containers, JsonNode container) {
        for (JsonNode dependency : container.path("dependsOn")) {
            String name = dependency.path("containerName").asText();
            JsonNode other = null;
            for (JsonNode candidate : containers) {
                if (candidate.path("name").asText().equals(name)) {
                    other = candidate;
                }
            }
            require(
                    other != null,
                    "Cannot depend on container + '" + name + "' because it does not exist");
            String condition = dependency.path("condition").asText();
            require(
                    !condition.equals("HEALTHY") || other.has("healthCheck"),
                    "A dependency container with HEALTHY condition must have health check"
                            + " configured");
            require(
                    !(condition.equals("SUCCESS") || condition.equals("COMPLETE"))
                            || !other.path("essential").asBoolean(true),
                    "A dependency container with SUCCESS or COMPLETE condition cannot be an"
                            + " essential container");
        }
    }

    private static void healthCheck(JsonNode container) {
        HEALTH_LIMITS.forEach(
                (setting, max) ->
                        require(
                                container.path("healthCheck").path(setting).asInt() <= max,
                                "Health check "
                                        + setting
                                        + " must be less than or equal to the maximum allowed"
                                        + " value "
                                        + max
                                        + " for container '"
                                        + container.path("name").asText()
                                        + "'"));
    }

    private static void volumes(JsonNode in, JsonNode container) {
        Set<String> volumes = new HashSet<>();
        in.path("volumes").forEach(v -> volumes.add(v.path("name").asText()));
        for (JsonNode mount : container.path("mountPoints")) {
            String volume = mount.path("sourceVolume").asText();
            require(volumes.contains(volume), "Unknown volume '" + volume + "'");
        }
    }

    private static void logs(JsonNode container) {
        JsonNode configuration = container.path("logConfiguration");
        require(
                !configuration.path("logDriver").asText().equals("awslogs")
                        || configuration.path("options").has("awslogs-group"),
                "Log driver awslogs requires options: awslogs-group");
    }

    private void fargate(JsonNode in) {
        boolean fargate = false;
        for (JsonNode compatibility : in.path("requiresCompatibilities")) {
            fargate |= compatibility.asText().equals("FARGATE");
        }
        if (!fargate) {
            return;
        }
        require(
                in.path("networkMode").asText().equals("awsvpc"),
                "Fargate only supports network mode 'awsvpc'.");
        for (String setting : new String[] {"cpu", "memory"}) {
            require(
                    in.has(setting),
                    "Fargate requires that '" + setting + "' be defined at the task level.");
        }
        int cpu = number(in.path("cpu"));
        int memory = number(in.path("memory"));
        require(
                FARGATE.getOrDefault(cpu, Set.of()).contains(memory),
                "No Fargate configuration exists for given values: "
                        + cpu
                        + " CPU, "
                        + memory
                        + " memory. See the Amazon ECS documentation for the valid values.");
        int used = 0;
        for (JsonNode container : in.path("containerDefinitions")) {
            used += container.path("cpu").asInt();
            if (in.path("executionRoleArn").asText("").isEmpty()) {
                String head =
                        "Fargate requires task definition to have execution role ARN to support ";
                require(
                        !container
                                .path("logConfiguration")
                                .path("logDriver")
                                .asText()
                                .equals("awslogs"),
                        head + "log driver awslogs.");
                require(
                        !container.path("image").asText().startsWith(registryHost + "/"),
                        head + "ECR images.");
            }
        }
        require(
                used <= cpu,
                "The sum of all container 'cpu' values cannot be greater than the value of the"
                        + " task 'cpu'.");
        require(
                in.path("ephemeralStorage").path("sizeInGiB").asInt(21) >= 21,
                "EphemeralStorage size should be at least 21");
    }

    private static int number(JsonNode text) {
        String digits = text.asText().strip();
        try {
            return digits.toUpperCase(java.util.Locale.ROOT).endsWith("GB")
                    ? Integer.parseInt(digits.substring(0, digits.length() - 2).strip()) * GB
                    : Integer.parseInt(digits);
        } catch (NumberFormatException e) {
            throw AwsError.client("Invalid 'cpu' or 'memory' setting for task: " + digits);
        }
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw AwsError.client(message);
        }
    }
}
