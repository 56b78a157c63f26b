package io.modeltoecs.engine.pickle;

import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An array as joblib writes it: its wrapper in the pickle, then its bytes, raw. <a
 * href="https://github.com/joblib/joblib/blob/1.5.2/joblib/numpy_pickle.py">numpy_pickle.py</a>
 *
 * @param objects whether its elements are objects, which follow as another pickle
 * @param bytes how long the raw array is
 */
record JoblibArray(boolean objects, long bytes) {
    static final String WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper";
    static final String DTYPE = "numpy.dtype";

    private static final Pattern CODE = Pattern.compile("([biufcSUVMmO])(\\d{0,9})");
    // the places in numpy's dtype.__setstate__
    static final int SUBARRAY = 2;
    static final int FIELDS = 4;
    static final int ITEM_SIZE = 5;

    /** The byte orders that a dtype's state may begin with. */
    static final Set<String> ORDERS = Set.of("<", ">", "=", "|");

    static final int FLAGS = 7;

    // numpy's flags
    static final long POINTERS = 7;
    static final long OF_OBJECT = 63;

    /** Bytes of an element by a dtype's code; -1 where that doesn't tell, or it is of objects. */
    static long plainSize(String code) {
        Matcher matcher = CODE.matcher(code);
        if (!matcher.matches() || matcher.group(2).isEmpty() || code.charAt(0) == 'O') {
            return -1;
        }
        return Long.parseLong(matcher.group(2)) * (code.charAt(0) == 'U' ? 4 : 1);
    }

    /** Whether a text is a dtype's code. */
    static boolean isCode(byte[] bytes, int from, int to) {
        for (int i = from + 1; i < to; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return false;
            }
        }
        return to > from && to - from < 11 && "biufcSUVMmO".indexOf(bytes[from]) >= 0;
    }

    /**
     * @param code the dtype's first argument, as {@code f8}
     * @param state the dtype's state, or empty
     * @param offset for the message
     */
    static JoblibArray of(String code, List<?> state, List<?> shape, long offset) {
        Matcher matcher = CODE.matcher(code);
        if (!matcher.matches()) {
            throw MalformedPickle.forbidden(offset, "a joblib array has the dtype '" + code + "'");
        }
        char kind = matcher.group(1).charAt(0);
        if (kind == 'O') {
            return new JoblibArray(true, 0);
        }
        if (matcher.group(2).isEmpty()) {
            throw MalformedPickle.forbidden(offset, "a joblib array has the dtype '" + code + "'");
        }
        long item = Long.parseLong(matcher.group(2)) * (kind == 'U' ? 4 : 1);
        if (kind == 'S' || kind == 'U' || kind == 'V') {
            if (state.size() <= FLAGS
                    || state.get(SUBARRAY) != null
                    || !Long.valueOf(item).equals(state.get(ITEM_SIZE))) {
                throw MalformedPickle.forbidden(
                        offset, "the dtype '" + code + "' of a joblib array can't be followed");
            }
        }
        try {
            long bytes = item;
            for (Object length : shape) {
                if (!(length instanceof Long count) || count < 0) {
                    throw MalformedPickle.forbidden(
                            offset, "the shape of a joblib array is hidden");
                }
                bytes = Math.multiplyExact(bytes, count);
            }
            return new JoblibArray(false, bytes);
        } catch (ArithmeticException e) {
            throw MalformedPickle.forbidden(offset, "a joblib array is too large");
        }
    }
}
