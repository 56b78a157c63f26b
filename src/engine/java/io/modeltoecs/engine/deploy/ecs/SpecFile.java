package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A service that is to be made where there is none: <code>{"taskDefinition": {…}, "service": {…}}
 * </code>, each as the AWS CLI takes it ({@code register-task-definition --cli-input-json}, {@code
 * create-service --cli-input-json}).
 */
record SpecFile(TaskDefinition taskDefinition, ObjectNode service) {
    private static final Pattern NAME = Pattern.compile("(\\$?)\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");

    /**
     * @param file how the user names the file, for messages
     * @param content JSON in which <code>${NAME}</code> stands for a variable of the environment,
     *     and <code>$${NAME}</code> for itself
     * @throws StepException if a name isn't known, or it isn't such a file
     */
    static SpecFile parse(String file, String content, Map<String, String> environment) {
        JsonNode json;
        try {
            json = Json.MAPPER.readTree(fill(file, content, environment));
        } catch (JsonProcessingException e) {
            throw new StepException(
                    "spec '%s' isn't JSON: %s (line %d)"
                            .formatted(file, e.getOriginalMessage(), e.getLocation().getLineNr()));
        }
        for (String part : List.of("taskDefinition", "service")) {
            if (!json.path(part).isObject()) {
                throw new StepException(
                        ("spec '%s' has no '%s': it should be {\"taskDefinition\": {...},"
                                        + " \"service\": {...}}, each as the AWS CLI takes it")
                                .formatted(file, part));
            }
        }
        TaskDefinition taskDefinition = TaskDefinition.of((ObjectNode) json.path("taskDefinition"));
        if (taskDefinition.containers().isEmpty()) {
            throw new StepException(
                    "spec '%s': its taskDefinition has no containerDefinitions".formatted(file));
        }
        return new SpecFile(taskDefinition, (ObjectNode) json.path("service"));
    }

    private static String fill(String file, String content, Map<String, String> environment) {
        Matcher matcher = NAME.matcher(content);
        StringBuilder filled = new StringBuilder();
        while (matcher.find()) {
            String name = matcher.group(2);
            String value;
            if (!matcher.group(1).isEmpty()) {
                value = "${" + name + "}";
            } else if (environment.containsKey(name)) {
                value = inJson(environment.get(name));
            } else {
                throw new StepException(
                        "spec '%s' names ${%s}, which isn't in the environment"
                                .formatted(file, name));
            }
            matcher.appendReplacement(filled, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(filled).toString();
    }

    private static String inJson(String value) {
        String quoted =
                new String(
                        Json.bytes(Json.MAPPER.getNodeFactory().textNode(value)),
                        java.nio.charset.StandardCharsets.UTF_8);
        return quoted.substring(1, quoted.length() - 1);
    }
}
