package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.Keys;
import io.modeltoecs.cloud.engine.ContainerSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns a container definition into a container of the engine. */
final class ContainerSettings {
    static final String TASK_LABEL = "io.modeltoecs.task";

    private static final int SHORT_ID = 12;

    private final String cloudId;
    private final Keys keys;
    private final boolean memoryLimits;

    /**
     * A machine without control over memory (rootless, cgroup v1) runs containers without limits.
     */
    ContainerSettings(String cloudId, Keys keys, boolean memoryLimits) {
        this.cloudId = cloudId;
        this.keys = keys;
        this.memoryLimits = memoryLimits;
    }

    /**
     * The container to run.
     *
     * @param network arguments that choose its network
     * @param ports ports to publish
     * @param endpoint the cloud's URL as containers see it
     */
    ContainerSpec spec(
            Task task,
            TaskContainer container,
            List<String> network,
            List<String> ports,
            String endpoint) {
        JsonNode definition = container.definition;
        JsonNode override = override(task, container.name);
        List<String> command =
                override.has("command")
                        ? strings(override.path("command"))
                        : strings(definition.path("command"));
        Map<String, String> labels = new LinkedHashMap<>();
        definition
                .path("dockerLabels")
                .properties()
                .forEach(l -> labels.put(l.getKey(), l.getValue().asText()));
        labels.put(TASK_LABEL, task.id);
        return new ContainerSpec(
                name(task) + "-" + container.name,
                Images.reference(container),
                labels,
                network,
                ports,
                environment(task, container, override, endpoint),
                definition.hasNonNull("user") ? definition.path("user").asText() : null,
                definition.hasNonNull("workingDirectory")
                        ? definition.path("workingDirectory").asText()
                        : null,
                definition.path("readonlyRootFilesystem").asBoolean(),
                writable(definition),
                options(task, container),
                strings(definition.path("entryPoint")),
                command);
    }

    /** The start of the names of a task's containers. */
    String name(Task task) {
        return "model-to-ecs-" + cloudId + "-" + task.id.substring(0, SHORT_ID);
    }

    /** The container ports to publish, with protocol. */
    static List<String> ports(TaskContainer container) {
        List<String> ports = new ArrayList<>();
        container
                .definition
                .path("portMappings")
                .forEach(
                        p ->
                                ports.add(
                                        p.path("containerPort").asInt()
                                                + "/"
                                                + p.path("protocol").asText("tcp")));
        return ports;
    }

    private Map<String, String> environment(
            Task task, TaskContainer container, JsonNode override, String endpoint) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("AWS_REGION", Arns.REGION);
        all.put("AWS_DEFAULT_REGION", Arns.REGION);
        all.put("AWS_EXECUTION_ENV", task.isFargate() ? "AWS_ECS_FARGATE" : "AWS_ECS_EC2");
        // There is no instance whose role could be used.
        all.put("AWS_EC2_METADATA_DISABLED", "true");
        all.put(
                "ECS_CONTAINER_METADATA_URI_V4",
                endpoint + "/v4/" + task.id + "/" + container.name);
        String role =
                task.overrides
                        .path("taskRoleArn")
                        .asText(task.definition.path("taskRoleArn").asText(""));
        if (!role.isEmpty()) {
            all.put("AWS_ENDPOINT_URL", endpoint);
            all.put("AWS_ACCESS_KEY_ID", keys.accessKeyId());
            all.put("AWS_SECRET_ACCESS_KEY", keys.secretAccessKey());
        }
        for (JsonNode list :
                List.of(container.definition.path("environment"), override.path("environment"))) {
            list.forEach(v -> all.put(v.path("name").asText(), v.path("value").asText()));
        }
        all.putAll(container.secrets);
        return all;
    }

    private static List<String> writable(JsonNode definition) {
        List<String> folders = new ArrayList<>();
        definition
                .at("/linuxParameters/tmpfs")
                .forEach(t -> folders.add(t.path("containerPath").asText()));
        definition.path("mountPoints").forEach(m -> folders.add(m.path("containerPath").asText()));
        return folders;
    }

    private List<String> options(Task task, TaskContainer container) {
        JsonNode definition = container.definition;
        List<String> options = new ArrayList<>();
        int memory = memory(task, container);
        if (memoryLimits && memory > 0) {
            options.addAll(List.of("--memory", memory + "m", "--memory-swap", memory + "m"));
        }
        if (definition.path("cpu").asInt() > 0) {
            options.addAll(List.of("--cpu-shares", definition.path("cpu").asText()));
        }
        JsonNode linux = definition.path("linuxParameters");
        if (linux.path("initProcessEnabled").asBoolean()) {
            options.add("--init");
        }
        if (linux.has("sharedMemorySize")) {
            options.addAll(List.of("--shm-size", linux.path("sharedMemorySize").asInt() + "m"));
        }
        linux.path("tmpfs")
                .forEach(
                        t ->
                                options.addAll(
                                        List.of(
                                                "--tmpfs",
                                                t.path("containerPath").asText()
                                                        + ":size="
                                                        + t.path("size").asInt()
                                                        + "m")));
        linux.path("capabilities")
                .path("drop")
                .forEach(c -> options.addAll(List.of("--cap-drop", c.asText())));
        definition
                .path("ulimits")
                .forEach(
                        u ->
                                options.addAll(
                                        List.of(
                                                "--ulimit",
                                                u.path("name").asText()
                                                        + "="
                                                        + u.path("softLimit").asInt()
                                                        + ":"
                                                        + u.path("hardLimit").asInt())));
        definition.path("mountPoints").forEach(m -> options.addAll(mount(task, m)));
        return options;
    }

    private List<String> mount(Task task, JsonNode mount) {
        String name = mount.path("sourceVolume").asText();
        String source = name(task) + "-" + name;
        for (JsonNode volume : task.definition.path("volumes")) {
            if (volume.path("name").asText().equals(name)) {
                source = volume.path("host").path("sourcePath").asText(source);
            }
        }
        String mode = mount.path("readOnly").asBoolean() ? ":ro" : "";
        return List.of("-v", source + ":" + mount.path("containerPath").asText() + mode);
    }

    /** Mebibytes: the container's hard limit, else the task's. */
    private static int memory(Task task, TaskContainer container) {
        int own = container.definition.path("memory").asInt();
        return own > 0 ? own : task.definition.path("memory").asInt();
    }

    private static JsonNode override(Task task, String container) {
        for (JsonNode override : task.overrides.path("containerOverrides")) {
            if (override.path("name").asText().equals(container)) {
                return override;
            }
        }
        return MissingNode.getInstance();
    }

    private static List<String> strings(JsonNode list) {
        if (list.isMissingNode() || list.isNull()) {
            return null;
        }
        List<String> all = new ArrayList<>();
        list.forEach(s -> all.add(s.asText()));
        return all;
    }
}
