package io.modeltoecs.engine.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Interpreter and libraries that a model was made with.
 *
 * @param python full version, or null if it isn't known
 * @param libraries version by distribution, in the order of their names
 * @param modules distributions by the top-level modules that they bring
 */
record Environment(
        String python, LinkedHashMap<String, Object> libraries, Map<String, Object> modules) {

    /** Reads what environment.py printed; null is an environment of which nothing is known. */
    static Environment parse(String json) {
        if (json == null) {
            return new Environment(null, new LinkedHashMap<>(), Map.of());
        }
        LinkedHashMap<String, Object> found = Json.object(json, "the training's environment.json");
        return new Environment(
                found.get("python") instanceof String python ? python : null,
                Json.map(found.get("libraries")),
                Json.map(found.get("modules")));
    }

    /** The distributions that bring imports, sorted. */
    List<String> distributionsOf(List<String> imports) {
        TreeSet<String> distributions = new TreeSet<>();
        for (String name : imports) {
            if (modules.get(name.split("\\.", 2)[0]) instanceof List<?> names) {
                names.forEach(distribution -> distributions.add(distribution.toString()));
            }
        }
        return List.copyOf(distributions);
    }
}
