package io.modeltoecs.runner.build;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.Nearest;
import io.modeltoecs.runner.step.Described;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The build's parameters: the values given on the command line, and what the Jenkinsfile declares.
 */
public final class Parameters {
    /** {@code input=...} and {@code input.<id>=...} answer {@code input} steps. */
    public static final String INPUT = "input";

    private final Map<String, String> given;
    private final Map<String, Map<?, ?>> declared = new LinkedHashMap<>();

    public Parameters(Map<String, String> given) {
        this.given = given;
    }

    /**
     * Declares the parameters, as {@code properties([parameters([...])])} does.
     *
     * @return what the user should know: values given for parameters that don't exist
     */
    public List<String> declare(Collection<?> definitions) {
        for (Object definition : definitions) {
            Map<?, ?> described = (Map<?, ?>) definition;
            declared.put(String.valueOf(described.get("name")), described);
        }
        values();
        List<String> warnings = new ArrayList<>();
        for (String name : given.keySet()) {
            if (!declared.containsKey(name)) {
                Nearest.to(name, declared.keySet())
                        .ifPresent(
                                near ->
                                        warnings.add(
                                                "WARNING: no build parameter '%s'; did you mean '%s'?"
                                                        .formatted(name, near)));
            }
        }
        return warnings;
    }

    /** The values as {@code params} shows them: what was given, then defaults. */
    public Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>(given);
        values.keySet().removeIf(name -> name.equals(INPUT) || name.startsWith(INPUT + "."));
        declared.forEach(
                (name, definition) -> values.put(name, value(definition, given.get(name))));
        return values;
    }

    /** The value of one parameter, of a build or of an {@code input}. */
    public static Object value(Map<?, ?> definition, String given) {
        String name = String.valueOf(definition.get("name"));
        String type = String.valueOf(definition.get(Described.CLASS));
        Object otherwise = definition.get("defaultValue");
        switch (type) {
            case "booleanParam", "BooleanParameterDefinition":
                String flag = given == null ? String.valueOf(otherwise) : given;
                if (given != null && !flag.equals("true") && !flag.equals("false")) {
                    throw new StepException(
                            "parameter '%s' is '%s', but should be true or false"
                                    .formatted(name, given));
                }
                return Boolean.parseBoolean(flag);
            case "choice", "ChoiceParameterDefinition":
                List<String> choices = choices(definition.get("choices"));
                if (given != null && !choices.contains(given)) {
                    throw new StepException(
                            "parameter '%s' is '%s', but should be one of %s"
                                    .formatted(name, given, String.join(", ", choices)));
                }
                return given == null ? choices.get(0) : given;
            default:
                return given != null ? given : otherwise == null ? "" : otherwise.toString();
        }
    }

    private static List<String> choices(Object choices) {
        if (choices instanceof Collection<?> list) {
            return list.stream().map(String::valueOf).toList();
        }
        return String.valueOf(choices).lines().toList();
    }

    /** A value as it was given on the command line, or null. */
    public String given(String name) {
        return given.get(name);
    }
}
