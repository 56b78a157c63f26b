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

/** What RegisterTaskDefinition refuses, in ECS's words where they are known. */
final class TaskDefinitionRules {
    static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,255}");
    private static final int MAX_BYTES = 65536;
    private static final int MAX_CONTAINERS = 10;
    private static final int MIN_DISK = 21;
    private static final int MAX_DISK = 200;
    private static final Map<Integer, Set<Integer>> FARGATE =
            Map.of(
                    256, Set.of(512, 1024, 2048),
                    512, gigabytes(1, 4, 1),
                    1024, gigabytes(2, 8, 1),
                    2048, gigabytes(4, 16, 1),
                    4096, gigabytes(8, 30, 1),
                    8192, gigabytes(16, 60, 4),
                    16384, gigabytes(32, 120, 8));

    private final String registryHost;

    TaskDefinitionRules(String registryHost) {
        this.registryHost = registryHost;
    }

    private static Set<Integer> gigabytes(int from, int to, int step) {
        return IntStream.iterate(from, g -> g <= to, g -> g + step)
                .map(g -> g * TaskSize.UNITS)
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
        require(containers.size() <= MAX_CONTAINERS, "Too many containers.");
        ContainerRules.names(containers);
        boolean essential = false;
        for (JsonNode container : containers) {
            essential |= container.path("essential").asBoolean(true);
        }
        require(essential, "Task definition doesn't have any essential container");
        Set<String> volumes = volumes(in);
        for (JsonNode container : containers) {
            ContainerRules.check(in, container, volumes);
        }
        ContainerRules.hostPorts(in);
        DependencyRules.check(containers);
        sums(in);
        disk(in);
        if (isFargate(in)) {
            fargate(in);
        }
        if (hasNoExecutionRole(in)) {
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

    static boolean isFargate(JsonNode in) {
        for (JsonNode compatibility : in.path("requiresCompatibilities")) {
            if (compatibility.asText().equals("FARGATE")) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasNoExecutionRole(JsonNode in) {
        return in.path("executionRoleArn").asText("").isEmpty();
    }

    private static Set<String> volumes(JsonNode in) {
        Set<String> names = new HashSet<>();
        for (JsonNode volume : in.path("volumes")) {
            String name = volume.path("name").asText();
            require(
                    names.add(name),
                    "Volume names must be unique within a task definition, but '"
                            + name
                            + "' is there twice");
        }
        return names;
    }

    private static void sums(JsonNode in) {
        int cpu = 0;
        int reserved = 0;
        for (JsonNode container : in.path("containerDefinitions")) {
            cpu += container.path("cpu").asInt();
            reserved += container.path("memoryReservation").asInt();
        }
        require(
                !in.hasNonNull("cpu") || cpu <= TaskSize.cpu(in),
                "The sum of all container 'cpu' values cannot be greater than the value of the"
                        + " task 'cpu'.");
        require(
                !in.hasNonNull("memory") || reserved <= TaskSize.memory(in),
                "The sum of all container 'memoryReservation' values cannot be greater than the"
                        + " value of the task 'memory'.");
    }

    private static void disk(JsonNode in) {
        int size = in.path("ephemeralStorage").path("sizeInGiB").asInt(MIN_DISK);
        require(size >= MIN_DISK, "EphemeralStorage size should be at least " + MIN_DISK);
        require(size <= MAX_DISK, "EphemeralStorage size should be at most " + MAX_DISK);
    }

    private void fargate(JsonNode in) {
        require(
                in.path("networkMode").asText().equals("awsvpc"),
                "Fargate only supports network mode 'awsvpc'.");
        for (String setting : new String[] {"cpu", "memory"}) {
            require(
                    in.hasNonNull(setting),
                    "Fargate requires that '" + setting + "' be defined at the task level.");
        }
        int cpu = TaskSize.cpu(in);
        int memory = TaskSize.memory(in);
        require(
                FARGATE.getOrDefault(cpu, Set.of()).contains(memory),
                "No Fargate configuration exists for given values: "
                        + cpu
                        + " CPU, "
                        + memory
                        + " memory. See the Amazon ECS documentation for the valid values.");
        String unsupported = "Fargate compatible task definitions do not support ";
        require(!in.hasNonNull("ipcMode"), unsupported + "ipcMode");
        for (JsonNode volume : in.path("volumes")) {
            require(!volume.path("host").hasNonNull("sourcePath"), unsupported + "sourcePath");
            require(
                    !volume.hasNonNull("dockerVolumeConfiguration"),
                    unsupported + "dockerVolumeConfiguration");
        }
        for (JsonNode container : in.path("containerDefinitions")) {
            ContainerRules.fargate(container);
            if (hasNoExecutionRole(in)) {
                needsNoExecutionRole(container);
            }
        }
    }

    private void needsNoExecutionRole(JsonNode container) {
        String head = "Fargate requires task definition to have execution role ARN to support ";
        require(
                !container.at("/logConfiguration/logDriver").asText().equals("awslogs"),
                head + "log driver awslogs.");
        require(
                !container.path("image").asText().startsWith(registryHost + "/"),
                head + "ECR images.");
    }

    static void require(boolean holds, String message) {
        if (!holds) {
            throw AwsError.client(message);
        }
    }
}
