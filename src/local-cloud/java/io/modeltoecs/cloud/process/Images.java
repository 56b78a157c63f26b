package io.modeltoecs.cloud.process;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.engine.EngineException;
import io.modeltoecs.cloud.registry.Registry;
import io.modeltoecs.cloud.state.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** Images of the local registry, unpacked: each once, in a folder of its digest. */
final class Images {
    private static final String ARCHITECTURE =
            System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";

    private static final int BUFFER = 1 << 16;

    private final Path folder;
    private final Registry registry;
    private final boolean owners;

    /**
     * A place for images.
     *
     * @param owners whether files are given to their owners, which root alone may
     */
    Images(Path folder, Registry registry, boolean owners) {
        this.folder = folder;
        this.registry = registry;
        this.owners = owners;
    }

    /** An image's files; to be copied, or not to be written to. */
    Path root(String reference) {
        return place(reference).resolve("root");
    }

    ImageConfig config(String reference) throws IOException {
        return ImageConfig.of(
                Json.MAPPER.readTree(place(reference).resolve("config.json").toFile()));
    }

    boolean has(String reference) {
        return reference.contains("@") && Files.exists(place(reference));
    }

    private Path place(String reference) {
        return folder.resolve(
                reference.substring(reference.indexOf(':', reference.indexOf('@')) + 1));
    }

    /**
     * Fetches and unpacks an image.
     *
     * @param reference by digest
     * @throws EngineException in the words of a registry's client
     */
    synchronized void pull(String reference) {
        String host = registry.host() + "/";
        int at = reference.indexOf('@');
        if (!reference.startsWith(host) || at < 0) {
            throw new EngineException(
                    "without a container engine only images of "
                            + host
                            + " can be run, not "
                            + reference);
        }
        if (has(reference)) {
            return;
        }
        String repository = reference.substring(host.length(), at);
        Path made = folder.resolve(".new");
        try {
            Trees.delete(made);
            Files.createDirectories(made.resolve("root"));
            JsonNode manifest = manifest(repository, reference.substring(at + 1));
            for (JsonNode layer : manifest.path("layers")) {
                unpack(repository, layer, made.resolve("root"));
            }
            JsonNode config =
                    registry.json(repository, manifest.at("/config/digest").asText())
                            .orElseThrow(() -> new IOException("its configuration is not found"));
            Files.write(made.resolve("config.json"), Json.bytes(config));
            addHostFiles(made.resolve("root"));
            Files.move(made, place(reference), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new EngineException("cannot unpack " + reference + ": " + e.getMessage());
        }
    }

    private JsonNode manifest(String repository, String digest) throws IOException {
        Registry.Manifest found =
                registry.manifest(repository, digest)
                        .orElseThrow(() -> new IOException("manifest unknown"));
        JsonNode manifest = Json.MAPPER.readTree(found.body());
        if (!manifest.has("manifests")) {
            return manifest;
        }
        for (JsonNode one : manifest.path("manifests")) {
            if (one.at("/platform/os").asText().equals("linux")
                    && one.at("/platform/architecture").asText().equals(ARCHITECTURE)) {
                return manifest(repository, one.path("digest").asText());
            }
        }
        throw new IOException(
                "image Manifest does not contain descriptor matching platform 'linux/"
                        + ARCHITECTURE
                        + "'");
    }

    private void unpack(String repository, JsonNode layer, Path root) throws IOException {
        String type = layer.path("mediaType").asText();
        boolean zipped = type.endsWith("gzip");
        if (!zipped && !type.endsWith(".tar")) {
            throw new IOException("layers of the type " + type + " are not known here");
        }
        try (InputStream blob = registry.blob(repository, layer.path("digest").asText());
                InputStream tar = zipped ? new GZIPInputStream(blob, BUFFER) : blob) {
            new Layer(root, owners).unpack(tar);
        }
    }

    /** Container engines give a container the names that this machine knows. */
    private static void addHostFiles(Path root) throws IOException {
        for (String name : new String[] {"resolv.conf", "hosts"}) {
            Path source = Path.of("/etc", name);
            Path target = new Root(root).place("/etc/" + name);
            if (Files.exists(source)) {
                Trees.delete(target);
                Files.createDirectories(Objects.requireNonNull(target.getParent()));
                Files.write(target, Files.readAllBytes(source));
            }
        }
    }

    Optional<String> digest(String reference) {
        int at = reference.indexOf('@');
        return at < 0 ? Optional.empty() : Optional.of(reference.substring(at + 1));
    }
}
