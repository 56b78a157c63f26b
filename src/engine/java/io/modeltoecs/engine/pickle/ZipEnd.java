package io.modeltoecs.engine.pickle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The end of a zip, read as Python's zipfile does, whatever the file begins with: it counts its
 * directory's place back from the end record, where others believe the place that is written there.
 * <a href="https://github.com/python/cpython/blob/3.13/Lib/zipfile/__init__.py">zipfile</a>
 *
 * @param found whether there is an end record
 * @param directory whether Python would find a directory
 * @param agrees whether it is where others look for it, but for what stands before the zip
 */
record ZipEnd(boolean found, boolean directory, boolean agrees) {
    private static final int END = 0x06054b50;
    private static final int ENTRY = 0x02014b50;
    private static final int LOCATOR_64 = 0x07064b50;
    private static final int END_64 = 0x06064b50;
    private static final int END_BYTES = 22;
    private static final int LOCATOR_64_BYTES = 20;
    private static final int END_64_BYTES = 56;
    private static final int LONGEST_COMMENT = 0xffff;
    private static final long UNSIGNED = 0xffff_ffffL;

    static ZipEnd of(Path file) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            int most = END_64_BYTES + LOCATOR_64_BYTES + END_BYTES + LONGEST_COMMENT;
            long from = Math.max(0, channel.size() - most);
            ByteBuffer tail = read(channel, from, (int) (channel.size() - from));
            for (int at = tail.limit() - END_BYTES; at >= 0; at--) {
                if (tail.getInt(at) == END) {
                    return of(channel, tail, from, at);
                }
            }
            return new ZipEnd(false, false, false);
        }
    }

    private static ZipEnd of(SeekableByteChannel channel, ByteBuffer tail, long from, int at)
            throws IOException {
        long end = from + at;
        long size = tail.getInt(at + 12) & UNSIGNED;
        long offset = tail.getInt(at + 16) & UNSIGNED;
        boolean agrees = true;
        int locator = at - LOCATOR_64_BYTES;
        if (locator >= 0 && tail.getInt(locator) == LOCATOR_64) {
            int at64 = locator - END_64_BYTES;
            agrees = at64 >= 0 && tail.getLong(locator + 8) == from + at64;
            if (at64 >= 0 && tail.getInt(at64) == END_64) {
                end = from + at64;
                size = tail.getLong(at64 + 40);
                offset = tail.getLong(at64 + 48);
            }
        }
        long place = end - size;
        boolean directory =
                size >= Integer.BYTES
                        && place >= 0
                        && read(channel, place, Integer.BYTES).getInt(0) == ENTRY;
        return new ZipEnd(true, directory, agrees && offset >= 0 && offset <= place);
    }

    private static ByteBuffer read(SeekableByteChannel channel, long from, int length)
            throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        channel.position(from);
        while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
        return bytes.flip();
    }
}
