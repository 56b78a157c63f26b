package io.modeltoecs.engine.model;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a pickle may import: the shipped list and entries beside it, {@code package.module.Class} or
 * {@code package.module.*}, which means all that is defined in that module and those below it.
 */
final class AllowList {
    private static final String SHIPPED = "/model-to-ecs/pickle/allowed-imports.txt";

    private final Set<String> names = new HashSet<>();
    private final List<String> modules = new ArrayList<>();
    private final Set<String> words = new HashSet<>();

    AllowList(List<String> entries) {
        for (String entry : entries) {
            if (entry.endsWith(".*")) {
                modules.add(entry.substring(0, entry.length() - 2));
            } else {
                names.add(entry);
                for (int dot = entry.indexOf('.'); dot >= 0; dot = entry.indexOf('.', dot + 1)) {
                    words.add(entry.substring(0, dot));
                    words.add(entry.substring(dot + 1));
                }
            }
        }
    }

    /** Whether a text is the module or the name of something that is allowed. */
    boolean names(String text) {
        return words.contains(text)
                || !modules.isEmpty() && modules.stream().anyMatch(text::startsWith);
    }

    /** The shipped list with entries beside it. */
    static AllowList shippedAnd(List<String> extra) {
        List<String> entries = new ArrayList<>(extra);
        try (InputStream in = AllowList.class.getResourceAsStream(SHIPPED);
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            lines.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(entries::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new AllowList(entries);
    }

    /**
     * Whether an import is allowed.
     *
     * @param name may have dots, which pickle follows from object to object; a pattern doesn't
     *     cover that, since the way may lead into other modules
     */
    boolean allows(String module, String name) {
        return names.contains(module + "." + name)
                || name.indexOf('.') < 0
                        && modules.stream()
                                .anyMatch(
                                        allowed ->
                                                module.equals(allowed)
                                                        || module.startsWith(allowed + "."));
    }
}
