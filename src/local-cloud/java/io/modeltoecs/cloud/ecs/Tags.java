package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tags as ECS writes them: a list of {key, value}. */
final class Tags {
    private static final int MOST = 50;

    private Tags() {}

    /**
     * Tags by key.
     *
     * @throws AwsError where there are more than a resource may have
     */
    static Map<String, String> map(JsonNode list) {
        if (list.size() > MOST) {
            throw AwsError.invalidParameter(
                    "tags can have at most " + MOST + " items, but has " + list.size());
        }
        Map<String, String> tags = new LinkedHashMap<>();
        list.forEach(t -> tags.put(t.path("key").asText(), t.path("value").asText()));
        return tags;
    }

    static ObjectNode node(Map<String, String> tags) {
        ObjectNode node = Json.object();
        tags.forEach(node::put);
        return node;
    }

    static ArrayNode list(ObjectNode tags) {
        ArrayNode list = Json.array();
        tags.properties()
                .forEach(
                        t ->
                                list.addObject()
                                        .put("key", t.getKey())
                                        .put("value", t.getValue().asText()));
        return list;
    }

    static ArrayNode list(Map<String, String> tags) {
        return list(node(tags));
    }
}
