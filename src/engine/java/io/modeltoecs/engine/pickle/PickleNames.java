package io.modeltoecs.engine.pickle;

import io.modeltoecs.engine.pickle.PickleValues.Global;
import io.modeltoecs.engine.pickle.PickleValues.Made;
import io.modeltoecs.engine.pickle.PickleValues.Plain;
import io.modeltoecs.engine.pickle.PickleValues.Text;
import io.modeltoecs.engine.pickle.PickleValues.Tuple;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The names in the pickles of one file: strings that may be one and what was imported. Each is
 * there once and has a place, a small number, by which {@link PickleMemo} remembers it. However
 * many there are, memory is bounded: the strings that the allow-list has are always known, others
 * as long as there is room.
 */
final class PickleNames {
    /** The first place; those below are of what is {@link Plain}. */
    static final int FIRST = 16;

    private static final int SLOTS = 1 << 16;
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long MIX = 0x9e37_79b9_7f4a_7c15L;

    /** As many bits as fit a processor's nearest memory. */
    private static final int SEEN_BITS = 17;

    private static final int MOST_PROBES = 64;
    private static final int MOST_TEXTS = 4_000;
    private static final int MOST_CODES = 30_000;
    private static final int MOST_GLOBALS = 8192;

    private final AllowList allowed;
    private final Text[] texts = new Text[SLOTS];
    private final int[] hashes = new int[SLOTS];

    /** Bits of hashes: most strings are none of {@link #texts}, which this tells without a look. */
    private final long[] seen = new long[1 << SEEN_BITS - 6];

    private final Map<String, Global> globals = new HashMap<>();
    private final Object[] places = new Object[FIRST + MOST_CODES + 4096 + 3 * MOST_GLOBALS];
    private final Text special;
    private int placed = FIRST;
    private int others;
    private boolean haveWrapper;

    PickleNames(AllowList allowed) {
        this.allowed = allowed;
        for (Plain plain : Plain.values()) {
            places[plain.ordinal()] = plain;
        }
        places[Plain.TUPLE.ordinal()] = new Tuple();
        places[Plain.NO_NAME.ordinal()] = "";
        allowed.words().forEach(this::know);
        PickleRules.FIELDS.forEach(this::know);
        JoblibArray.ORDERS.forEach(this::know);
        PickleRules.CODECS.forEach(this::know);
        PickleRules.RESPONSE_METHODS.forEach(this::know);
        special = know("____");
    }

    private Text know(String word) {
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        int hash = hash(bytes, 0, bytes.length);
        int slot = slot(hash, bytes, 0, bytes.length);
        return hashes[slot] == 0 ? placed(slot, hash, bytes) : texts[slot];
    }

    private Text placed(int slot, int hash, byte[] bytes) {
        Text text = Text.of(bytes, placed);
        places[placed++] = text;
        texts[slot] = text;
        hashes[slot] = hash;
        seen[hash >>> 38 - SEEN_BITS] |= 1L << (hash >>> Integer.SIZE - SEEN_BITS);
        return text;
    }

    private static int hash(byte[] bytes, int from, int to) {
        long hash = to - from;
        int next = from;
        for (; to - next >= Long.BYTES; next += Long.BYTES) {
            hash = (hash ^ (long) LONGS.get(bytes, next)) * MIX;
            hash ^= hash >>> 32;
        }
        long rest = 0;
        for (; next < to; next++) {
            rest = rest << Byte.SIZE | bytes[next] & 0xff;
        }
        hash = (hash ^ rest) * MIX;
        return (int) (hash >>> 32) | 1; // never 0, which marks a free slot
    }

    /** Where the text is or could be; -1 if too many are in its way. */
    private int slot(int hash, byte[] bytes, int from, int to) {
        int first = hash >>> 16;
        for (int probe = 0; probe < MOST_PROBES; probe++) {
            int slot = first + probe & SLOTS - 1;
            if (hashes[slot] == 0 || hashes[slot] == hash && texts[slot].is(bytes, from, to)) {
                return slot;
            }
        }
        return -1;
    }

    /** The place of the string that these bytes are; 0 if it has none and is no name. */
    int place(byte[] bytes, int from, int length) {
        int to = from + length;
        int hash = hash(bytes, from, to);
        boolean room = others < MOST_TEXTS || others < MOST_CODES && isWanted(bytes, from, to);
        int slot = room || isSeen(hash) ? slot(hash, bytes, from, to) : -1;
        if (slot >= 0) {
            if (hashes[slot] == hash) {
                return texts[slot].place();
            }
            if (room) {
                others++;
                return placed(slot, hash, Arrays.copyOfRange(bytes, from, to)).place();
            }
        }
        return PickleRules.isSpecial(bytes, from, to) ? special.place() : 0;
    }

    private boolean isSeen(int hash) {
        return (seen[hash >>> 38 - SEEN_BITS] >>> (hash >>> Integer.SIZE - SEEN_BITS) & 1) != 0;
    }

    private boolean isWanted(byte[] bytes, int from, int to) {
        return JoblibArray.isCode(bytes, from, to) || allowed.isBelow(bytes, from, to);
    }

    /** Whether joblib's wrapper was imported. */
    boolean haveWrapper() {
        return haveWrapper;
    }

    Global imported(String module, String name) {
        Global known = globals.get(module + '\n' + name);
        if (known == null) {
            boolean room = globals.size() < MOST_GLOBALS;
            known = new Global(module, name, allowed.use(module, name), room ? placed : 0);
            haveWrapper |= known.role == PickleRules.Role.WRAPPER;
            if (room) {
                globals.put(module + '\n' + name, known);
                places[placed++] = known;
                places[placed++] = new Made(known, false, false);
                places[placed++] = new Made(known, true, false);
            }
        }
        return known;
    }

    /** What has the place. */
    Object at(int place) {
        return places[place];
    }

    /** Whether that place is a string's which doesn't matter as a key. */
    boolean isPlainText(int place) {
        return place == Plain.NO_NAME.ordinal()
                || place >= FIRST && places[place] instanceof Text text && text.isPlain();
    }
}
