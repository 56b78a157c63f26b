package io.modeltoecs.engine.pickle;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.pickle.PickleMachine.Reader;
import io.modeltoecs.engine.pickle.PickleValues.Global;
import io.modeltoecs.engine.progress.Amounts;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * Finds what loading a file would import, by reading each pickle in it, and refuses what isn't
 * allowed: the file itself, what it was compressed from, what is packed in it, arrays of objects in
 * .npy files. Nothing is executed. It is a first look, so that a bad artifact isn't published: what
 * protects whoever loads one is the loader, which enforces the same list.
 */
public final class PickleScan {
    private static final Set<String> SUFFIXES =
            Set.of(".pkl", ".pickle", ".joblib", ".p", ".pck", ".dill", ".sav");
    private static final Set<String> PACKED_SUFFIXES =
            Set.of(".gz", ".bz2", ".xz", ".lzma", ".z", ".lz4");
    private static final Pattern DOTTED = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_.]*");
    private static final Pattern NO_MODULE = Pattern.compile("[\\p{Cntrl}\\ufffd]");
    private static final byte[] ZIP = latin1("PK\u0003\u0004");
    private static final byte[] OLD_JOBLIB = latin1("ZF");
    private static final byte[] TAR = latin1("ustar");
    private static final int TAR_AT = 257;
    private static final int HEAD = 512;
    private static final int MOST_DEPTH = 4;
    private static final int MOST_ENTRIES = 100_000;
    private static final long EXPANDS_AT_LEAST = 4L << 30;
    private static final int MOST_EXPANSION = 200;
    private static final int MOST_TOLD = 20;

    private final AllowList allowed;

    public PickleScan(AllowList allowed) {
        this.allowed = allowed;
    }

    /** Opens the same bytes again, from the front. */
    public interface Source {
        InputStream open() throws IOException;
    }

    public Set<String> scan(String path, Path file) throws IOException {
        return scan(path, file, () -> Files.newInputStream(file));
    }

    /**
     * Scans all pickles in a file, if there are any.
     *
     * @param path the file as the user knows it
     * @param source the file's bytes
     * @return the imports, as {@code module.name}, sorted
     * @throws StepException if it imports what isn't allowed, or can't be read to its end
     */
    public Set<String> scan(String path, Path file, Source source) throws IOException {
        OneFile scan =
                new OneFile(path, Math.max(EXPANDS_AT_LEAST, Files.size(file) * MOST_EXPANSION));
        scan.stream(path, source, named(path), 0);
        ZipEnd end = ZipEnd.of(file);
        if (end.found()) {
            scan.zip(path, file, end, 0);
        }
        scan.findings.refuse(path);
        return scan.findings.names;
    }

    Set<String> scan(String path, Source source, boolean surelyPickle) throws IOException {
        OneFile scan = new OneFile(path, EXPANDS_AT_LEAST);
        scan.stream(path, source, surelyPickle, 0);
        scan.findings.refuse(path);
        return scan.findings.names;
    }

    /** One file of the artifact, with all that is in it. */
    private final class OneFile {
        private final Findings findings = new Findings();
        private final PickleNames pickleNames = new PickleNames(allowed);
        private final String file;
        private final long mostExpanded;
        private long expanded;

        OneFile(String file, long mostExpanded) {
            this.file = file;
            this.mostExpanded = mostExpanded;
        }

        /**
         * Scans a stream as all that it can be read as.
         *
         * @param path of the file, and within it
         * @param sure whether something is known to unpickle it
         */
        void stream(String path, Source source, boolean sure, int depth) throws IOException {
            byte[] head;
            try (InputStream in = source.open()) {
                head = in.readNBytes(HEAD);
            }
            Packing packing = Packing.of(head);
            boolean zip = Packing.startsWith(head, ZIP);
            boolean packed = packing != null || zip || isTar(head);
            if ((packed || Packing.startsWith(head, Npy.MAGIC)) && depth >= MOST_DEPTH) {
                throw new StepException(
                        "'%s' is packed more than %d times over".formatted(path, MOST_DEPTH));
            }
            if (Packing.startsWith(head, OLD_JOBLIB) && sure) {
                throw new StepException(
                        "'%s' is in joblib's format from before 0.10: save it again by a newer joblib"
                                .formatted(path));
            }
            if (Packing.startsWith(head, Npy.MAGIC)) {
                arrays(path, source, sure);
                return;
            }
            // pickle knows of no packing: what begins like one may be a pickle to it, but for a
            // zip,
            // which it reads as a persistent id and then whatever comes first in it
            if (!zip) {
                pickles(path, source, head, sure && !packed);
            }
            if (packing != null) {
                unpacked(path, packing, source, sure, depth);
            } else if (isTar(head)) {
                tar(path, source, depth);
            } else if (zip && depth > 0) {
                Path spooled = Files.createTempFile("scan", ".zip");
                try {
                    try (InputStream in = source.open()) {
                        Files.copy(in, spooled, StandardCopyOption.REPLACE_EXISTING);
                    }
                    zip(path, spooled, ZipEnd.of(spooled), depth);
                } finally {
                    Files.delete(spooled);
                }
            }
        }

        private void unpacked(String path, Packing packing, Source source, boolean sure, int depth)
                throws IOException {
            Source inner = () -> counted(packing.open(source.open()));
            try {
                stream(withoutPackedSuffix(path), inner, sure || named(path), depth + 1);
            } catch (IOException | RuntimeException e) {
                if (e instanceof StepException || isInterrupt(e)) {
                    throw e;
                }
                if (sure) {
                    throw damaged(path, packing.name().toLowerCase(Locale.ROOT), e.getMessage());
                }
                // it only begins like it
            }
        }

        private void tar(String path, Source source, int depth) throws IOException {
            List<String> names = new ArrayList<>();
            try (TarArchiveInputStream tar = new TarArchiveInputStream(source.open())) {
                for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
                    names.add(entry.isFile() ? entry.getName() : null);
                    requireFew(path, names.size());
                }
            } catch (IOException e) {
                if (isInterrupt(e)) {
                    throw e;
                }
                throw damaged(path, "tar", e.getMessage());
            }
            for (int i = 0; i < names.size(); i++) {
                if (names.get(i) != null) {
                    int index = i;
                    stream(
                            path + "/" + names.get(i),
                            () -> counted(tarEntry(source, index)),
                            named(names.get(i)),
                            depth + 1);
                }
            }
        }

        private InputStream tarEntry(Source source, int index) throws IOException {
            TarArchiveInputStream tar = new TarArchiveInputStream(source.open());
            for (int i = 0; i <= index; i++) {
                tar.getNextEntry();
            }
            return tar;
        }

        /** Reads it by its directory at the end, as Python does. */
        void zip(String path, Path spooled, ZipEnd end, int depth) throws IOException {
            if (end.directory() && !end.agrees()) {
                throw damaged(path, "zip", "its directory isn't where its end says");
            }
            try (ZipFile zip = ZipFile.builder().setPath(spooled).get()) {
                List<ZipArchiveEntry> entries = Collections.list(zip.getEntries());
                requireFew(path, entries.size());
                for (ZipArchiveEntry entry : entries) {
                    if (!entry.isDirectory()) {
                        stream(
                                path + "/" + entry.getName(),
                                () -> counted(zip.getInputStream(entry)),
                                named(entry.getName()),
                                depth + 1);
                    }
                }
            } catch (IOException | IllegalArgumentException e) {
                if (isInterrupt(e)) {
                    throw e;
                }
                byte[] head;
                try (InputStream in = Files.newInputStream(spooled)) {
                    head = in.readNBytes(ZIP.length);
                }
                if (end.directory() || Packing.startsWith(head, ZIP)) {
                    throw damaged(path, "zip", e.getMessage());
                }
                // the bytes of a zip's end within something else
            }
        }

        private void arrays(String path, Source source, boolean sure) throws IOException {
            try (InputStream in = source.open()) {
                PickleInput input = new PickleInput(in);
                while (!input.atEnd()) {
                    byte[] magic = input.bytes(Npy.MAGIC.length);
                    if (!java.util.Arrays.equals(magic, Npy.MAGIC)) {
                        throw new MalformedPickle(input.offset(), "no array begins here");
                    }
                    Npy array = Npy.read(input);
                    if (array.objects()) {
                        machine(input, findings, Reader.PICKLE).run();
                    } else if (array.bytes() < 0) {
                        return; // records of numbers: what follows can't be found
                    } else {
                        input.skip(array.bytes());
                    }
                }
            } catch (MalformedPickle e) {
                findings.refuse(file);
                throw new StepException(
                        "'%s' can't be scanned as arrays of numpy: %s, at byte %d"
                                .formatted(path, e.getMessage(), e.offset()));
            }
        }

        private void pickles(String path, Source source, byte[] head, boolean sure)
                throws IOException {
            Findings found = sure ? findings : new Findings();
            MalformedPickle malformed = null;
            boolean arrays = false;
            boolean padding = false;
            try (InputStream in = source.open()) {
                PickleInput pickle = new PickleInput(in);
                do { // what follows a pickle is read by whoever loads twice
                    PickleMachine machine = machine(pickle, found, Reader.JOBLIB);
                    try {
                        machine.run();
                        found.ended = true;
                    } finally {
                        arrays |= machine.sawArrays();
                        padding |= machine.sawPadding();
                    }
                } while (!pickle.atEnd());
            } catch (MalformedPickle e) {
                malformed = e;
            }
            // who doesn't know of raw arrays, or of padding, would go on with their bytes
            MalformedPickle otherwise = arrays ? asReadBy(Reader.PICKLE, source, found) : null;
            if (padding) {
                asReadBy(Reader.OLD_JOBLIB, source, found);
            }
            if (sure) {
                refuse(path, malformed);
                refuse(path, otherwise);
            } else if (found.isPickle(looksLikePickle(head))) {
                findings.add(found);
                if (malformed != null
                        && malformed.isForbidden()
                        && (found.imports() || looksLikePickle(head))) {
                    refuse(path, malformed);
                }
                refuse(path, otherwise);
            }
        }

        /** What another reader would do that it may not; null where it is fine, or fails. */
        private MalformedPickle asReadBy(Reader reader, Source source, Findings found)
                throws IOException {
            try (InputStream in = source.open()) {
                machine(new PickleInput(in), new Elsewhere(found), reader).run();
                return null;
            } catch (MalformedPickle e) {
                return e.isForbidden() ? e : null;
            }
        }

        private void refuse(String path, MalformedPickle malformed) {
            if (malformed != null) {
                findings.refuse(file);
                throw new StepException(
                        "'%s' can't be scanned as a pickle: %s, at byte %d"
                                .formatted(path, malformed.getMessage(), malformed.offset()));
            }
        }

        private PickleMachine machine(PickleInput in, PickleMachine.Imports found, Reader reader) {
            return new PickleMachine(in, found, pickleNames, reader);
        }

        private InputStream counted(InputStream in) {
            return new FilterInputStream(in) {
                @Override
                public int read() throws IOException {
                    return count(super.read(), 1);
                }

                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    int some = super.read(bytes, offset, length);
                    return count(some, some);
                }

                private int count(int result, int bytes) {
                    expanded += result < 0 ? 0 : bytes;
                    if (expanded > mostExpanded) {
                        throw new StepException(
                                "'%s' expands to more than %s: it isn't scanned further"
                                        .formatted(file, Amounts.bytes(mostExpanded)));
                    }
                    return result;
                }
            };
        }

        private void requireFew(String path, int entries) {
            if (entries > MOST_ENTRIES) {
                throw new StepException(
                        "'%s' holds more than %d files".formatted(path, MOST_ENTRIES));
            }
        }

        private StepException damaged(String path, String kind, String why) {
            findings.refuse(file);
            return new StepException(
                    "'%s' can't be scanned: as %s it is damaged (%s)"
                            .formatted(path, kind, printable(String.valueOf(why))));
        }
    }

    private static final class Findings implements PickleMachine.Imports {
        private final Set<Global> seen = new HashSet<>();
        private final Set<String> names = new TreeSet<>();
        private final Set<String> refused = new TreeSet<>();
        private final List<String> told = new ArrayList<>();
        private boolean ended;
        private boolean called;
        private boolean words;

        @Override
        public void found(Global global, long offset) {
            if (!seen.add(global)) {
                return;
            }
            words |=
                    !DOTTED.matcher(global.module).matches()
                            || !DOTTED.matcher(global.name).matches();
            if (global.use != null) {
                names.add(global.full);
            } else if (told.size() < MOST_TOLD && refused.add(global.full)) {
                told.add(printable(global.full) + " (byte " + offset + ")");
            }
        }

        @Override
        public void called() {
            called = true;
        }

        /** Whether what was read as a pickle is one; text can begin as if it imported something. */
        boolean isPickle(boolean looksLikeOne) {
            return looksLikeOne || !words && (ended || called);
        }

        boolean imports() {
            return !seen.isEmpty();
        }

        void add(Findings more) {
            names.addAll(more.names);
            refused.addAll(more.refused);
            told.addAll(more.told);
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

    /** What a reader imports that takes an honest file's raw arrays for a part of the pickle. */
    private static final class Elsewhere implements PickleMachine.Imports {
        private final Findings found;

        Elsewhere(Findings found) {
            this.found = found;
        }

        @Override
        public void found(Global global, long offset) {
            if (global.module.isEmpty() || NO_MODULE.matcher(global.module).find()) {
                throw new MalformedPickle(offset, "no module has such a name");
            }
            // an array of objects is a pickle with a memo of its own: where it names numpy by a
            // number, this reader has something else, which has no dtype
            if (!global.name.equals("dtype")) {
                found.found(global, offset);
            }
        }

        @Override
        public void called() {
            found.called();
        }
    }

    private static boolean isInterrupt(Throwable e) {
        return e instanceof java.nio.channels.ClosedByInterruptException;
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String printable(String name) {
        return name.replaceAll("[^ -~]", "?");
    }

    private static boolean looksLikePickle(byte[] head) {
        return head.length >= 2 && head[0] == (byte) 0x80 && head[1] >= 0 && head[1] <= 5;
    }

    private static boolean isTar(byte[] head) {
        return head.length >= TAR_AT + TAR.length
                && java.util.Arrays.equals(head, TAR_AT, TAR_AT + TAR.length, TAR, 0, TAR.length);
    }

    private static boolean named(String path) {
        return SUFFIXES.contains(suffix(withoutPackedSuffix(path)));
    }

    private static String withoutPackedSuffix(String path) {
        String suffix = suffix(path);
        return PACKED_SUFFIXES.contains(suffix)
                ? path.substring(0, path.length() - suffix.length())
                : path;
    }

    private static String suffix(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot).toLowerCase(Locale.ROOT);
    }
}
