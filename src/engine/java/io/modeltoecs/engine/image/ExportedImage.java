package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * An image that a tool has built, in files.
 *
 * @param config its configuration
 * @param layers from the bottom upwards
 * @param base the base by digest, if the tool tells it
 */
record ExportedImage(ObjectNode config, List<Layer> layers, Optional<String> base) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** One layer: the digest of its archive, and the file that holds it, as it is or in gzip. */
    record Layer(String diffId, Path file) {

        boolean isGzip() throws IOException {
            try (InputStream in = Files.newInputStream(file)) {
                return in.read() == 0x1f && in.read() == 0x8b;
            }
        }

        /** The archive. */
        InputStream open() throws IOException {
            boolean gzip = isGzip();
            InputStream in = Files.newInputStream(file);
            try {
                return gzip ? new GZIPInputStream(in, 1 << 16) : in;
            } catch (IOException e) {
                in.close();
                throw e;
            }
        }
    }

    /** https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
    static ExportedImage ofLayout(Path folder) throws IOException {
        JsonNode index = JSON.readTree(folder.resolve("index.json").toFile());
        JsonNode manifest = read(folder, index.path("manifests").path(0));
        ObjectNode config = (ObjectNode) read(folder, manifest.path("config"));
        List<Path> files = new ArrayList<>();
        manifest.path("layers").forEach(layer -> files.add(blob(folder, layer)));
        JsonNode annotations = manifest.path("annotations");
        String digest = annotations.path("org.opencontainers.image.base.digest").asText();
        String name = annotations.path("org.opencontainers.image.base.name").asText();
        Optional<String> base =
                digest.isEmpty() || name.isEmpty() || name.startsWith("localhost/")
                        ? Optional.empty()
                        : Optional.of(ImageName.parse(name).by(digest));
        return new ExportedImage(config, layers(config, files), base);
    }

    /**
     * What {@code docker save} writes.
     *
     * @param folder where it is unpacked to
     */
    static ExportedImage ofDockerArchive(Path archive, Path folder) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(Files.newInputStream(archive))) {
            for (TarArchiveEntry entry = tar.getNextEntry();
                    entry != null;
                    entry = tar.getNextEntry()) {
                Path file = folder.resolve(entry.getName()).normalize();
                if (!file.startsWith(folder)) {
                    throw new IOException("an entry leads out of its archive: " + entry.getName());
                }
                if (entry.isSymbolicLink()) {
                    // of a layer that an older docker keeps once
                    Files.createDirectories(Objects.requireNonNull(file.getParent()));
                    Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
                } else if (entry.isFile()) {
                    Files.createDirectories(Objects.requireNonNull(file.getParent()));
                    Files.copy(tar, file, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        JsonNode image = JSON.readTree(folder.resolve("manifest.json").toFile()).path(0);
        ObjectNode config =
                (ObjectNode) JSON.readTree(folder.resolve(image.path("Config").asText()).toFile());
        List<Path> files = new ArrayList<>();
        image.path("Layers").forEach(layer -> files.add(folder.resolve(layer.asText())));
        return new ExportedImage(config, layers(config, files), Optional.empty());
    }

    private static List<Layer> layers(ObjectNode config, List<Path> files) {
        JsonNode diffIds = config.path("rootfs").path("diff_ids");
        if (diffIds.size() != files.size()) {
            throw new StepException("the image that was built lists its layers in two ways");
        }
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            layers.add(new Layer(diffIds.get(i).asText(), files.get(i)));
        }
        return layers;
    }

    private static JsonNode read(Path folder, JsonNode descriptor) throws IOException {
        return JSON.readTree(blob(folder, descriptor).toFile());
    }

    private static Path blob(Path folder, JsonNode descriptor) {
        return folder.resolve("blobs")
                .resolve(descriptor.path("digest").asText().replace(':', '/'));
    }
}
