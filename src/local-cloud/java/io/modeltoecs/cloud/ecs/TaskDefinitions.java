package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Task definitions: families with revisions that never change. All under the store's lock. */
final class TaskDefinitions {
    private static final int PAGE = 100;
    private static final int MAX_DELETED = 10;

    private final EcsStore store;
    private final TaskDefinitionRules rules;

    TaskDefinitions(EcsStore store, TaskDefinitionRules rules) {
        this.store = store;
        this.rules = rules;
    }

    JsonNode register(ObjectNode in) {
        rules.check(in);
        String name = in.path("family").asText();
        Family family = store.state().families.computeIfAbsent(name, n -> new Family());
        int revision = ++family.lastRevision;
        ObjectNode definition = in.deepCopy();
        JsonNode tags = definition.remove("tags");
        fill(definition);
        definition.put(
                "taskDefinitionArn", Arns.of("ecs", "task-definition/" + name + ":" + revision));
        definition.put("revision", revision);
        definition.put("status", "ACTIVE");
        definition.put("registeredAt", Json.now());
        definition.put("registeredBy", "arn:aws:iam::" + Arns.ACCOUNT + ":user/local");
        family.revisions.put(revision, definition);
        if (tags != null) {
            family.tags.put(revision, Tags.node(Tags.map(tags)));
        }
        store.changed();
        return answer(family, revision);
    }

    /** Adds what ECS adds. */
    private static void fill(ObjectNode definition) {
        String mode = definition.path("networkMode").asText("bridge");
        definition.put("networkMode", mode);
        if (definition.hasNonNull("cpu")) {
            definition.put("cpu", Integer.toString(TaskSize.cpu(definition)));
        }
        if (definition.hasNonNull("memory")) {
            definition.put("memory", Integer.toString(TaskSize.memory(definition)));
        }
        boolean fargate = TaskDefinitionRules.isFargate(definition);
        ArrayNode compatibilities = Json.array().add("EC2");
        if (fargate || mode.equals("awsvpc") && definition.has("cpu") && definition.has("memory")) {
            compatibilities.add("FARGATE");
        }
        definition.set("compatibilities", compatibilities);
        for (String list : List.of("volumes", "placementConstraints")) {
            definition.withArray("/" + list);
        }
        for (JsonNode node : definition.path("containerDefinitions")) {
            ObjectNode container = (ObjectNode) node;
            if (!container.has("essential")) {
                container.put("essential", true);
            }
            if (!container.has("cpu")) {
                container.put("cpu", 0);
            }
            for (String list :
                    List.of(
                            "environment",
                            "mountPoints",
                            "volumesFrom",
                            "portMappings",
                            "systemControls")) {
                container.withArray("/" + list);
            }
            for (JsonNode port : container.path("portMappings")) {
                ObjectNode mapping = (ObjectNode) port;
                if (!mapping.has("protocol")) {
                    mapping.put("protocol", "tcp");
                }
                if (!mapping.has("hostPort")) {
                    int own = mapping.path("containerPort").asInt();
                    mapping.put("hostPort", mode.equals("bridge") ? 0 : own);
                }
            }
            if (container.has("healthCheck")) {
                ObjectNode check = (ObjectNode) container.path("healthCheck");
                Map.of("interval", 30, "timeout", 5, "retries", 3)
                        .forEach(
                                (k, v) -> {
                                    if (!check.has(k)) {
                                        check.put(k, v);
                                    }
                                });
            }
        }
    }

    JsonNode describe(ObjectNode in) {
        String reference = in.path("taskDefinition").asText();
        ObjectNode definition =
                find(reference)
                        .orElseThrow(() -> AwsError.client("Unable to describe task definition."));
        return answer(
                store.state().families.get(definition.path("family").asText()),
                definition.path("revision").asInt());
    }

    private static JsonNode answer(Family family, int revision) {
        ObjectNode out = Json.object();
        out.set("taskDefinition", family.revisions.get(revision));
        ObjectNode tags = family.tags.get(revision);
        out.set("tags", tags == null ? Json.array() : Tags.list(tags));
        return out;
    }

