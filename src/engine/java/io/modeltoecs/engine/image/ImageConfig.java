package io.modeltoecs.engine.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The configuration of a serving image: that of its base, with ours on top.
 * https://github.com/opencontainers/image-spec/blob/main/config.md
 */
final class ImageConfig {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ObjectNode root;
    private final ObjectNode config;
    private final Map<String, String> variables = new LinkedHashMap<>();
    private final Map<String, String> labels = new TreeMap<>();

    /**
     * @param base the base's configuration
     * @param created when the image counts as made, as RFC 3339 has it
     */
    ImageConfig(ObjectNode base, String created) {
        root = base.deepCopy();
        root.put("created", created);
        root.remove("container");
        root.remove("container_config");
        config = root.path("config") instanceof ObjectNode node ? node : root.putObject("config");
        config.path("Env").forEach(each -> set(each.asText()));
        config.path("Labels")
                .properties()
                .forEach(each -> labels.put(each.getKey(), each.getValue().asText()));
    }

    private void set(String assignment) {
        int equals = assignment.indexOf('=');
        variables.put(assignment.substring(0, equals), assignment.substring(equals + 1));
    }

    ImageConfig variable(String name, String value) {
        variables.put(name, value);
        return this;
    }

    ImageConfig label(String name, String value) {
        labels.put(name, value);
        return this;
    }

    /**
     * How the container is started, with nothing left of how the base is. By a command alone: a
     * task may run another one in the image, but can't do without an entry point.
     */
    ImageConfig start(String directory, String user, int port, String... command) {
        config.put("User", user);
        config.put("WorkingDir", directory);
        config.remove("Entrypoint");
        ArrayNode words = config.putArray("Cmd");
        for (String word : command) {
            words.add(word);
        }
        ObjectNode ports =
                config.path("ExposedPorts") instanceof ObjectNode node
                        ? node
                        : config.putObject("ExposedPorts");
        ports.putObject(port + "/tcp");
        return this;
    }

    /** Tells of one more layer. */
    ImageConfig layer(String what, String diffId) {
        ArrayNode diffIds = array(object(root, "rootfs"), "diff_ids");
        ArrayNode history = array(root, "history");
        // a base may have none, but buildah goes by it: an entry for each layer
        for (int told = layersOf(history); told < diffIds.size(); told++) {
            history.addObject().put("created_by", "base");
        }
        diffIds.add(diffId);
        ObjectNode entry = history.addObject();
        entry.put("created", root.path("created").asText());
        entry.put("created_by", "model-to-ecs: " + what);
        return this;
    }

    private static int layersOf(ArrayNode history) {
        int layers = 0;
        for (JsonNode entry : history) {
            layers += entry.path("empty_layer").asBoolean() ? 0 : 1;
        }
        return layers;
    }

    private static ObjectNode object(ObjectNode parent, String name) {
        return parent.path(name) instanceof ObjectNode node ? node : parent.putObject(name);
    }

    private static ArrayNode array(ObjectNode parent, String name) {
        JsonNode there = parent.path(name);
        return there instanceof ArrayNode node ? node : parent.putArray(name);
    }

    /** Dates all steps of the history after the base's: they were made when it was built. */
    ImageConfig dateHistory(int baseSteps) {
        int step = 0;
        for (JsonNode entry : root.path("history")) {
            if (step++ >= baseSteps) {
                ((ObjectNode) entry).put("created", root.path("created").asText());
            }
        }
        return this;
    }

    /** As JSON; the same for the same content. */
    String toJson() {
        ArrayNode environment = config.putArray("Env");
        variables.forEach((name, value) -> environment.add(name + "=" + value));
        ObjectNode all = config.putObject("Labels");
        labels.forEach(all::put);
        try {
            return JSON.writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
