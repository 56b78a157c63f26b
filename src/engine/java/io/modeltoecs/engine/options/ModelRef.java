package io.modeltoecs.engine.options;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model in the store, named by alias or by version: {@code name@alias} or {@code name@version}.
 *
 * @param name the model's name
 * @param selector an alias, or a version
 */
public record ModelRef(String name, String selector) {
    /** A model's name. */
    public static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

    /** A version: when it was made, and the first digits of what it holds. */
    public static final Pattern VERSION = Pattern.compile("\\d{8}T\\d{6}Z-[0-9a-f]{8}");

    private static final Pattern REF = Pattern.compile("([^@]+)@([^@]+)");

    static ModelRef parse(Arguments arguments, String parameter, String text) {
        if (text == null) {
            return null;
        }
        Matcher matcher = REF.matcher(text);
        if (matcher.matches()
                && NAME.matcher(matcher.group(1)).matches()
                && NAME.matcher(matcher.group(2).toLowerCase(Locale.ROOT)).matches()) {
            return new ModelRef(matcher.group(1), matcher.group(2));
        }
        throw arguments.bad(parameter, text, "'name@alias' or 'name@version', as 'iris@latest'");
    }

    /** Whether the selector is a version, not an alias. */
    public boolean isVersion() {
        return VERSION.matcher(selector).matches();
    }

    @Override
    public String toString() {
        return name + "@" + selector;
    }
}
