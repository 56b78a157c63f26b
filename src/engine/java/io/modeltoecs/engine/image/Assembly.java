package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.registry.Hashes;
import io.modeltoecs.engine.registry.Manifest;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * An image that is complete but for its upload. Its own layers wait in the cache of the machine
 * that assembled it.
 *
 * @param registry host and port of the registry that it goes to
 * @param repository the repository in that registry
 * @param tags tags to give it, the first of them the one to show
 * @param immutable whether a tag that names other content is an error
 * @param base the base image by digest, which the layers that aren't ours come from; null where a
 *     Dockerfile's tool doesn't tell it
 * @param images one for each platform
 * @param provenance how it was made, as JSON; null to attach neither that nor a bill of materials
 * @param signature of the image, or null
 * @param startedAt when the assembly began, in milliseconds since the epoch
 */
public record Assembly(
        String registry,
        String repository,
        List<String> tags,
        boolean immutable,
        String base,
        List<PlatformImage> images,
        String provenance,
        ImageSignature signature,
        long startedAt)
        implements Serializable {

    /** Media types of layers. */
    static final String GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

    static final String ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";

    /** The manifests of the images, in their order. */
    List<Manifest> manifests() {
        return images.stream().map(Assembly::manifest).toList();
    }

    /** What a deployment names: the image, or the index of several. */
    Manifest whole() {
        List<Manifest> manifests = manifests();
        return manifests.size() == 1 ? manifests.get(0) : index(manifests);
    }

    /** The same with a signature of {@link #whole}. */
    Assembly signed(SigningKey key) {
        return new Assembly(
                registry,
                repository,
                tags,
                immutable,
                base,
                images,
                provenance,
                key.sign(ImageBuild.host(registry) + "/" + repository, whole().digest()),
                startedAt);
    }

    private static Manifest manifest(PlatformImage image) {
        byte[] config = image.config().getBytes(StandardCharsets.UTF_8);
        ObjectNode manifest = Manifest.form(Manifest.OCI);
        manifest.set(
                "config",
                Manifest.descriptor(ImagePush.CONFIG, config.length, Hashes.name(config)));
        ArrayNode layers = manifest.putArray("layers");
        for (ImageLayer layer : image.layers()) {
            layers.add(Manifest.descriptor(layer.type(), layer.bytes(), layer.digest()));
        }
        return Manifest.of(manifest);
    }

    private Manifest index(List<Manifest> manifests) {
        ObjectNode index = Manifest.form(Manifest.OCI_INDEX);
        ArrayNode entries = index.putArray("manifests");
        for (int i = 0; i < manifests.size(); i++) {
            String[] platform = images.get(i).platform().split("/");
            ObjectNode entry = manifests.get(i).descriptor();
            entry.putObject("platform").put("os", platform[0]).put("architecture", platform[1]);
            entries.add(entry);
        }
        return Manifest.of(index);
    }

    /**
     * The image of one platform.
     *
     * @param platform as {@code linux/amd64}
     * @param layers from the base upwards
     * @param config its configuration, as JSON
     */
    public record PlatformImage(String platform, List<ImageLayer> layers, String config)
            implements Serializable {}

    /**
     * One layer.
     *
     * @param what what it holds, for people
     * @param digest {@code sha256:} and the digest of the compressed layer
     * @param bytes size of the compressed layer
     * @param type its media type
     * @param ours whether it was made here; else the base has it
     */
    public record ImageLayer(String what, String digest, long bytes, String type, boolean ours)
            implements Serializable {}
}
