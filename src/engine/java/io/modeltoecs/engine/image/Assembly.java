package io.modeltoecs.engine.image;

import java.io.Serializable;
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
        long startedAt)
        implements Serializable {

    /** Media types of layers. */
    static final String GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

    static final String ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";

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