    JsonNode deregister(ObjectNode in) {
        ObjectNode definition =
                find(in.path("taskDefinition").asText())
                        .orElseThrow(() -> AwsError.client("Unable to describe task definition."));
        definition.put("status", "INACTIVE");
        definition.put("deregisteredAt", Json.now());
        store.changed();
        ObjectNode out = Json.object();
        out.set("taskDefinition", definition);
        return out;
    }

    /** Marks inactive revisions for deletion; what uses them goes on. */
    JsonNode delete(ObjectNode in) {
        JsonNode asked = in.path("taskDefinitions");
        if (asked.isEmpty() || asked.size() > MAX_DELETED) {
            throw AwsError.invalidParameter("taskDefinitions must have 1 to 10 items.");
        }
        ObjectNode out = Json.object();
        ArrayNode deleted = out.putArray("taskDefinitions");
        ArrayNode failures = out.putArray("failures");
        for (JsonNode reference : asked) {
            Optional<ObjectNode> found = find(reference.asText());
            if (found.isEmpty() || isActive(found.get())) {
                failures.addObject()
                        .put("arn", reference.asText())
                        .put("reason", found.isEmpty() ? "MISSING" : "INVALID")
                        .put("detail", "The task definition must be INACTIVE.");
            } else {
                found.get().put("status", "DELETE_IN_PROGRESS");
                found.get().put("deleteRequestedAt", Json.now());
                deleted.add(found.get());
            }
        }
        store.changed();
        return out;
    }

    JsonNode list(ObjectNode in) {
        String wanted = in.path("familyPrefix").asText("");
        String status = in.path("status").asText("ACTIVE");
        List<String> arns = new ArrayList<>();
        store.state()
                .families
                .forEach(
                        (name, family) -> {
                            if (wanted.isEmpty() || wanted.equals(name)) {
                                family.revisions.values().stream()
                                        .filter(d -> d.path("status").asText().equals(status))
                                        .forEach(d -> arns.add(arn(d)));
                            }
                        });
        if (in.path("sort").asText().equals("DESC")) {
            Collections.reverse(arns);
        }
        return Pages.of("taskDefinitionArns", arns, in, PAGE);
    }

    JsonNode listFamilies(ObjectNode in) {
        String prefix = in.path("familyPrefix").asText("");
        String status = in.path("status").asText("ALL");
        List<String> names = new ArrayList<>();
        store.state()
                .families
                .forEach(
                        (name, family) -> {
                            boolean active =
                                    family.revisions.values().stream()
                                            .anyMatch(TaskDefinitions::isActive);
                            if (name.startsWith(prefix)
                                    && (status.equals("ALL")
                                            || active == status.equals("ACTIVE"))) {
                                names.add(name);
                            }
                        });
        return Pages.of("families", names, in, PAGE);
    }

    /** A definition by ARN, {@code family:revision} or family (its latest active revision). */
    Optional<ObjectNode> find(String reference) {
        String name = Arns.lastPart(reference, "task-definition/");
        int colon = name.indexOf(':');
        Family family = store.state().families.get(colon < 0 ? name : name.substring(0, colon));
        if (family == null) {
            return Optional.empty();
        }
        if (colon < 0) {
            return family.revisions.descendingMap().values().stream()
                    .filter(TaskDefinitions::isActive)
                    .findFirst();
        }
        try {
            return Optional.ofNullable(
                    family.revisions.get(Integer.parseInt(name.substring(colon + 1))));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /**
     * A definition that a service or task may use.
     *
     * @throws AwsError where there is none, or it is not active any more
     */
    ObjectNode usable(String reference) {
        ObjectNode definition =
                find(reference).orElseThrow(() -> AwsError.client("TaskDefinition not found."));
        if (!isActive(definition)) {
            throw AwsError.client("TaskDefinition is inactive");
        }
        return definition;
    }

    static String arn(JsonNode definition) {
        return definition.path("taskDefinitionArn").asText();
    }

    private static boolean isActive(JsonNode definition) {
        return definition.path("status").asText().equals("ACTIVE");
    }
}
