package io.modeltoecs.engine.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.modeltoecs.engine.StepException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON to and from the few types that a step may return and a build may keep: LinkedHashMap,
 * ArrayList, String, Integer, Long, Double, Boolean, null.
 */
final class Json {
    private static final ObjectMapper MAPPER =
            new ObjectMapper()
                    .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .enable(SerializationFeature.INDENT_OUTPUT);

    private Json() {}

    /**
     * Parses an object.
     *
     * @param what what the text is, for the message
     * @throws StepException if it isn't a JSON object, with line and column
     */
    @SuppressWarnings("unchecked") // simple() makes this type from an object
    static LinkedHashMap<String, Object> object(String text, String what) {
        Object value;
        try {
            value = MAPPER.readValue(text, Object.class);
        } catch (JsonProcessingException e) {
            String where =
                    e.getLocation() == null
                            ? ""
                            : " (line %d, column %d)"
                                    .formatted(
                                            e.getLocation().getLineNr(),
                                            e.getLocation().getColumnNr());
            throw new StepException(
                    what + " is not JSON: " + problem(e.getOriginalMessage()) + where, e);
        }
        if (!(value instanceof Map)) {
            throw new StepException(what + " should be a JSON object, as {\"accuracy\": 0.97}");
        }
        LinkedHashMap<String, Object> simple = (LinkedHashMap<String, Object>) simple(value);
        requireFinite(simple, what);
        return simple;
    }

    /** Refuses 1e400, say, which would become infinite: greater than any limit. */
    private static void requireFinite(Object value, String what) {
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, item) -> requireFinite(item, what + ": '" + key + "'"));
        } else if (value instanceof List<?> items) {
            items.forEach(item -> requireFinite(item, what));
        } else if (value instanceof Double number && !Double.isFinite(number)) {
            throw new StepException(
                    what + " is a number that is too large: 1.8e308 at most, either way from 0");
        }
    }

    /** The value with nothing in it but the simple types; what isn't one becomes its text. */
    static Object simple(Object value) {
        if (value instanceof Map<?, ?> map) {
            LinkedHashMap<String, Object> simple = new LinkedHashMap<>();
            map.forEach((key, item) -> simple.put(String.valueOf(key), simple(item)));
            return simple;
        }
        if (value instanceof Iterable<?> items) {
            List<Object> simple = new ArrayList<>();
            items.forEach(item -> simple.add(simple(item)));
            return simple;
        }
        if (value == null
                || value instanceof String
                || value instanceof Boolean
                || value instanceof Integer
                || value instanceof Long
                || value instanceof Double) {
            return value;
        }
        return value instanceof Number number ? (Object) number.doubleValue() : value.toString();
    }

    /** An object in JSON that was parsed here; empty if the value isn't one. */
    @SuppressWarnings("unchecked") // simple() makes this type from an object
    static LinkedHashMap<String, Object> map(Object value) {
        return value instanceof LinkedHashMap<?, ?> map
                ? (LinkedHashMap<String, Object>) map
                : new LinkedHashMap<>();
    }

    /** Text for people and programs, the same for the same value. */
    static String pretty(Object value) {
        return write(value, true) + "\n";
    }

    /** Text in one line. */
    static String compact(Object value) {
        return write(value, false);
    }

    static byte[] bytes(Object value) {
        return pretty(value).getBytes(StandardCharsets.UTF_8);
    }

    private static String write(Object value, boolean indent) {
        try {
            return indent
                    ? MAPPER.writeValueAsString(value)
                    : MAPPER.writer()
                            .without(SerializationFeature.INDENT_OUTPUT)
                            .writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What is wrong, without Jackson's advice to programmers: NaN, say, which Python writes. */
    private static String problem(String text) {
        return text.lines().findFirst().orElse(text).replaceFirst(": enable `.*", "");
    }
}
