package io.jenkins.plugins.modeltoecs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Copies values into the types that a Pipeline may keep and a sandbox may touch: LinkedHashMap,
 * ArrayList, String, Long, Integer, Double and Boolean.
 */
final class PlainValues {
    private PlainValues() {}

    static LinkedHashMap<String, Object> of(Map<?, ?> map) {
        LinkedHashMap<String, Object> copy = new LinkedHashMap<>();
        map.forEach((key, value) -> copy.put(key.toString(), of(value)));
        return copy;
    }

    private static Object of(Object value) {
        if (value == null
                || value instanceof String
                || value instanceof Boolean
                || value instanceof Integer
                || value instanceof Long
                || value instanceof Double) {
            return value;
        }
        if (value instanceof Map<?, ?> map) {
            return of(map);
        }
        if (value instanceof Iterable<?> items) {
            List<Object> copy = new ArrayList<>();
            items.forEach(item -> copy.add(of(item)));
            return copy;
        }
        // Groovy's literals with a point are BigDecimal
        return value instanceof Number number ? (Object) number.doubleValue() : value.toString();
    }
}
