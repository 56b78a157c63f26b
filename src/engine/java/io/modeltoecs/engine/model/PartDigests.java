package io.modeltoecs.engine.model;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The MD5s of the parts of one file after the other, on a thread of their own: whoever reads the
 * file goes on meanwhile, a few buffers ahead at most.
 */
final class PartDigests implements AutoCloseable {
    private static final int BUFFERS = 4;
    private static final int BUFFER = 1 << 18;

    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    work -> {
                        Thread made = new Thread(work, "MD5 of parts");
                        made.setDaemon(true);
                        return made;
                    });
    private final BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(BUFFERS);
    private final MessageDigest md5 = Digests.of("MD5");
    private ByteBuffer filling = ByteBuffer.allocate(BUFFER);
    private ArrayList<String> parts;
    private long partSize;

    /** Bytes that the part which is being digested still lacks. */
    private long left;

    PartDigests() {
        for (int i = 1; i < BUFFERS; i++) {
            free.add(ByteBuffer.allocate(BUFFER));
        }
    }

    /** Begins with a file that is cut into parts of so many bytes. */
    void begin(long bytes) {
        parts = new ArrayList<>();
        partSize = bytes;
        left = bytes;
    }

    /** Takes the file's next bytes, which the caller may change afterwards. */
    void update(byte[] bytes, int offset, int length) throws InterruptedException {
        for (int done = 0; done < length; ) {
            int some = Math.min(length - done, filling.remaining());
            filling.put(bytes, offset + done, some);
            done += some;
            if (!filling.hasRemaining()) {
                ByteBuffer full = filling;
                thread.execute(() -> digest(full));
                filling = free.take();
            }
        }
    }

    /** The digests of the file's parts, in base64: one for an empty file. */
    ArrayList<String> end() throws InterruptedException {
        ByteBuffer last = filling;
        try {
            thread.submit(
                            () -> {
                                digest(last);
                                if (left < partSize || parts.isEmpty()) {
                                    endPart();
                                }
                            })
                    .get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
        filling = free.take();
        return parts;
    }

    private void digest(ByteBuffer bytes) {
        bytes.flip();
        while (bytes.hasRemaining()) {
            int some = (int) Math.min(left, bytes.remaining());
            md5.update(bytes.array(), bytes.position(), some);
            bytes.position(bytes.position() + some);
            left -= some;
            if (left == 0) {
                endPart();
            }
        }
        free.add(bytes.clear());
    }

    private void endPart() {
        parts.add(Base64.getEncoder().encodeToString(md5.digest()));
        left = partSize;
    }

    /** Nothing goes on after this. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
