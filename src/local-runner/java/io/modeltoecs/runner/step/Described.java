package io.modeltoecs.runner.step;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Makes the value of a call like {@code string(name: 'C')}, which describes a thing for a step and
 * isn't a step itself: a map with the call's arguments, and its name under {@code $class}, as
 * Jenkins' older syntax {@code [$class: '...']} has it.
 */
public final class Described {
    /** The key of the name. */
    public static final String CLASS = "$class";

    /** The key of an argument without a name. */
    public static final String SOLE = "value";

    private Described() {}

    /** The thing that a symbol with arguments describes. */
    public static Map<String, Object> of(String symbol, Object[] arguments) {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put(CLASS, symbol);
        if (arguments.length == 1 && arguments[0] instanceof Map<?, ?> named) {
            named.forEach((name, value) -> described.put(name.toString(), value));
        } else if (arguments.length == 1) {
            described.put(SOLE, arguments[0]);
        }
        return described;
    }
}
