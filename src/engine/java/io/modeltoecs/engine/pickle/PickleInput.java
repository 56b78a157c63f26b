package io.modeltoecs.engine.pickle;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The bytes of a pickle, read once from front to back, with the offset at which one is. */
final class PickleInput {
    private static final int WINDOW = 1 << 17;
    private static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int MOST_LINE = 1 << 10;
    private static final int LENGTH_BITS = 11;

    private final InputStream in;
    private final byte[] window = new byte[WINDOW];
    private int next;
    private int filled;
    private int taken;
    private long before;

    PickleInput(InputStream in) {
        this.in = in;
    }

    /** Offset of the next byte. */
    long offset() {
        return before + next;
    }

    boolean atEnd() throws IOException {
        return next == filled && !more();
    }

    /** Reads on, keeping what lies in the window from the next byte on. */
    private boolean more() throws IOException {
        before += next;
        filled -= next;
        System.arraycopy(window, next, window, 0, filled);
        next = 0;
        int some = Math.max(0, in.read(window, filled, WINDOW - filled));
        filled += some;
        return some > 0;
    }

    private MalformedPickle ended() {
        return new MalformedPickle(offset(), "it ends in the middle");
    }

    int u1() throws IOException {
        if (next == filled && !more()) {
            throw ended();
        }
        return window[next++] & 0xff;
    }

    int u2() throws IOException {
        return u1() | u1() << 8;
    }

    int i4() throws IOException {
        if (filled - next < Integer.BYTES) {
            return u2() | u2() << 16;
        }
        next += Integer.BYTES;
        return (int) INTS.get(window, next - Integer.BYTES);
    }

    /** A length of four bytes, without a sign. */
    long u4() throws IOException {
        return i4() & 0xffff_ffffL;
    }

    /** A length of eight bytes. */
    long u8() throws IOException {
        long value = u4() | u4() << 32;
        if (value < 0) {
            throw new MalformedPickle(offset(), "a length is too large");
        }
        return value;
    }

    void skip(long bytes) throws IOException {
        long left = bytes;
        while (left > filled - next) {
            left -= filled - next;
            next = filled;
            if (!more()) {
                throw ended();
            }
        }
        next += (int) left;
    }

    byte[] bytes(int length) throws IOException {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; ) {
            if (atEnd()) {
                throw ended();
            }
            int some = Math.min(length - i, filled - next);
            System.arraycopy(window, next, bytes, i, some);
            next += some;
            i += some;
        }
        return bytes;
    }

    /**
     * Takes bytes without copying them: they lie in {@link #window} from {@link #taken} on until
     * more is read.
     *
     * @param length less than the window's
     */
    void take(int length) throws IOException {
        while (filled - next < length) {
            if (!more()) {
                throw ended();
            }
        }
        taken = next;
        next += length;
    }

    /**
     * Takes a line as {@link #take} does. One that ends with the file is without its last byte, as
     * pickle has it.
     *
     * @return its length without its end, or -1 if it is too long to matter
     */
    int takeLine() throws IOException {
        int length = 0;
        while (true) {
            for (int i = next + length; i < filled; i++) {
                if (window[i] == '\n') {
                    length = i - next;
                    taken = next;
                    next = i + 1;
                    return length > MOST_LINE ? -1 : length;
                }
            }
            length = filled - next;
            if (length > MOST_LINE) {
                skipLine();
                return -1;
            }
            if (!more()) {
                if (length == 0) {
                    throw ended();
                }
                taken = next;
                next = filled;
                return length - 1;
            }
        }
    }

    /** Passes a line by, however long it is. */
    void skipLine() throws IOException {
        while (u1() != '\n') {
            // on
        }
    }

    byte[] window() {
        return window;
    }

    int taken() {
        return taken;
    }

    /** Where that is which was taken last, to ask for its {@link #text} later. */
    long where(int length) {
        return before + taken << LENGTH_BITS | length;
    }

    /** The string that lies there; an empty one if it is no longer in the window. */
    String text(long where) {
        long from = (where >>> LENGTH_BITS) - before;
        int length = (int) where & (1 << LENGTH_BITS) - 1;
        return from < 0 ? "" : new String(window, (int) from, length, StandardCharsets.UTF_8);
    }
}
