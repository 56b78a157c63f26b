package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.HttpService;
import io.modeltoecs.cloud.state.Json;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Instant;

/** The task metadata endpoint, version 4: what a container can ask about itself. */
final class TaskMetadata implements HttpService {
    private static final int TASK = 2;
    private static final int CONTAINER = 3;

    private final EcsStore store;
    private final Tasks tasks;

    TaskMetadata(EcsStore store, Tasks tasks) {
        this.store = store;
        this.tasks = tasks;
    }

    @Override
    public void serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
        // /v4/<task>/<container>[/task]
        String[] path = request.getRequestURI().split("/");
        JsonNode answer = path.length > CONTAINER ? store.with(() -> answer(path)) : null;
        if (answer == null) {
            response.sendError(HttpServletResponse.SC_NOT_FOUND);
            return;
        }
        response.setContentType("application/json");
        response.getOutputStream().write(Json.bytes(answer));
    }

    private JsonNode answer(String[] path) {
        Task task = tasks.find(path[TASK]);
        TaskContainer container = task == null ? null : task.container(path[CONTAINER]);
        if (container == null) {
            return null;
        }
        boolean whole = path.length > CONTAINER + 1 && path[CONTAINER + 1].equals("task");
        return whole ? json(task) : json(task, container);
    }

    private static ObjectNode json(Task task) {
        ObjectNode json =
                Json.object()
                        .put("Cluster", task.cluster)
                        .put("TaskARN", task.arn())
                        .put("Family", task.definition.path("family").asText())
                        .put("Revision", task.definition.path("revision").asText())
                        .put("DesiredStatus", task.desiredStatus)
                        .put("KnownStatus", task.lastStatus)
                        .put("AvailabilityZone", "us-east-1a")
                        .put("LaunchType", task.launchType);
        if (task.service != null) {
            json.put("ServiceName", task.service);
        }
        ArrayNode containers = json.putArray("Containers");
        task.containers.forEach(c -> containers.add(json(task, c)));
        return json;
    }

    private static ObjectNode json(Task task, TaskContainer container) {
        ObjectNode json =
                Json.object()
                        .put("DockerId", container.engineId)
                        .put("Name", container.name)
                        .put("Image", container.image())
                        .put("ImageID", container.digest)
                        .put("ContainerARN", container.arn)
                        .put("KnownStatus", container.lastStatus)
                        .put("Type", "NORMAL")
                        .put("CreatedAt", Instant.ofEpochMilli(task.createdAt).toString());
        ObjectNode labels = json.putObject("Labels");
        labels.put("com.amazonaws.ecs.task-arn", task.arn());
        labels.put(
                "com.amazonaws.ecs.task-definition-family",
                task.definition.path("family").asText());
        labels.put(
                "com.amazonaws.ecs.task-definition-version",
                task.definition.path("revision").asText());
        return json;
    }
}
