package io.modeltoecs.engine.pickle;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The head of one array in a .npy file, as <a
 * href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib.format</a>
 * has it.
 *
 * @param objects whether its elements are objects: a pickle follows
 * @param bytes how long the raw array is that follows otherwise; -1 if the head doesn't show it
 */
record Npy(boolean objects, long bytes) {
    static final byte[] MAGIC = "\u0093NUMPY".getBytes(StandardCharsets.ISO_8859_1);
    private static final int MOST_HEAD = 1 << 20;
    private static final Pattern DESCR =
            Pattern.compile("'descr':\\s*'[<>|=]?([biufcSUVMm])(\\d{1,9})(?:\\[[^']*\\])?'");
    private static final Pattern SHAPE = Pattern.compile("'shape':\\s*\\(([\\d,\\sL]*)\\)");

    /** Reads the head, after its magic. */
    static Npy read(PickleInput in) throws IOException {
        int major = in.u1();
        in.u1();
        long length = major == 1 ? in.u2() : in.u4();
        if (length > MOST_HEAD) {
            throw new MalformedPickle(in.offset(), "the head of its array is too long");
        }
        String head = new String(in.bytes((int) length), StandardCharsets.UTF_8);
        Matcher descr = DESCR.matcher(head);
        Matcher shape = SHAPE.matcher(head);
        if (!descr.find() || !shape.find() || head.indexOf('\\') >= 0) {
            // a record, maybe with objects in it: without the letter there are none
            boolean objects = head.indexOf('O') >= 0 || head.indexOf('\\') >= 0;
            return new Npy(objects, objects ? 0 : -1);
        }
        long item = Long.parseLong(descr.group(2)) * (descr.group(1).equals("U") ? 4 : 1);
        BigInteger bytes = BigInteger.valueOf(item);
        for (String count : shape.group(1).replace("L", "").split(",")) {
            if (!count.isBlank()) {
                bytes = bytes.multiply(new BigInteger(count.strip()));
            }
        }
        if (bytes.bitLength() > 62) {
            throw new MalformedPickle(in.offset(), "its array is too large");
        }
        return new Npy(false, bytes.longValue());
    }
}
