package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.registry.Hashes;
import io.modeltoecs.engine.registry.Manifest;
import io.modeltoecs.engine.registry.RegistryRepository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What this machine knows of base images. A tag is asked for once a day (UTC), so that the builds
 * of a day stand on one base and need no answer of its registry; manifests and configurations are
 * kept by their digests.
 */
final class BaseImages {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DAY = "day";
    private static final String DIGEST = "digest";

    private final Path folder;

    BaseImages(Path cache) throws IOException {
        folder = Files.createDirectories(cache.resolve("bases"));
    }

    /** The manifest or index that a name stands for today; nothing if it doesn't exist. */
    Optional<Manifest> named(ImageName name, RegistryRepository repository)
            throws IOException, InterruptedException {
        if (name.reference().startsWith("sha256:")) {
            return manifest(name.reference(), repository);
        }
        Path known = tag(name);
        String today = LocalDate.now(ZoneOffset.UTC).toString();
        Optional<byte[]> bytes = read(known);
        if (bytes.isPresent()) {
            ObjectNode entry = (ObjectNode) JSON.readTree(bytes.get());
            if (entry.path(DAY).asText().equals(today)) {
                Optional<Manifest> manifest = manifest(entry.path(DIGEST).asText(), repository);
                if (manifest.isPresent()) {
                    return manifest;
                }
            }
        }
        Optional<Manifest> manifest = repository.manifest(name.reference());
        if (manifest.isPresent()) {
            keep(manifest.get());
            write(
                    known,
                    JSON.writeValueAsBytes(
                            JSON.createObjectNode()
                                    .put(DAY, today)
                                    .put(DIGEST, manifest.get().digest())));
        }
        return manifest;
    }

    /** The manifest of a digest; nothing if it doesn't exist. */
    Optional<Manifest> manifest(String digest, RegistryRepository repository)
            throws IOException, InterruptedException {
        Optional<byte[]> bytes = read(file(digest, "manifest"));
        if (bytes.isPresent()) {
            int end = 0;
            while (bytes.get()[end] != '\n') {
                end++;
            }
            return Optional.of(
                    new Manifest(
                            new String(bytes.get(), 0, end, StandardCharsets.UTF_8),
                            Arrays.copyOfRange(bytes.get(), end + 1, bytes.get().length)));
        }
        Optional<Manifest> manifest = repository.manifest(digest);
        if (manifest.isPresent()) {
            keep(manifest.get());
        }
        return manifest;
    }

    /** The configuration of an image. */
    byte[] config(String digest, RegistryRepository repository)
            throws IOException, InterruptedException {
        Path file = file(digest, "config");
        Optional<byte[]> known = read(file);
        if (known.isPresent()) {
            return known.get();
        }
        byte[] bytes = repository.read(digest);
        write(file, bytes);
        return bytes;
    }

    /** Forgets which digests tags stand for: one of them is gone from its registry. */
    void forgetTags() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if (file.toString().endsWith(".tag")) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private void keep(Manifest manifest) throws IOException {
        byte[] type = (manifest.type() + "\n").getBytes(StandardCharsets.UTF_8);
        byte[] both = Arrays.copyOf(type, type.length + manifest.bytes().length);
        System.arraycopy(manifest.bytes(), 0, both, type.length, manifest.bytes().length);
        write(file(manifest.digest(), "manifest"), both);
    }

    private Path tag(ImageName name) {
        String whole = name.registry() + "/" + name.repository() + ":" + name.reference();
        return file(Hashes.name(whole.getBytes(StandardCharsets.UTF_8)), "tag");
    }

    private Path file(String digest, String kind) {
        return folder.resolve(digest.substring(digest.indexOf(':') + 1) + "." + kind);
    }

    private static Optional<byte[]> read(Path file) throws IOException {
        try {
            return Optional.of(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private void write(Path file, byte[] bytes) throws IOException {
        Path temporary = Files.createTempFile(folder, "base", ".tmp");
        Files.write(temporary, bytes);
        Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
    }
}
