package io.modeltoecs.cloud;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.engine.ContainerEngine;
import io.modeltoecs.cloud.engine.Containers;
import io.modeltoecs.cloud.registry.Registry;
import io.modeltoecs.cloud.state.Json;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** The image that serving images are built on: brought into the registry once. */
final class BaseImage {
    private static final String REPOSITORY = "base/python";
    private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

    private final Containers containers;
    private final Registry registry;
    private final Machine machine;

    BaseImage(Containers containers, Registry registry, Machine machine) {
        this.containers = containers;
        this.registry = registry;
        this.machine = machine;
    }

    /**
     * Sees to it that registry and engine have the image.
     *
     * @return its reference by digest
     */
    String provide(Consumer<String> progress) throws IOException {
        String tag = machine.basePython();
        Optional<Registry.Manifest> present = registry.manifest(REPOSITORY, tag);
        if (present.isEmpty()) {
            Optional<Path> rootfs = machine.baseRootfs();
            progress.accept("pushing the base image to the registry");
            if (rootfs.isPresent()) {
                push(rootfs.get(), tag);
            } else {
                pushPublic((ContainerEngine) containers, tag, progress);
            }
            present = registry.manifest(REPOSITORY, tag);
        }
        String digest =
                present.map(Registry.Manifest::digest)
                        .orElseThrow(() -> new IOException("The registry lost the base image"));
        String reference = registry.host() + "/" + REPOSITORY + "@" + digest;
        if (!containers.hasImage(reference)) {
            progress.accept("pulling the base image");
            containers.pull(reference);
        }
        return reference;
    }

    private void pushPublic(ContainerEngine engine, String tag, Consumer<String> progress) {
        if (!engine.hasImage(machine.baseSource())) {
            progress.accept("pulling " + machine.baseSource());
            engine.pull(machine.baseSource());
        }
        String tagged = registry.host() + "/" + REPOSITORY + ":" + tag;
        engine.tag(machine.baseSource(), tagged);
        engine.push(tagged);
    }

    /** An image of one layer. */
    private void push(Path tar, String tag) throws IOException {
        Path layer = Files.createTempFile("model-to-ecs", ".tar.gz");
        try {
            MessageDigest plain = sha256();
            MessageDigest zipped = sha256();
            try (InputStream in =
                            new DigestInputStream(
                                    new BufferedInputStream(Files.newInputStream(tar)), plain);
                    OutputStream out =
                            new Fast(
                                    new DigestOutputStream(Files.newOutputStream(layer), zipped))) {
                in.transferTo(out);
            }
            byte[] config = Json.bytes(config(digest(plain)));
            String configDigest = digest(sha256(), config);
            registry.putBlob(REPOSITORY, digest(zipped), BodyPublishers.ofFile(layer));
            registry.putBlob(REPOSITORY, configDigest, BodyPublishers.ofByteArray(config));
            ObjectNode manifest = Json.object().put("schemaVersion", 2).put("mediaType", MANIFEST);
            manifest.putObject("config")
                    .put("mediaType", CONFIG)
                    .put("digest", configDigest)
                    .put("size", config.length);
            manifest.putArray("layers")
                    .addObject()
                    .put("mediaType", LAYER)
                    .put("digest", digest(zipped))
                    .put("size", Files.size(layer));
            registry.putManifest(REPOSITORY, tag, MANIFEST, Json.bytes(manifest));
        } finally {
            Files.deleteIfExists(layer);
        }
    }

    private ObjectNode config(String layer) {
        boolean arm = System.getProperty("os.arch").equals("aarch64");
        ObjectNode image =
                Json.object().put("os", "linux").put("architecture", arm ? "arm64" : "amd64");
        ObjectNode config = image.putObject("config");
        config.set(
                "Env",
                Json.strings(
                        List.of(
                                "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
                                "LANG=C.UTF-8",
                                "PYTHON_VERSION=" + machine.basePythonVersion())));
        config.set("Cmd", Json.strings(List.of("python3")));
        ObjectNode rootfs = image.putObject("rootfs").put("type", "layers");
        rootfs.set("diff_ids", Json.strings(List.of(layer)));
        image.putArray("history").addObject().put("created_by", "model-to-ecs: root file system");
        return image;
    }

    /** It goes over loopback once: less work is better than less bytes. */
    private static final class Fast extends GZIPOutputStream {
        private static final int BUFFER = 1 << 16;

        Fast(OutputStream out) throws IOException {
            super(out, BUFFER);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What has gone through; asked for twice it must be the same. */
    private static String digest(MessageDigest all) {
        try {
            MessageDigest copy = (MessageDigest) all.clone();
            return "sha256:" + HexFormat.of().formatHex(copy.digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String digest(MessageDigest fresh, byte[] bytes) {
        fresh.update(bytes);
        return digest(fresh);
    }
}
