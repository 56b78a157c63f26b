package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds what loading a pickle would import, by reading it, and refuses what isn't allowed. Nothing
 * is executed. It is a first look, so that a bad artifact isn't published: what protects whoever
 * loads one is the loader, which enforces the same list.
 */
final class PickleScan {
    private static final Set<String> SUFFIXES =
            Set.of(".pkl", ".pickle", ".joblib", ".p", ".pck", ".dill", ".sav");
    private static final int MOST_TOLD = 20;

    private final AllowList allowed;

    PickleScan(AllowList allowed) {
        this.allowed = allowed;
    }

    /** Opens the same bytes again, from the front. */
    interface Source {
        InputStream open() throws IOException;
    }

    /**
     * Scans a file, if it is a pickle.
     *
     * @param path the file as the user knows it
     * @return the imports, as {@code module.name}, sorted
     * @throws StepException if it imports what isn't allowed, or can't be read to its end
     */
    Set<String> scan(String path, Path file) throws IOException {
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(6);
        }
        boolean named = SUFFIXES.contains(suffix(path));
        if (!named && !looksLikePickle(head)) {
            return Set.of();
        }
        String compression = compression(head);
        if (compression != null) {
            throw new StepException(
                    "'%s' is compressed (%s) and can't be scanned: save it uncompressed, as by joblib.dump(model, '%s')"
                            .formatted(path, compression, path));
        }
        return scan(path, () -> Files.newInputStream(file), named);
    }

    Set<String> scan(String path, Source source, boolean surelyPickle) throws IOException {
        Findings findings = new Findings();
        MalformedPickle malformed = null;
        boolean arrays = false;
        try (InputStream in = source.open()) {
            PickleInput pickle = new PickleInput(in);
            do { // what follows a pickle is read by whoever loads twice
                PickleMachine machine = machine(pickle, findings, true);
                try {
                    machine.run();
                } finally {
                    arrays |= machine.sawArrays();
                }
            } while (!pickle.atEnd());
        } catch (MalformedPickle e) {
            malformed = e;
        }
        if (arrays) {
            // plain pickle doesn't know of raw arrays: it would go on with their bytes
            try (InputStream in = source.open()) {
                machine(new PickleInput(in), findings, false).run();
            } catch (MalformedPickle e) {
                // so would it fail; what it had imported by then is known
            }
        }
        findings.refuse(path);
        if (malformed != null && surelyPickle) {
            throw new StepException(
                    "'%s' can't be scanned as a pickle: %s, at byte %d"
                            .formatted(path, malformed.getMessage(), malformed.offset()));
        }
        return findings.names;
    }

    private PickleMachine machine(PickleInput in, Findings findings, boolean joblib) {
        return new PickleMachine(in, findings, allowed::names, joblib);
    }

    private final class Findings implements PickleMachine.Imports {
        private final Set<String> names = new TreeSet<>();
        private final Set<String> refused = new TreeSet<>();
        private final List<String> told = new ArrayList<>();

        @Override
        public void found(String module, String name, long offset) {
            String full = module + "." + name;
            if (allowed.allows(module, name)) {
                names.add(full);
            } else if (told.size() < MOST_TOLD && refused.add(full)) {
                told.add(printable(full) + " (byte " + offset + ")");
            }
        }

        void refuse(String path) {
            if (!told.isEmpty()) {
                throw new StepException(
                        "'%s' is refused: loading it would import %s, which isn't on the allow-list. If you trust it, add it: scan: [allow: ['%s']]"
                                .formatted(
                                        path,
                                        String.join(", ", told),
                                        String.join(
                                                "', '",
                                                refused.stream()
                                                        .map(PickleScan::printable)
                                                        .toList())));
            }
        }
    }

    private static String printable(String name) {
        return name.replaceAll("[^ -~]", "?");
    }

    private static boolean looksLikePickle(byte[] head) {
        return head.length >= 2 && head[0] == (byte) 0x80 && head[1] >= 2 && head[1] <= 5;
    }

    private static String compression(byte[] head) {
        for (Map.Entry<String, String> magic : MAGICS.entrySet()) {
            if (hex(head).startsWith(magic.getKey())) {
                return magic.getValue();
            }
        }
        return null;
    }

    // as joblib tells them apart
    private static final Map<String, String> MAGICS =
            Map.of(
                    "78",
                    "zlib",
                    "1f8b",
                    "gzip",
                    "425a",
                    "bz2",
                    "5d00",
                    "lzma",
                    "fd377a",
                    "xz",
                    "04224d18",
                    "lz4",
                    "28b52ffd",
                    "zstd",
                    "504b0304",
                    "zip");

    private static String hex(byte[] bytes) {
        return java.util.HexFormat.of().formatHex(bytes);
    }

    private static String suffix(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot).toLowerCase(Locale.ROOT);
    }
}
