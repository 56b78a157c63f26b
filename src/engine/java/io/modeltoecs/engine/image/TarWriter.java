package io.modeltoecs.engine.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes a tar archive that depends on nothing but names and contents: one time, root as the owner,
 * two modes. POSIX ustar, with extended headers (pax) for what ustar can't hold. A tar library
 * would put the user's name into the extended headers.
 */
final class TarWriter implements AutoCloseable {
    private static final int BLOCK = 512;
    private static final int NAME_LENGTH = 100;
    private static final int LINK_OFFSET = 157;
    private static final long LARGEST_OCTAL_SIZE = 077777777777L;

    // Not 0: tools that take 0 for "not set" see a time
    private static final long TIME = 1;

    private final OutputStream out;
    private final byte[] buffer = new byte[64 * 1024];

    TarWriter(OutputStream out) {
        this.out = out;
    }

    void directory(String path) throws IOException {
        header(path + "/", "", '5', 0755, 0);
    }

    void link(String path, String target) throws IOException {
        header(path, target, '2', 0777, 0);
    }

    /**
     * @throws IOException if the content doesn't have that many bytes: it changed meanwhile
     * @throws InterruptedIOException if the thread is interrupted: reading a file doesn't notice
     */
    void file(String path, boolean executable, long bytes, InputStream content) throws IOException {
        header(path, "", '0', executable ? 0755 : 0644, bytes);
        long copied = 0;
        for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException(path + " wasn't packed: interrupted");
            }
            out.write(buffer, 0, read);
            copied += read;
        }
        if (copied != bytes) {
            throw new IOException(path + " changed while it was read");
        }
        pad(bytes);
    }

    private void header(String path, String target, char type, int mode, long bytes)
            throws IOException {
        String extended = "";
        if (!fits(path)) {
            extended += record("path", path);
        }
        if (!fits(target)) {
            extended += record("linkpath", target);
        }
        if (bytes > LARGEST_OCTAL_SIZE) {
            extended += record("size", Long.toString(bytes));
        }
        if (!extended.isEmpty()) {
            byte[] records = extended.getBytes(StandardCharsets.UTF_8);
            block("pax", "", 'x', 0644, records.length);
            out.write(records);
            pad(records.length);
        }
        block(path, target, type, mode, bytes > LARGEST_OCTAL_SIZE ? 0 : bytes);
    }

    private static boolean fits(String name) {
        return name.length() <= NAME_LENGTH && name.chars().allMatch(c -> c < 128);
    }

    /** {@code "<length> <key>=<value>\n"}, whose length counts itself. */
    private static String record(String key, String value) {
        String rest = " " + key + "=" + value + "\n";
        int restLength = rest.getBytes(StandardCharsets.UTF_8).length;
        int length = restLength + 1;
        while (restLength + Integer.toString(length).length() != length) {
            length++;
        }
        return length + rest;
    }

    private void block(String path, String target, char type, int mode, long bytes)
            throws IOException {
        byte[] block = new byte[BLOCK];
        text(block, 0, path);
        octal(block, 100, 8, mode);
        octal(block, 108, 8, 0);
        octal(block, 116, 8, 0);
        octal(block, 124, 12, bytes);
        octal(block, 136, 12, TIME);
        Arrays.fill(block, 148, 156, (byte) ' ');
        block[156] = (byte) type;
        text(block, LINK_OFFSET, target);
        System.arraycopy(
                "ustar\0".concat("00").getBytes(StandardCharsets.US_ASCII), 0, block, 257, 8);
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xff;
        }
        octal(block, 148, 7, sum);
        out.write(block);
    }

    private static void text(byte[] block, int offset, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, block, offset, Math.min(bytes.length, NAME_LENGTH));
    }

    /** Digits, filled up with zeros, and a NUL. */
    private static void octal(byte[] block, int offset, int width, long value) {
        String digits = Long.toOctalString(value);
        String field = "0".repeat(width - 1 - digits.length()) + digits;
        System.arraycopy(field.getBytes(StandardCharsets.US_ASCII), 0, block, offset, width - 1);
        block[offset + width - 1] = 0;
    }

    private void pad(long bytes) throws IOException {
        out.write(new byte[(int) ((BLOCK - bytes % BLOCK) % BLOCK)]);
    }

    /** Ends the archive; the stream below stays open. */
    @Override
    public void close() throws IOException {
        out.write(new byte[2 * BLOCK]);
        out.flush();
    }
}
