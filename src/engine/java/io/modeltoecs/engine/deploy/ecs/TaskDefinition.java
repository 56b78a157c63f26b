package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A task definition as RegisterTaskDefinition takes it, with all its fields, known here or not. */
final class TaskDefinition {
    // What DescribeTaskDefinition adds and RegisterTaskDefinition doesn't take
    private static final Set<String> ANSWER_ONLY =
            Set.of(
                    "taskDefinitionArn",
                    "revision",
                    "status",
                    "requiresAttributes",
                    "compatibilities",
                    "registeredAt",
                    "registeredBy",
                    "deregisteredAt",
                    "deleteRequestedAt");

    private final ObjectNode json;

    private TaskDefinition(ObjectNode json) {
        this.json = json;
    }

    /** One that is written as RegisterTaskDefinition takes it. */
    static TaskDefinition of(ObjectNode register) {
        return new TaskDefinition(register.deepCopy());
    }

    /** The registered one that DescribeTaskDefinition with its tags has answered. */
    static TaskDefinition registered(JsonNode answer) {
        ObjectNode json = answer.path("taskDefinition").deepCopy();
        json.remove(ANSWER_ONLY);
        ArrayNode tags = Json.MAPPER.createArrayNode();
        for (JsonNode tag : answer.path("tags")) {
            // AWS's own tags can't be written
            if (!tag.path("key").asText().startsWith("aws:")) {
                tags.add(tag);
            }
        }
        if (!tags.isEmpty()) {
            json.set("tags", tags);
        }
        return new TaskDefinition(json);
    }

    TaskDefinition copy() {
        return new TaskDefinition(json.deepCopy());
    }

    ObjectNode json() {
        return json;
    }

    String family() {
        return json.path("family").asText();
    }

    boolean isForFargate() {
        return json.path("requiresCompatibilities").toString().contains("\"FARGATE\"");
    }

    /** A text at the top, or null. */
    String text(String field) {
        return json.path(field).asText(null);
    }

    void text(String field, String value) {
        json.put(field, value);
    }

    List<String> containers() {
        List<String> names = new ArrayList<>();
        json.path("containerDefinitions").forEach(it -> names.add(it.path("name").asText()));
        return names;
    }

    /**
     * @throws StepException naming those that there are, if there is no such container
     */
    Container container(String name) {
        for (JsonNode container : json.path("containerDefinitions")) {
            if (container.path("name").asText().equals(name)) {
                return new Container((ObjectNode) container);
            }
        }
        throw new StepException(
                "no container '%s' in the task definition '%s': it has %s"
                        .formatted(name, family(), String.join(", ", containers())));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TaskDefinition that && json.equals(that.json);
    }

    @Override
    public int hashCode() {
        return json.hashCode();
    }

    /** One of its containers. */
    static final class Container {
        private final ObjectNode json;

        private Container(ObjectNode json) {
            this.json = json;
        }

        String name() {
            return json.path("name").asText();
        }

        /** The image, or null in a spec file that leaves it to the step. */
        String image() {
            return json.path("image").asText(null);
        }

        void image(String reference) {
            json.put("image", reference);
        }

        /** The value of an environment variable, or null. */
        String env(String name) {
            JsonNode entry = entry("environment", name);
            return entry == null ? null : entry.path("value").asText();
        }

        /** Sets a variable; a secret of that name goes, for ECS takes a name only once. */
        void env(String name, String value) {
            remove("secrets", name);
            set("environment", name, "value", value);
        }

        void removeEnv(String name) {
            remove("environment", name);
        }

        boolean hasSecret(String name) {
            return entry("secrets", name) != null;
        }

        void secret(String name, String valueFrom) {
            remove("environment", name);
            set("secrets", name, "valueFrom", valueFrom);
        }

        List<Integer> ports() {
            List<Integer> ports = new ArrayList<>();
            json.path("portMappings").forEach(it -> ports.add(it.path("containerPort").asInt()));
            return ports;
        }

        /** The container's own check, or null. */
        JsonNode healthCheck() {
            return json.get("healthCheck");
        }

        void healthCheck(ObjectNode check) {
            json.set("healthCheck", check);
        }

        /** An option of the log driver {@code awslogs}, or null. */
        String awslogs(String option) {
            JsonNode log = json.path("logConfiguration");
            return log.path("logDriver").asText().equals("awslogs")
                    ? log.path("options").path(option).asText(null)
                    : null;
        }

        private JsonNode entry(String list, String name) {
            for (JsonNode entry : json.path(list)) {
                if (entry.path("name").asText().equals(name)) {
                    return entry;
                }
            }
            return null;
        }

        private void set(String list, String name, String field, String value) {
            JsonNode entry = entry(list, name);
            if (entry == null) {
                json.withArray(list).addObject().put("name", name).put(field, value);
            } else {
                ((ObjectNode) entry).put(field, value);
            }
        }

        private void remove(String list, String name) {
            if (json.get(list) instanceof ArrayNode entries) {
                for (int i = entries.size() - 1; i >= 0; i--) {
                    if (entries.path(i).path("name").asText().equals(name)) {
                        entries.remove(i);
                    }
                }
            }
        }
    }
}
