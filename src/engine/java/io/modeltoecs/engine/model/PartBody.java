package io.modeltoecs.engine.model;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.apache.http.entity.AbstractHttpEntity;

/**
 * A part of a file as the body of a request, in constant memory. What goes wrong with the file is
 * an {@link UncheckedIOException}, what goes wrong on the way an {@link IOException}.
 */
final class PartBody extends AbstractHttpEntity {
    private static final int PIECE = 1 << 16;

    private final Path file;
    private final long offset;
    private final long bytes;
    private volatile long movedAt = System.nanoTime();

    PartBody(Path file, long offset, long bytes) {
        this.file = file;
        this.offset = offset;
        this.bytes = bytes;
    }

    /** How long no byte of it has been sent. */
    Duration idle() {
        return Duration.ofNanos(System.nanoTime() - movedAt);
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        byte[] piece = new byte[PIECE];
        try (FileChannel channel = open()) {
            for (long done = 0; done < bytes; ) {
                int some = read(channel, piece, offset + done, bytes - done);
                out.write(piece, 0, some);
                done += some;
                movedAt = System.nanoTime();
            }
        }
    }

    private FileChannel open() {
        try {
            return FileChannel.open(file, StandardOpenOption.READ);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int read(FileChannel channel, byte[] piece, long at, long most) {
        ByteBuffer buffer = ByteBuffer.wrap(piece, 0, (int) Math.min(piece.length, most));
        try {
            int some = channel.read(buffer, at);
            if (some < 0) {
                throw new EOFException("it has become shorter");
            }
            return some;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public long getContentLength() {
        return bytes;
    }

    @Override
    public boolean isRepeatable() {
        return true;
    }

    @Override
    public boolean isStreaming() {
        return false;
    }

    @Override
    public InputStream getContent() {
        throw new UnsupportedOperationException("it is written, not read");
    }
}
