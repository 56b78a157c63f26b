package io.modeltoecs.engine.pickle;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;

/**
 * What the first opcodes of a pickle show of the model in it, without making anything: pickle names
 * the class of the outermost object first, and an estimator of scikit-learn has {@code
 * feature_names_in_} and {@code n_features_in_} before anything that it learned. A pipeline has
 * those of its first step. Nothing depends on it: what isn't understood ends the reading. What may
 * be loaded is {@link PickleScan}'s to say.
 *
 * @param type the class, as {@code module.Name}
 * @param inputs how many features it takes, or null
 * @param features their names in their order, or null
 */
public record PickledModel(String type, Integer inputs, ArrayList<String> features)
        implements Serializable {
    private static final int HEAD = 16;

    /**
     * Reads as much of a file as it takes, at most 1 MiB of what is packed in it.
     *
     * @return null if it is no pickle of an object
     */
    public static PickledModel of(Path file) throws IOException {
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(HEAD);
        }
        Packing packing = Packing.of(head);
        try (InputStream in = Files.newInputStream(file)) {
            return read(packing == null ? in : packing.open(in));
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            return null; // it only begins like something packed
        }
    }

    private static PickledModel read(InputStream in) throws IOException {
        Reader reader = new Reader(new PickleInput(in));
        try {
            while (reader.step()) {
                // on
            }
        } catch (MalformedPickle | IllegalArgumentException e) {
            // what was found by then is known
        }
        return reader.type == null
                ? null
                : new PickledModel(reader.type, reader.inputs, reader.features);
    }

    /** Follows texts and imports through a pickle; all else is passed over. */
    private static final class Reader {
        private static final int MOST_READ = 1 << 20;
        private static final int MOST_TEXT = 1 << 10;
        private static final int MOST_FEATURES = 10_000;
        private static final String COUNT = "n_features_in_";
        private static final String NAMES = "feature_names_in_";

        private final PickleInput in;

        /** Texts by their place in the memo; of a pickle within another one, which joblib makes. */
        private final ArrayDeque<Map<Integer, String>> memos = new ArrayDeque<>();

        private String type;
        private Integer inputs;
        private ArrayList<String> features;

        private String imported;
        private boolean reconstructs;
        private String before;
        private String last;
        private String top;
        private String key;
        private ArrayList<String> list;

        Reader(PickleInput in) {
            this.in = in;
            memos.push(new HashMap<>());
        }

        /** Reads an opcode; whether there may be more to find. */
        boolean step() throws IOException {
            int opcode = in.u1();
            switch (opcode) {
                case 0x80 -> {
                    in.skip(1);
                    memos.push(new HashMap<>());
                }
                case 0x95 -> in.skip(8);
                case '.' -> memos.pop();

                case 'S' -> text(line().replaceAll("^['\"]|['\"]$", ""));
                case 'V' -> escaped(line());
                case 'T', 'X' -> text(in.u4());
                case 'U', 0x8c -> text(in.u1());
                case 0x8d -> text(in.u8());
                case 'g' -> text(memos.element().get(Integer.parseInt(line())));
                case 'h' -> text(memos.element().get(in.u1()));
                case 'j' -> text(memos.element().get(in.i4()));
                case 'p' -> memoize(Integer.parseInt(line()));
                case 'q' -> memoize(in.u1());
                case 'r' -> memoize(in.i4());
                case 0x94 -> memoize(memos.element().size());

                case 'I' -> number(Long.parseLong(line()));
                case 'J' -> number(in.i4());
                case 'K' -> number(in.u1());
                case 'M' -> number(in.u2());

                case 'c' -> {
                    String module = line();
                    imported(module, line());
                }
                case 0x93 -> imported(before, last);
                case 0x81, 0x92 -> made(true);
                case 'R' -> made(reconstructs);
                default -> other(opcode);
            }
            return inputs == null && !memos.isEmpty() && in.offset() < MOST_READ;
        }

        /** What isn't of interest by itself. */
        private void other(int opcode) throws IOException {
            switch (opcode) {
                case ']', 'l' -> list = NAMES.equals(key) ? new ArrayList<>() : null;
                case 'b' -> {
                    if (list != null && !list.isEmpty()) {
                        features = list.size() < MOST_FEATURES ? list : null;
                        list = null;
                        key = null;
                    }
                }
                case 'F', 'L' -> line();
                case 'G' -> in.skip(8);
                case 'B', 0x8b -> in.skip(in.u4());
                case 'C', 0x8a -> in.skip(in.u1());
                case 0x8e, 0x96 -> in.skip(in.u8());
                case '(', ')', '0', '1', '2', '}', 'N', 'a', 'd', 'e', 'o', 's', 't', 'u' -> {}
                case 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x91, 0x97, 0x98 -> {}
                default -> throw new IllegalArgumentException("no opcode of a model");
            }
            pushed(null);
        }

        private String line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int b = in.u1(); b != '\n'; b = in.u1()) {
                line.write(b);
                if (line.size() > MOST_TEXT) {
                    throw new IllegalArgumentException("a line is too long");
                }
            }
            return line.toString(StandardCharsets.UTF_8);
        }

        private void text(long length) throws IOException {
            if (length > MOST_TEXT) {
                in.skip(length);
                pushed(null);
            } else {
                text(new String(in.bytes((int) length), StandardCharsets.UTF_8));
            }
        }

        /** A text of protocol 0: one with letters that it escapes is no name to show. */
        private void escaped(String line) {
            if (line.indexOf('\\') >= 0 || line.indexOf('\uFFFD') >= 0) {
                list = null;
                pushed(null);
            } else {
                text(line);
            }
        }

        private void text(String text) {
            if (text == null) {
                pushed(null);
                return;
            }
            before = last;
            last = text;
            top = text;
            if (text.equals(COUNT) || text.equals(NAMES)) {
                key = text;
                list = null;
            } else if (list != null && list.size() < MOST_FEATURES) {
                list.add(text);
            }
        }

        private void memoize(int index) {
            memos.element().put(index, top);
        }

        private void number(long value) {
            if (COUNT.equals(key)) {
                inputs = (int) value;
            }
            pushed(null);
        }

        private void imported(String module, String name) {
            String full = module + "." + name;
            if (imported == null && full.matches("copy_?reg\\._reconstructor")) {
                reconstructs = true;
            } else if (imported == null) {
                imported = full;
            }
            top = null;
        }

        /**
         * Something was made of what was imported first: the outermost object, or a part of one.
         */
        private void made(boolean ofItsClass) {
            if (type == null) {
                if (!ofItsClass) {
                    throw new IllegalArgumentException("its class isn't told");
                }
                type = imported;
            }
            pushed(null);
        }

        private void pushed(String text) {
            top = text;
            if (COUNT.equals(key)) {
                key = null; // its value is no plain number
            }
            if (imported == null && !reconstructs) {
                throw new IllegalArgumentException("it is no object");
            }
        }
    }
}
