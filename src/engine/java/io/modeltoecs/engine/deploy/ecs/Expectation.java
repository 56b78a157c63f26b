package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.modeltoecs.engine.StepException;
import java.util.Map;
import java.util.Optional;

/**
 * What an answer has to contain. An object may have more fields than are expected, a list has just
 * the expected elements, a number may be off by the tolerance, and a text that is a marker stands
 * for any value of its kind: {@code '#number'}, {@code '#string'}, {@code '#boolean'}, {@code
 * '#array'}, {@code '#object'}, {@code '#notnull'}; {@code '#[] #number'} for a list of such.
 */
final class Expectation {
    private static final String EACH = "#[] ";

    private final JsonNode expected;
    private final double tolerance;

    private Expectation(JsonNode expected, double tolerance) {
        this.expected = expected;
        this.tolerance = tolerance;
    }

    /**
     * @param expect JSON text, or a map, list, number or truth value
     * @throws StepException if a text isn't JSON
     */
    static Expectation of(Object expect, double tolerance) {
        return new Expectation(json("expect", expect), tolerance);
    }

    /**
     * A parameter's value as JSON.
     *
     * @throws StepException if it is a text that isn't JSON
     */
    static JsonNode json(String parameter, Object value) {
        if (!(value instanceof CharSequence text)) {
            return node(value);
        }
        try {
            return Json.MAPPER.readTree(text.toString());
        } catch (JsonProcessingException e) {
            throw new StepException(
                    "verify: '%s' isn't JSON: %s".formatted(parameter, e.getOriginalMessage()));
        }
    }

    private static JsonNode node(Object value) {
        if (value instanceof Map<?, ?> map) {
            var object = Json.object();
            map.forEach((key, item) -> object.set(key.toString(), node(item)));
            return object;
        }
        if (value instanceof Iterable<?> items) {
            var array = Json.MAPPER.createArrayNode();
            items.forEach(item -> array.add(node(item)));
            return array;
        }
        if (value == null || value instanceof Number || value instanceof Boolean) {
            return Json.MAPPER.valueToTree(value);
        }
        // a text, of whatever class: Groovy has its own
        return JsonNodeFactory.instance.textNode(value.toString());
    }

    /** Where the answer isn't as expected, and how; empty if it is. */
    Optional<String> mismatch(JsonNode actual) {
        return mismatch("", expected, actual);
    }

    private Optional<String> mismatch(String path, JsonNode expected, JsonNode actual) {
        if (expected.isObject()) {
            if (!actual.isObject()) {
                return differ(path, "an object", actual);
            }
            return expected.properties().stream()
                    .flatMap(
                            it ->
                                    mismatch(
                                            path + "." + it.getKey(),
                                            it.getValue(),
                                            actual.path(it.getKey()))
                                            .stream())
                    .findFirst();
        }
        if (expected.isArray()) {
            if (!actual.isArray() || actual.size() != expected.size()) {
                return differ(path, "a list of " + expected.size(), actual);
            }
            for (int i = 0; i < expected.size(); i++) {
                Optional<String> found =
                        mismatch(path + "[" + i + "]", expected.path(i), actual.path(i));
                if (found.isPresent()) {
                    return found;
                }
            }
            return Optional.empty();
        }
        if (expected.isTextual() && expected.asText().startsWith("#")) {
            return marker(path, expected.asText(), actual);
        }
        boolean same =
                expected.isNumber() && actual.isNumber()
                        ? Math.abs(expected.asDouble() - actual.asDouble())
                                <= tolerance * Math.max(1, Math.abs(expected.asDouble()))
                        : expected.equals(actual);
        return same ? Optional.empty() : differ(path, expected.toString(), actual);
    }

    private Optional<String> marker(String path, String marker, JsonNode actual) {
        if (marker.startsWith(EACH)) {
            if (!actual.isArray()) {
                return differ(path, "a list", actual);
            }
            String each = marker.substring(EACH.length());
            for (int i = 0; i < actual.size(); i++) {
                Optional<String> found = marker(path + "[" + i + "]", each, actual.path(i));
                if (found.isPresent()) {
                    return found;
                }
            }
            return Optional.empty();
        }
        boolean right =
                switch (marker) {
                    case "#number" -> actual.isNumber();
                    case "#string" -> actual.isTextual();
                    case "#boolean" -> actual.isBoolean();
                    case "#array" -> actual.isArray();
                    case "#object" -> actual.isObject();
                    case "#notnull" -> !actual.isNull() && !actual.isMissingNode();
                    default -> actual.isTextual() && actual.asText().equals(marker);
                };
        return right ? Optional.empty() : differ(path, marker, actual);
    }

    private static Optional<String> differ(String path, String expected, JsonNode actual) {
        String found = actual.isMissingNode() ? "missing" : Verification.brief(actual.toString());
        return Optional.of(
                "%s is %s, but should be %s"
                        .formatted(
                                path.isEmpty() ? "the answer" : path.replaceFirst("^\\.", ""),
                                found,
                                expected));
    }
}
