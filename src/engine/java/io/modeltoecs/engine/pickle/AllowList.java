package io.modeltoecs.engine.pickle;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a pickle may import: the shipped list and entries beside it, {@code package.module.Class} or
 * {@code package.module.*}, which means all that is defined in that module and those below it.
 */
public final class AllowList {
    private static final String SHIPPED = "/model-to-ecs/pickle/allowed-imports.txt";

    /** What may be done with an import; each includes the ones before. */
    enum Use {
        /** It may be named, as a function that a model holds. */
        REFER,
        /** Objects of it may be made without calling it. */
        MAKE,
        /** It may be called with arguments. */
        CALL,
        /** The user trusts it: what else it may do isn't known. */
        TRUST
    }

    private final Map<String, Use> names = new HashMap<>();
    private final List<String> modules = new ArrayList<>();
    private final Set<String> words = new HashSet<>();

    AllowList(List<String> entries) {
        for (String entry : entries) {
            if (entry.endsWith(".*")) {
                modules.add(entry.substring(0, entry.length() - 2));
            } else {
                add(entry, Use.TRUST);
            }
        }
    }

    private void add(String name, Use use) {
        names.put(name, use);
        for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
            words.add(name.substring(0, dot));
            words.add(name.substring(dot + 1));
        }
    }

    /** The modules and names of what is allowed, and their parts. */
    Set<String> words() {
        return words;
    }

    /** Whether a text, in UTF-8, may be the name of a module all of which is allowed. */
    boolean isBelow(byte[] bytes, int from, int to) {
        if (modules.isEmpty()) {
            return false;
        }
        String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
        return modules.stream().anyMatch(text::startsWith);
    }

    /** The shipped list with entries beside it. */
    public static AllowList shippedAnd(List<String> extra) {
        AllowList list = new AllowList(List.of());
        try (InputStream in = AllowList.class.getResourceAsStream(SHIPPED);
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            lines.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(line -> line.split(" "))
                    .forEach(
                            words ->
                                    list.add(
                                            words[0],
                                            words.length == 1
                                                    ? Use.MAKE
                                                    : Use.valueOf(
                                                            words[1].toUpperCase(Locale.ROOT))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        AllowList more = new AllowList(extra);
        list.names.putAll(more.names);
        list.modules.addAll(more.modules);
        list.words.addAll(more.words);
        return list;
    }

    /** How an import may be used, or null if it isn't allowed; the name as in {@link #allows}. */
    Use use(String module, String name) {
        Use named = names.get(module + "." + name);
        if (named != null) {
            return named;
        }
        boolean within =
                name.indexOf('.') < 0
                        && modules.stream()
                                .anyMatch(
                                        allowed ->
                                                module.equals(allowed)
                                                        || module.startsWith(allowed + "."));
        return within ? Use.TRUST : null;
    }

    /**
     * Whether an import is allowed.
     *
     * @param name may have dots, which pickle follows from object to object; a pattern doesn't
     *     cover that, since the way may lead into other modules
     */
    boolean allows(String module, String name) {
        return use(module, name) != null;
    }
}
