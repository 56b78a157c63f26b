package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What one task definition has that another hasn't, line by line. Values of environment variables
 * that aren't this program's own are left out: there may be secrets among them.
 */
final class Diff {
    private static final Set<String> SHOWN =
            Set.of(
                    "MODEL",
                    "MODEL_SHA256",
                    "MODEL_BUCKET",
                    "MODEL_PREFIX",
                    "MODEL_REGION",
                    "MODEL_ALLOW",
                    "AWS_REGION",
                    "PORT");

    private Diff() {}

    /** Lines such as <code>~ web.image: a -> b</code>, <code>+ …</code> and <code>- …</code>. */
    static List<String> between(TaskDefinition before, TaskDefinition after) {
        Map<String, String> old = flat(before.json());
        Map<String, String> now = flat(after.json());
        Map<String, String> lines = new TreeMap<>();
        now.forEach(
                (path, value) -> {
                    if (!old.containsKey(path)) {
                        lines.put(path, "+ " + path + shown(path, ": " + value));
                    } else if (!old.get(path).equals(value)) {
                        String change = ": " + old.get(path) + " -> " + value;
                        lines.put(path, "~ " + path + shown(path, change));
                    }
                });
        old.forEach(
                (path, value) -> {
                    if (!now.containsKey(path)) {
                        lines.put(path, "- " + path + shown(path, ": " + value));
                    }
                });
        return new ArrayList<>(lines.values());
    }

    private static String shown(String path, String values) {
        int environment = path.indexOf(".environment.");
        return environment < 0
                        || SHOWN.contains(path.substring(environment + ".environment.".length()))
                ? values
                : "";
    }

    private static Map<String, String> flat(JsonNode node) {
        Map<String, String> flat = new LinkedHashMap<>();
        flatten("", node, flat);
        return flat;
    }

    private static void flatten(String path, JsonNode node, Map<String, String> into) {
        if (node.isObject()) {
            node.properties()
                    .forEach(
                            field ->
                                    flatten(
                                            path.isEmpty() || path.equals("containerDefinitions")
                                                    ? field.getKey()
                                                    : path + "." + field.getKey(),
                                            field.getValue(),
                                            into));
        } else if (node.isArray() && named(node)) {
            for (JsonNode item : node) {
                String name = item.path("name").asText();
                // a container's name says enough: web.image
                flattenNamed(
                        path.equals("containerDefinitions") ? name : path + "." + name, item, into);
            }
        } else {
            into.put(path, node.isTextual() ? node.asText() : node.toString());
        }
    }

    private static void flattenNamed(String path, JsonNode item, Map<String, String> into) {
        if (item.size() == 2 && (item.has("value") || item.has("valueFrom"))) {
            into.put(path, item.path(item.has("value") ? "value" : "valueFrom").asText());
            return;
        }
        item.properties()
                .forEach(
                        field -> {
                            if (!field.getKey().equals("name")) {
                                flatten(path + "." + field.getKey(), field.getValue(), into);
                            }
                        });
    }

    private static boolean named(JsonNode array) {
        for (JsonNode item : array) {
            if (!item.path("name").isTextual()) {
                return false;
            }
        }
        return true;
    }
}
