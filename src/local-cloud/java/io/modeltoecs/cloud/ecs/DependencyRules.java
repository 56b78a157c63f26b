package io.modeltoecs.cloud.ecs;

import static io.modeltoecs.cloud.ecs.TaskDefinitionRules.require;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What RegisterTaskDefinition refuses of containers that depend on each other. */
final class DependencyRules {
    private static final Set<String> ENDS = Set.of("SUCCESS", "COMPLETE");

    private final Map<String, JsonNode> containers = new LinkedHashMap<>();
    private final Set<String> resolved = new HashSet<>();

    private DependencyRules(JsonNode containers) {
        containers.forEach(c -> this.containers.put(c.path("name").asText(), c));
    }

    /** The containers of a task definition, whose names are known to differ. */
    static void check(JsonNode containers) {
        DependencyRules rules = new DependencyRules(containers);
        rules.containers.values().forEach(rules::conditions);
        rules.containers.keySet().forEach(name -> rules.follow(name, new HashSet<>()));
    }

    private void conditions(JsonNode container) {
        for (JsonNode dependency : container.path("dependsOn")) {
            String name = dependency.path("containerName").asText();
            JsonNode other = containers.get(name);
            require(
                    other != null,
                    "Cannot depend on container + '" + name + "' because it does not exist");
            String condition = dependency.path("condition").asText("");
            require(
                    !condition.isEmpty(),
                    "Container.dependsOn.condition should not be null or empty.");
            require(
                    !condition.equals("HEALTHY") || other.hasNonNull("healthCheck"),
                    "A dependency container with HEALTHY condition must have health check"
                            + " configured");
            require(
                    !ENDS.contains(condition) || !other.path("essential").asBoolean(true),
                    "A dependency container with SUCCESS or COMPLETE condition cannot be an"
                            + " essential container");
        }
    }

    private void follow(String name, Set<String> path) {
        if (resolved.contains(name)) {
            return;
        }
        require(path.add(name), "Container dependencies should not have a cycle");
        containers
                .get(name)
                .path("dependsOn")
                .forEach(d -> follow(d.path("containerName").asText(), path));
        path.remove(name);
        resolved.add(name);
    }
}
