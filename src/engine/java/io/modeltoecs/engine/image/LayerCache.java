package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.modeltoecs.engine.registry.Hashes;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * The layers that this machine made, each in a file that its digest names, and what the costly ones
 * were made from. Several builds may use it at once: files appear whole.
 */
final class LayerCache {
    private static final Duration KEPT = Duration.ofDays(14);
    private static final int BUFFER = 1 << 16;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;

    /**
     * A layer in the cache.
     *
     * @param digest digest of the compressed layer
     * @param diffId digest of the archive in it
     * @param bytes size of the compressed layer
     * @param libraries versions of the distributions in it, by name
     */
    record Layer(String digest, String diffId, long bytes, Map<String, String> libraries) {}

    LayerCache(Path cache) throws IOException {
        folder = Files.createDirectories(cache.resolve("layers"));
    }

    /**
     * The cache's place: {@code $XDG_CACHE_HOME/model-to-ecs}, by default under {@code ~/.cache}.
     */
    static Path root(Map<String, String> environment) {
        String caches = environment.get("XDG_CACHE_HOME");
        if (caches != null && Path.of(caches).isAbsolute()) {
            return Path.of(caches, "model-to-ecs");
        }
        String home = environment.getOrDefault("HOME", System.getProperty("user.home"));
        return Path.of(home, ".cache", "model-to-ecs");
    }

    /** The layer that was made from inputs with this key, if it is still there. */
    Optional<Layer> find(String key) throws IOException {
        Path index = folder.resolve(key + ".json");
        try {
            Layer layer = JSON.readValue(Files.readAllBytes(index), Layer.class);
            Path file = file(layer.digest());
            if (Files.size(file) != layer.bytes()) {
                return Optional.empty();
            }
            FileTime now = FileTime.from(Instant.now());
            Files.setLastModifiedTime(index, now);
            Files.setLastModifiedTime(file, now);
            return Optional.of(layer);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Remembers what a layer was made from. */
    void remember(String key, Layer layer) throws IOException {
        Path temporary = Files.createTempFile(folder, "index", ".tmp");
        Files.write(temporary, JSON.writeValueAsBytes(layer));
        Files.move(temporary, folder.resolve(key + ".json"), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Keeps a note under a key. */
    void note(String key, byte[] text) throws IOException {
        Path temporary = Files.createTempFile(folder, "note", ".tmp");
        Files.write(temporary, text);
        Files.move(temporary, folder.resolve(key + ".note"), StandardCopyOption.REPLACE_EXISTING);
    }

    /** The note of a key, if it is still there. */
    Optional<byte[]> noted(String key) throws IOException {
        Path file = folder.resolve(key + ".note");
        try {
            byte[] text = Files.readAllBytes(file);
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
            return Optional.of(text);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Writes a layer of plain files. */
    Layer write(LayerFiles files) throws IOException {
        return write(files, Map.of(), bytes -> {});
    }

    /**
     * Writes a layer.
     *
     * @param libraries versions of the distributions in it, by name
     * @param packed told how many bytes were packed since the last call
     */
    Layer write(LayerFiles files, Map<String, String> libraries, LongConsumer packed)
            throws IOException {
        return pack(
                plain -> {
                    try (TarWriter tar = new TarWriter(plain)) {
                        files.writeTo(tar);
                    }
                },
                libraries,
                packed);
    }

    private interface Archive {
        void writeTo(OutputStream plain) throws IOException;
    }

    private Layer pack(Archive archive, Map<String, String> libraries, LongConsumer packed)
            throws IOException {
        Path temporary = Files.createTempFile(folder, "layer", ".tmp");
        try {
            MessageDigest digest = Hashes.sha256();
            MessageDigest diffId = Hashes.sha256();
            try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(temporary));
                    OutputStream compressed =
                            new Gzip(new DigestOutputStream(file, digest), packed);
                    OutputStream plain =
                            new BufferedOutputStream(
                                    new DigestOutputStream(compressed, diffId), BUFFER)) {
                archive.writeTo(plain);
            }
            Layer layer =
                    new Layer(
                            Hashes.name(digest),
                            Hashes.name(diffId),
                            Files.size(temporary),
                            libraries);
            Files.move(temporary, file(layer.digest()), StandardCopyOption.REPLACE_EXISTING);
            return layer;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Takes over a layer that is compressed already; its file moves into the cache. */
    Layer adopt(Path file, String diffId) throws IOException {
        String digest;
        try (InputStream in = Files.newInputStream(file)) {
            digest = Hashes.name(in);
        }
        Layer layer = new Layer(digest, diffId, Files.size(file), Map.of());
        Files.move(file, file(digest), StandardCopyOption.REPLACE_EXISTING);
        return layer;
    }

    /** Compresses an archive as it is. */
    Layer compress(Path archive) throws IOException {
        return pack(
                plain -> {
                    try (InputStream in = Files.newInputStream(archive)) {
                        in.transferTo(plain);
                    }
                },
                Map.of(),
                bytes -> {});
    }

    /** The file of a layer. */
    Path file(String digest) {
        return folder.resolve(digest.substring(digest.indexOf(':') + 1) + ".tar.gz");
    }

    /** Removes what wasn't used for two weeks. */
    void prune() throws IOException {
        Instant oldest = Instant.now().minus(KEPT);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                try {
                    if (Files.getLastModifiedTime(file).toInstant().isBefore(oldest)) {
                        Files.deleteIfExists(file);
                    }
                } catch (NoSuchFileException e) {
                    // another build was faster
                }
            }
        }
    }

    /** gzip at half the time of its usual level, for 4 percent more bytes. */
    private static final class Gzip extends GZIPOutputStream {
        private static final int LEVEL = 4;

        private final LongConsumer packed;

        Gzip(OutputStream out, LongConsumer packed) throws IOException {
            super(out, BUFFER);
            this.packed = packed;
            def.setLevel(LEVEL);
        }

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
            super.write(bytes, offset, length);
            packed.accept(length);
        }
    }
}
