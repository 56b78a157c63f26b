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
 * @param base the base image by digest
 * @param layers from the base upwards
 * @param config the image's configuration, as JSON
 * @param startedAt when the assembly began, in milliseconds since the epoch
 */
public record Assembly(
        String registry,
        String repository,
        List<String> tags,
        boolean immutable,
        String base,
        List<ImageLayer> layers,
        String config,
        long startedAt)
        implements Serializable {

    /**
     * One layer.
     *
     * @param what what it holds, for people
     * @param digest {@code sha256:} and the digest of the compressed layer
     * @param bytes size of the compressed layer
     * @param ours whether it was made here; else the base has it
     */
    public record ImageLayer(String what, String digest, long bytes, boolean ours)
            implements Serializable {}
}
