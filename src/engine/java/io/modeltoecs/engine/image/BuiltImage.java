package io.modeltoecs.engine.image;

import java.io.Serializable;
import java.util.LinkedHashMap;

/**
 * An image that is in its registry.
 *
 * @param repository registry and repository
 * @param tag the first of its tags
 * @param digest {@code sha256:} and the digest of its manifest
 * @param sizeBytes size of all its layers, compressed, and of its configuration
 * @param layersPushed layers that were uploaded
 * @param layersReused layers that the registry had, or took from another of its repositories
 * @param base the base image by digest; null where a Dockerfile's tool doesn't tell it
 */
public record BuiltImage(
        String repository,
        String tag,
        String digest,
        long sizeBytes,
        int layersPushed,
        int layersReused,
        String base)
        implements Serializable {

    /** The image by digest: what a deployment names. */
    public String reference() {
        return repository + "@" + digest;
    }

    /** The step's result. */
    public LinkedHashMap<String, Object> toResult() {
        LinkedHashMap<String, Object> result = new LinkedHashMap<>();
        result.put("repository", repository);
        result.put("tag", tag);
        result.put("digest", digest);
        result.put("reference", reference());
        result.put("sizeBytes", sizeBytes);
        result.put("layersPushed", layersPushed);
        result.put("layersReused", layersReused);
        result.put("base", base);
        return result;
    }
}
