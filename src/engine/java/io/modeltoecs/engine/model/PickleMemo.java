package io.modeltoecs.engine.model;

import io.modeltoecs.engine.model.PickleValues.Global;
import io.modeltoecs.engine.model.PickleValues.Instance;
import io.modeltoecs.engine.model.PickleValues.Made;
import io.modeltoecs.engine.model.PickleValues.Plain;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What a pickle remembers by number. Takes one byte for each, two where there are many names: what
 * doesn't matter, or has a place among {@link PickleNames}, is no object here.
 */
final class PickleMemo {
    private static final int MOST = 1 << 27;
    private static final int MOST_OWN = 1 << 16;
    private static final int PAGE_BITS = 12;
    private static final int PAGE = 1 << PAGE_BITS;

    /** Tells that the value is in {@link #own}. */
    private static final int OWN = PickleNames.FIRST - 1;

    private final PickleNames names;
    private final Map<Integer, Object> own = new HashMap<>();
    private byte[][] low = new byte[16][];
    private byte[][] high = new byte[16][];
    private int size;

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
        if (number >= MOST || number > offset + 0xff) {
            throw MalformedPickle.forbidden(offset, "its memo is too large");
        }
        int slot = (int) number;
        int place = stack.topPlace();
        if (place < 0) {
            place = place(stack.top());
        }
        if (place == OWN) {
            if (own.size() >= MOST_OWN) {
                throw MalformedPickle.forbidden(offset, "it remembers too many imports and dtypes");
            }
            own.put(slot, stack.top());
        }
        int page = slot >>> PAGE_BITS;
        if (page >= low.length) {
            int pages = Math.max(page + 1, low.length * 2);
            low = Arrays.copyOf(low, pages);
            high = Arrays.copyOf(high, pages);
        }
        if (low[page] == null) {
            low[page] = new byte[PAGE];
        }
        int at = slot & PAGE - 1;
        if (low[page][at] == 0 && (high[page] == null || high[page][at] == 0)) {
            size++;
        }
        low[page][at] = (byte) place;
        if (place > 0xff && high[page] == null) {
            high[page] = new byte[PAGE];
        }
        if (high[page] != null) {
            high[page][at] = (byte) (place >>> 8);
        }
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
        int page = slot >>> PAGE_BITS;
        int place = 0;
        if (slot >= 0 && page < low.length && low[page] != null) {
            int at = slot & PAGE - 1;
            place = low[page][at] & 0xff | (high[page] == null ? 0 : (high[page][at] & 0xff) << 8);
        }
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
}
