package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Activity;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * A file that is hashed while somebody else reads it: large ones are read once for both. What is
 * read again is hashed once, and what nobody has read is read at the end.
 */
final class HashedFile {
    private static final int BUFFER = 1 << 16;

    private final String path;
    private final Path file;
    private final long size;
    private final PartDigests parts;
    private final Activity activity;
    private final MessageDigest whole = Digests.of("SHA-256");
    private long hashed;

    /**
     * @param path as model.json is to name it
     * @param parts which has ended with the file before
     */
    HashedFile(String path, Path file, PartDigests parts, Activity activity) throws IOException {
        this.path = path;
        this.file = file;
        this.parts = parts;
        this.activity = activity;
        size = Files.size(file);
        parts.begin(Parts.size(size));
    }

    /** The file from its front. */
    InputStream open() throws IOException {
        return new Reading(Files.newInputStream(file));
    }

    /** The file's digests. */
    Inspection.ModelFile end() throws IOException, InterruptedException {
        if (hashed < size) {
            byte[] buffer = new byte[BUFFER];
            try (InputStream in = new Reading(Files.newInputStream(file), hashed)) {
                while (hashed < size) {
                    if (Thread.interrupted()) {
                        throw new InterruptedException();
                    }
                    if (in.read(buffer, 0, BUFFER) < 0) {
                        throw new StepException("'" + path + "' became shorter while it was read");
                    }
                }
            }
        }
        return new Inspection.ModelFile(
                path, HexFormat.of().formatHex(whole.digest()), size, parts.end());
    }

    private void hash(byte[] bytes, int offset, int length) throws IOException {
        try {
            parts.update(bytes, offset, length);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClosedByInterruptException(); // as where a file's reader is interrupted
        }
        whole.update(bytes, offset, length);
        hashed += length;
        activity.done(length);
    }

    /** Hashes what it reads, as far as that hasn't been hashed. */
    private final class Reading extends FilterInputStream {
        private long position;

        Reading(InputStream in) {
            super(in);
        }

        Reading(InputStream in, long from) throws IOException {
            super(in);
            in.skipNBytes(from);
            position = from;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int some = in.read(bytes, offset, length);
            if (some > 0) {
                int known = (int) Math.min(some, Math.max(0, hashed - position));
                // a file that grows is published as long as it was
                int fresh = (int) Math.min(some - known, size - hashed);
                if (fresh > 0) {
                    hash(bytes, offset + known, fresh);
                }
                position += some;
            }
            return some;
        }

        @Override
        public long skip(long bytes) throws IOException {
            long left = bytes;
            byte[] buffer = new byte[(int) Math.min(BUFFER, Math.max(1, left))];
            while (left > 0) {
                int some = read(buffer, 0, (int) Math.min(buffer.length, left));
                if (some < 0) {
                    break;
                }
                left -= some;
            }
            return bytes - left;
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}
