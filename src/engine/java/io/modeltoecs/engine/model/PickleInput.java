package io.modeltoecs.engine.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The bytes of a pickle, read once from front to back, with the offset at which one is. */
final class PickleInput {
    private static final int MOST_LINE = 1 << 10;

    private final InputStream in;
    private final byte[] buffer = new byte[1 << 16];
    private int next;
    private int filled;
    private long before;

    PickleInput(InputStream in) {
        this.in = in;
    }

    /** Offset of the next byte. */
    long offset() {
        return before + next;
    }

    boolean atEnd() throws IOException {
        return next == filled && !fill();
    }

    private boolean fill() throws IOException {
        before += filled;
        next = 0;
        filled = Math.max(0, in.read(buffer, 0, buffer.length));
        return filled > 0;
    }

    int u1() throws IOException {
        if (atEnd()) {
            throw new MalformedPickle(offset(), "it ends in the middle");
        }
        return buffer[next++] & 0xff;
    }

    int u2() throws IOException {
        return u1() | u1() << 8;
    }

    int i4() throws IOException {
        return u2() | u2() << 16;
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
        while (left > 0) {
            if (atEnd()) {
                throw new MalformedPickle(offset(), "it ends in the middle");
            }
            int some = (int) Math.min(left, filled - next);
            next += some;
            left -= some;
        }
    }

    byte[] bytes(int length) throws IOException {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; ) {
            if (atEnd()) {
                throw new MalformedPickle(offset(), "it ends in the middle");
            }
            int some = Math.min(length - i, filled - next);
            System.arraycopy(buffer, next, bytes, i, some);
            next += some;
            i += some;
        }
        return bytes;
    }

    /** A line without its end, or null if it is too long to matter. */
    String line() throws IOException {
        byte[] line = new byte[64];
        long length = 0;
        for (int b = u1(); b != '\n'; b = u1()) {
            if (length < MOST_LINE) {
                if (length == line.length) {
                    line = Arrays.copyOf(line, line.length * 2);
                }
                line[(int) length] = (byte) b;
            }
            length++;
        }
        return length > MOST_LINE
                ? null
                : new String(line, 0, (int) length, StandardCharsets.UTF_8);
    }
}
