package io.modeltoecs.engine.registry;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The bytes of a blob, which can be read again, and from any offset on. */
@FunctionalInterface
public interface BlobSource {
    InputStream open(long offset) throws IOException;

    static BlobSource of(byte[] bytes) {
        return offset -> new ByteArrayInputStream(bytes, (int) offset, bytes.length - (int) offset);
    }

    static BlobSource of(Path file) {
        return offset -> {
            InputStream in = Files.newInputStream(file);
            try {
                in.skipNBytes(offset);
                return in;
            } catch (IOException | RuntimeException e) {
                in.close();
                throw e;
            }
        };
    }
}
