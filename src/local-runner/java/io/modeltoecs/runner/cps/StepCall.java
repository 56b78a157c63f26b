package io.modeltoecs.runner.cps;

import groovy.lang.Closure;
import groovy.lang.GString;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.Arguments;
import io.modeltoecs.runner.step.Step;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A call of a step as the Jenkinsfile wrote it: what a strand is suspended with.
 *
 * @param step the step's name
 * @param body the closure after the arguments, or null
 */
record StepCall(String step, LinkedHashMap<String, Object> arguments, Closure<?> body)
        implements Serializable {

    /** Reads Groovy's arguments as Jenkins does: names, or one value for the first parameter. */
    static StepCall of(Step step, Object[] given) {
        List<Object> values = new ArrayList<>(Arrays.asList(given));
        Closure<?> body = null;
        if (!values.isEmpty() && values.get(values.size() - 1) instanceof Closure<?> closure) {
            body = closure;
            values.remove(values.size() - 1);
        }
        LinkedHashMap<String, Object> arguments = new LinkedHashMap<>();
        if (values.size() == 1 && values.get(0) instanceof Map<?, ?> named) {
            named.forEach((name, value) -> arguments.put(name.toString(), plain(value)));
        } else if (values.size() == 1 && !step.parameters().isEmpty()) {
            arguments.put(step.parameters().get(0), plain(values.get(0)));
        } else if (!values.isEmpty()) {
            throw new StepException(
                    step.name() + ": takes named arguments, as " + step.name() + "(name: value)");
        }
        if (!step.open()) {
            Arguments.refuseUnknown(step.name(), arguments, step.parameters());
        }
        if (body == null && step.block() != null && !step.open()) {
            throw new StepException(step.name() + ": must be called with a body");
        }
        if (body != null && step.leaf() != null) {
            throw new StepException(step.name() + ": takes no body");
        }
        return new StepCall(step.name(), arguments, body);
    }

    /** Replaces interpolated strings by plain ones, in lists and maps too. */
    private static Object plain(Object value) {
        if (value instanceof GString) {
            return value.toString();
        }
        if (value instanceof List<?> list) {
            List<Object> plain = new ArrayList<>();
            list.forEach(item -> plain.add(plain(item)));
            return plain;
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> plain = new LinkedHashMap<>();
            map.forEach((key, item) -> plain.put(plain(key), plain(item)));
            return plain;
        }
        return value;
    }
}
