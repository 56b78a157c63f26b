package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.state.Json;

/** A task as the API shows it. Under the store's lock. */
final class TaskView {
    private static final int DEFAULT_CPU = 256;
    private static final int DEFAULT_MEMORY = 512;

    private TaskView() {}

    static ObjectNode json(Task task, boolean tags) {
        ObjectNode json =
                Json.object()
                        .put("taskArn", task.arn())
                        .put("clusterArn", Arns.of("ecs", "cluster/" + task.cluster))
                        .put("taskDefinitionArn", TaskDefinitions.arn(task.definition))
                        .put("lastStatus", task.lastStatus)
                        .put("desiredStatus", task.desiredStatus)
                        .put("healthStatus", task.health())
                        .put("launchType", task.launchType)
                        .put("availabilityZone", Arns.REGION + "a")
                        .put("cpu", task.definition.path("cpu").asText("" + DEFAULT_CPU))
                        .put("memory", task.definition.path("memory").asText("" + DEFAULT_MEMORY))
                        .put("group", task.group)
                        .put("enableExecuteCommand", false)
                        .put("version", 1)
                        .put("createdAt", Json.seconds(task.createdAt));
        if (task.startedBy != null) {
            json.put("startedBy", task.startedBy);
        }
        if (task.isFargate()) {
            json.put("platformVersion", "1.4.0").put("platformFamily", "Linux");
        }
        time(json, "pullStartedAt", task.pullStartedAt);
        time(json, "pullStoppedAt", task.pullStoppedAt);
        time(json, "startedAt", task.startedAt);
        time(json, "stoppingAt", task.stoppingAt);
        time(json, "stoppedAt", task.stoppedAt);
        if (task.startedAt > 0) {
            json.put("connectivity", "CONNECTED");
            time(json, "connectivityAt", task.startedAt);
        }
        if (task.stopCode != null) {
            json.put("stopCode", task.stopCode).put("stoppedReason", task.stoppedReason);
        }
        json.putArray("attachments");
        json.putArray("attributes");
        json.set("overrides", overrides(task));
        ArrayNode containers = json.putArray("containers");
        task.containers.forEach(c -> containers.add(container(task, c)));
        if (tags) {
            json.set("tags", Tags.list(task.tags));
        }
        return json;
    }

    private static ObjectNode overrides(Task task) {
        ObjectNode overrides = task.overrides.deepCopy();
        overrides.withArray("/containerOverrides");
        return overrides;
    }

    private static void time(ObjectNode json, String member, long millis) {
        if (millis > 0) {
            json.put(member, Json.seconds(millis));
        }
    }

    private static ObjectNode container(Task task, TaskContainer container) {
        ObjectNode json =
                Json.object()
                        .put("containerArn", container.arn)
                        .put("taskArn", task.arn())
                        .put("name", container.name)
                        .put("image", container.image())
                        .put("lastStatus", container.lastStatus)
                        .put("healthStatus", container.health)
                        .put("cpu", container.definition.path("cpu").asText("0"));
        if (container.engineId != null) {
            json.put("runtimeId", container.engineId);
        }
        if (container.digest != null) {
            json.put("imageDigest", container.digest);
        }
        if (container.exitCode != null) {
            json.put("exitCode", container.exitCode);
        }
        if (container.reason != null) {
            json.put("reason", container.reason);
        }
        if (container.definition.has("memory")) {
            json.put("memory", container.definition.path("memory").asText());
        }
        ArrayNode bindings = json.putArray("networkBindings");
        container.hostPorts.forEach(
                (port, host) -> {
                    int slash = port.indexOf('/');
                    bindings.addObject()
                            .put("bindIP", "127.0.0.1")
                            .put("containerPort", Integer.parseInt(port.substring(0, slash)))
                            .put("hostPort", host)
                            .put("protocol", port.substring(slash + 1));
                });
        json.putArray("networkInterfaces");
        return json;
    }
}
