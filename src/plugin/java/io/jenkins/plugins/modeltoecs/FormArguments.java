package io.jenkins.plugins.modeltoecs;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.sf.json.JSONArray;
import net.sf.json.JSONObject;
import org.jenkinsci.plugins.workflow.steps.Step;
import org.kohsuke.stapler.DataBoundSetter;

/**
 * Reads a step's arguments from a submitted form, by the types of its setters. A field left empty
 * isn't an argument; a text area has an item per line; rows of name and value are a map, and so is
 * a group of fields, which may hold such rows.
 */
final class FormArguments {
    private final List<String> parameters;
    private final Map<String, Class<?>> types = new HashMap<>();

    FormArguments(List<String> parameters, Class<? extends Step> step) {
        this.parameters = parameters;
        for (Method method : step.getMethods()) {
            if (method.isAnnotationPresent(DataBoundSetter.class)) {
                String name = method.getName().substring("set".length());
                types.put(
                        Character.toLowerCase(name.charAt(0)) + name.substring(1),
                        method.getParameterTypes()[0]);
            }
        }
    }

    Map<String, Object> read(JSONObject form) {
        Map<String, Object> arguments = new LinkedHashMap<>();
        for (String parameter : parameters) {
            Object value = value(types.get(parameter), form.opt(parameter));
            if (value != null) {
                arguments.put(parameter, value);
            }
        }
        return arguments;
    }

    private static Object value(Class<?> type, Object field) {
        if (field instanceof JSONObject || field instanceof JSONArray) {
            List<JSONObject> rows = rows(field);
            return type == List.class ? maps(rows) : map(rows);
        }
        String text = field == null ? "" : field.toString().strip();
        if (text.isEmpty()) {
            return null;
        }
        if (type == Boolean.class) {
            return Boolean.valueOf(text);
        }
        return type == String.class ? text : lines(text);
    }

    /** One line is a text, several are a list; structs turns a text into the setter's number. */
    private static Object lines(String text) {
        List<String> lines = text.lines().map(String::strip).filter(l -> !l.isEmpty()).toList();
        return lines.size() == 1 ? lines.get(0) : lines;
    }

    /** A form has an object for a single row and an array for several. */
    private static List<JSONObject> rows(Object field) {
        List<JSONObject> rows = new ArrayList<>();
        if (field instanceof JSONArray array) {
            for (Object row : array) {
                rows.add((JSONObject) row);
            }
        } else {
            rows.add((JSONObject) field);
        }
        return rows;
    }

    private static Object map(List<JSONObject> rows) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (JSONObject row : rows) {
            if (!row.has("name")) {
                map.putAll(fields(row));
            } else if (!row.optString("name").isBlank()) {
                map.put(row.optString("name").strip(), row.optString("value"));
            }
        }
        return map.isEmpty() ? null : map;
    }

    private static Object maps(List<JSONObject> rows) {
        List<Map<String, Object>> maps = new ArrayList<>();
        for (JSONObject row : rows) {
            Map<String, Object> map = fields(row);
            if (!map.isEmpty()) {
                maps.add(map);
            }
        }
        return maps.isEmpty() ? null : maps;
    }

    private static Map<String, Object> fields(JSONObject group) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (Object key : group.keySet()) {
            String name = key.toString();
            Object value = value(Object.class, group.get(name));
            if (value != null) {
                fields.put(name, value);
            }
        }
        return fields;
    }
}
