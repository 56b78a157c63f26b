package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The actions on tasks. All under the store's lock. */
final class Tasks {
    private static final int PAGE = 100;
    private static final int MAX_DESCRIBED = 100;
    private static final int MAX_RUN = 10;
    private static final int MAX_OVERRIDES = 8192;
    private static final List<String> OTHER_FILTERS =
            List.of("serviceName", "family", "containerInstance", "launchType");
    private static final Set<Integer> ID_LENGTHS = Set.of(32, 36);

    private final EcsStore store;
    private final TaskDefinitions definitions;
    private final TaskRuntime runtime;
    private final Placement placement;

    Tasks(EcsStore store, TaskDefinitions definitions, TaskRuntime runtime, Placement placement) {
        this.store = store;
        this.definitions = definitions;
        this.runtime = runtime;
        this.placement = placement;
    }

    JsonNode run(ObjectNode in) {
        Cluster cluster = store.cluster(in.path("cluster").asText(""));
        ObjectNode definition = definitions.usable(in.path("taskDefinition").asText());
        int count = in.path("count").asInt(1);
        if (count < 1 || count > MAX_RUN) {
            throw AwsError.invalidParameter("count must be between 1 and 10, but was " + count);
        }
        limits(in);
        if (definition.path("networkMode").asText().equals("awsvpc")
                && !in.path("networkConfiguration").has("awsvpcConfiguration")) {
            throw AwsError.invalidParameter(
                    "Network Configuration must be provided when networkMode 'awsvpc' is"
                            + " specified.");
        }
        String group = in.path("group").asText("family:" + definition.path("family").asText());
        ObjectNode out = Json.object();
        ArrayNode started = out.putArray("tasks");
        ArrayNode failures = out.putArray("failures");
        String token = in.path("clientToken").asText("");
        List<Task> before =
                store.tasks().stream()
                        .filter(t -> !token.isEmpty() && token.equals(t.clientToken))
                        .toList();
        if (!before.isEmpty()) {
            return again(before, in, out);
        }
        for (int i = 0; i < count; i++) {
            Optional<String> noCapacity = placement.refusal(cluster.name, group);
            if (noCapacity.isPresent()) {
                failures.addObject()
                        .put("reason", "RESOURCE:FARGATE")
                        .put("detail", noCapacity.get());
                continue;
            }
            Task task = new Task(cluster.name, definition, store.now());
            task.group = group;
            task.clientToken = token;
            task.request = in;
            task.startedBy = in.hasNonNull("startedBy") ? in.path("startedBy").asText() : null;
            task.launchType = in.path("launchType").asText("EC2");
            task.overrides = in.path("overrides").isObject() ? in.get("overrides") : Json.object();
            task.tags.putAll(Tags.map(in.path("tags")));
            runtime.start(task);
            started.add(TaskView.json(task, true));
        }
        return out;
    }

    private static void limits(ObjectNode in) {
        within("placementConstraints", in.path("placementConstraints").size(), 10, "items");
        within("placementStrategy", in.path("placementStrategy").size(), 5, "items");
        within("clientToken", in.path("clientToken").asText().length(), 64, "characters");
        within("startedBy", in.path("startedBy").asText().length(), 128, "characters");
        int overrides = in.path("overrides").toString().length();
        within("overrides", overrides, MAX_OVERRIDES, "characters");
    }

    private static void within(String member, int size, int most, String of) {
        if (size > most) {
            throw AwsError.invalidParameter(
                    member + " can have at most " + most + " " + of + ", but has " + size);
        }
    }

    /** The same call once more starts nothing; another call with its token is refused. */
    private static JsonNode again(List<Task> before, ObjectNode in, ObjectNode out) {
        if (before.stream().anyMatch(t -> !in.equals(t.request))) {
            ArrayNode arns = Json.strings(before.stream().map(Task::arn).toList());
            throw AwsError.of(
                    "ConflictException",
                    "The client token was used by a RunTask with other parameters.",
                    Map.of("resourceIds", arns));
        }
        before.forEach(t -> out.withArray("/tasks").add(TaskView.json(t, true)));
        return out;
    }

    JsonNode stop(ObjectNode in) {
        store.cluster(in.path("cluster").asText(""));
        Task task = find(in.path("task").asText());
        if (task == null) {
            throw AwsError.invalidParameter("The referenced task was not found.");
        }
        runtime.stop(task, "UserInitiated", in.path("reason").asText("Task stopped by user"), true);
        ObjectNode out = Json.object();
        out.set("task", TaskView.json(task, true));
        return out;
    }

    JsonNode describe(ObjectNode in) {
        store.cluster(in.path("cluster").asText(""));
        JsonNode asked = in.path("tasks");
        if (asked.isEmpty()) {
            throw AwsError.invalidParameter("Tasks cannot be empty.");
        }
        if (asked.size() > MAX_DESCRIBED) {
            throw AwsError.invalidParameter("Tasks can not exceed 100 items.");
        }
        boolean tags = in.path("include").toString().contains("TAGS");
        ObjectNode out = Json.object();
        ArrayNode found = out.putArray("tasks");
        ArrayNode failures = out.putArray("failures");
        for (JsonNode reference : asked) {
            String id = Services.shortName(reference.asText());
            if (!ID_LENGTHS.contains(id.length())) {
                throw AwsError.invalidParameter("taskId length should be one of [32,36]");
            }
            Task task = find(id);
            if (task == null) {
                failures.addObject().put("arn", reference.asText()).put("reason", "MISSING");
            } else {
                found.add(TaskView.json(task, tags));
            }
        }
        return out;
    }

    JsonNode list(ObjectNode in) {
        Cluster cluster = store.cluster(in.path("cluster").asText(""));
        Stream<Task> tasks = store.tasks().stream().filter(t -> t.cluster.equals(cluster.name));
        if (in.hasNonNull("startedBy") && OTHER_FILTERS.stream().anyMatch(in::hasNonNull)) {
            throw AwsError.invalidParameter(
                    "startedBy must be the only filter, but there is one of " + OTHER_FILTERS);
        }
        String wanted = in.path("desiredStatus").asText("RUNNING");
        tasks = tasks.filter(t -> t.desiredStatus.equals(wanted));
        if (in.hasNonNull("serviceName")) {
            Service service = Services.find(store, in, "serviceName");
            tasks = tasks.filter(t -> service.name.equals(t.service));
        }
        if (in.hasNonNull("family")) {
            String family = in.path("family").asText();
            tasks = tasks.filter(t -> t.definition.path("family").asText().equals(family));
        }
        if (in.hasNonNull("startedBy")) {
            String by = in.path("startedBy").asText();
            tasks = tasks.filter(t -> by.equals(t.startedBy));
        }
        if (in.hasNonNull("launchType")) {
            String type = in.path("launchType").asText();
            tasks = tasks.filter(t -> type.equals(t.launchType));
        }
        List<String> arns = tasks.map(Task::arn).toList();
        return Pages.of("taskArns", arns, in, PAGE);
    }

    /** A task by id or ARN; null where there is none. */
    Task find(String reference) {
        String id = Services.shortName(reference);
        return store.task(id);
    }
}
