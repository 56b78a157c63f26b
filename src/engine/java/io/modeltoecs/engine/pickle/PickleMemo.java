package io.modeltoecs.engine.pickle;

import io.modeltoecs.engine.pickle.PickleValues.Global;
import io.modeltoecs.engine.pickle.PickleValues.Instance;
import io.modeltoecs.engine.pickle.PickleValues.Made;
import io.modeltoecs.engine.pickle.PickleValues.Plain;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What a pickle remembers by number, as a place among {@link PickleNames}: two bytes for each of
 * the first, which are recalled again and again; of the others four bits, and two bytes more where
 * the place isn't that of {@link Plain}. Nothing here is an object of its own but dtypes and
 * imports beyond those places. Memory is bounded, whatever a pickle does.
 */
final class PickleMemo {
    private static final int MOST_BYTES = 64 << 20;
    private static final int MOST_OWN = 1 << 16;

    /** What one array of the JVM takes beside its elements. */
    private static final int HEADER = 16;

    private static final int PAGE_BITS = 7;
    private static final int WORD_BITS = 4;
    private static final int WORDS = 1 << PAGE_BITS - WORD_BITS;
    private static final long LOW_BITS = 0x1111_1111_1111_1111L;

    /** The four bits of what isn't Plain; those of what is are its place. */
    private static final int PLACED = 15;

    /** The place that tells that the value is in {@link #own}. */
    private static final int OWN = PickleNames.FIRST - 1;

    private final PickleNames names;
    private final Map<Integer, Object> own = new HashMap<>();

    /** The places of the first numbers, 0 where there is none. */
    private final short[] first = new short[1 << Byte.SIZE];

    /** The four bits of each other number, by pages. */
    private long[][] kinds = new long[16][];

    /** The places on a page, of those numbers that have one, in their order. */
    private short[][] places = new short[16][];

    private int size;
    private long bytes;

    PickleMemo(PickleNames names) {
        this.names = names;
    }

    /** How many there are: the number that MEMOIZE gives next. */
    int size() {
        return size;
    }

    /**
     * Remembers the topmost value of a stack.
     *
     * @param offset where this is: numbers far above it are none that a pickler gives
     */
    void put(long number, PickleStack stack, long offset) {
        if (number > offset + 0xff || number >>> PAGE_BITS >= Integer.MAX_VALUE >> PAGE_BITS) {
            throw tooLarge(offset);
        }
        int slot = (int) number;
        int place = stack.topPlace();
        if (place == Plain.METHODS.ordinal()) {
            place = Plain.LIST.ordinal(); // more may be added meanwhile
        }
        if (place < 0) {
            place = place(stack.top());
        }
        if (place == OWN) {
            if (own.size() >= MOST_OWN) {
                throw MalformedPickle.forbidden(offset, "it remembers too many imports and dtypes");
            }
            own.put(slot, stack.top());
        }
        if (slot < first.length) {
            if (first[slot] == 0) {
                size++;
            }
            first[slot] = (short) place;
            return;
        }
        int page = slot >>> PAGE_BITS;
        if (page >= kinds.length || kinds[page] == null) {
            addPage(page, offset);
        }
        long[] words = kinds[page];
        int word = slot >>> WORD_BITS & WORDS - 1;
        int shift = slot << 2; // Java takes it modulo 64
        int before = (int) (words[word] >>> shift) & PLACED;
        if (before == 0) {
            size++;
        }
        int kind = Math.min(place, PLACED);
        if (before == PLACED || kind == PLACED) {
            int rank = rank(words, word, shift);
            if (before == PLACED && kind != PLACED) {
                short[] old = places[page];
                System.arraycopy(old, rank + 1, old, rank, old.length - rank - 1);
            } else {
                setPlace(page, rank, before != PLACED, (short) place, offset);
            }
        }
        words[word] = words[word] & ~((long) PLACED << shift) | (long) kind << shift;
    }

    private void addPage(int page, long offset) {
        if (page >= kinds.length) {
            int pages = Math.max(page + 1, kinds.length * 2);
            take((pages - kinds.length) * 8L, offset);
            kinds = Arrays.copyOf(kinds, pages);
            places = Arrays.copyOf(places, pages);
        }
        take(HEADER + WORDS * Long.BYTES, offset);
        kinds[page] = new long[WORDS];
    }

    private void setPlace(int page, int rank, boolean more, short place, long offset) {
        short[] old = places[page];
        if (more) {
            int count = rank(kinds[page], WORDS, 0);
            if (old == null) {
                take(HEADER + 4 * Short.BYTES, offset);
                old = new short[4];
            } else if (count == old.length) {
                take((long) count * Short.BYTES, offset);
                old = Arrays.copyOf(old, count * 2);
            }
            System.arraycopy(old, rank, old, rank + 1, count - rank);
            places[page] = old;
        }
        old[rank] = place;
    }

    /** How many before that place on a page are {@link #PLACED}. */
    private static int rank(long[] words, int word, int shift) {
        int rank = 0;
        for (int i = 0; i < word; i++) {
            rank += Long.bitCount(placed(words[i]));
        }
        if (word < WORDS) {
            rank += Long.bitCount(placed(words[word]) & (1L << shift) - 1);
        }
        return rank;
    }

    /** A bit for each of the sixteen that is {@link #PLACED}. */
    private static long placed(long word) {
        long pairs = word & word >>> 1;
        return pairs & pairs >>> 2 & LOW_BITS;
    }

    private void take(long more, long offset) {
        bytes += more;
        if (bytes > MOST_BYTES) {
            throw tooLarge(offset);
        }
    }

    private static MalformedPickle tooLarge(long offset) {
        return MalformedPickle.forbidden(offset, "its memo is too large");
    }

    private static int place(Object value) {
        if (value instanceof Global global) {
            return global.place == 0 ? OWN : global.place;
        }
        if (PickleValues.wraps(value)) {
            return Plain.WRAPPER.ordinal();
        }
        if (value instanceof Instance) {
            return OWN;
        }
        if (PickleValues.dicts(value)) {
            return Plain.OPAQUE.ordinal();
        }
        if (value instanceof Made made && (made.text || !made.type.data)) {
            return made.type.place == 0 ? OWN : made.type.place + (made.text ? 2 : 1);
        }
        return value instanceof Long ? Plain.DATA.ordinal() : Plain.UNKNOWN.ordinal();
    }

    /** Pushes what was remembered, as far as it matters. */
    void recall(int slot, PickleStack stack, long offset) {
        int place = slot >= 0 && slot < first.length ? first[slot] & 0xffff : place(slot);
        if (place == 0) {
            throw MalformedPickle.forbidden(
                    offset, "it recalls something that it hasn't remembered");
        }
        if (place == OWN) {
            stack.push(own.get(slot));
        } else {
            stack.pushPlace(place);
        }
    }

    /** The place of a number that isn't one of the first; 0 if there is none. */
    private int place(int slot) {
        int page = slot >>> PAGE_BITS;
        long[] words = page < kinds.length ? kinds[page] : null;
        int word = slot >>> WORD_BITS & WORDS - 1;
        int shift = slot << 2;
        int kind = words == null ? 0 : (int) (words[word] >>> shift) & PLACED;
        return kind < PLACED ? kind : places[page][rank(words, word, shift)] & 0xffff;
    }
}
