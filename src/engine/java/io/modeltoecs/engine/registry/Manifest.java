package io.modeltoecs.engine.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/**
 * A manifest or an index as its bytes, on which its digest depends.
 * https://github.com/opencontainers/image-spec/blob/main/manifest.md
 *
 * @param type its media type
 */
public record Manifest(String type, byte[] bytes) {
    public static final String OCI = "application/vnd.oci.image.manifest.v1+json";
    public static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
    public static final String DOCKER = "application/vnd.docker.distribution.manifest.v2+json";
    public static final String DOCKER_INDEX =
            "application/vnd.docker.distribution.manifest.list.v2+json";

    private static final ObjectMapper JSON = new ObjectMapper();

    public static Manifest of(ObjectNode content) {
        return new Manifest(content.path("mediaType").asText(), bytes(content));
    }

    /** JSON as it is stored. */
    public static byte[] bytes(ObjectNode content) {
        try {
            return JSON.writeValueAsBytes(content);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An empty one to be filled. */
    public static ObjectNode form(String type) {
        return JSON.createObjectNode().put("schemaVersion", 2).put("mediaType", type);
    }

    public static ObjectNode descriptor(String type, long bytes, String digest) {
        return JSON.createObjectNode()
                .put("mediaType", type)
                .put("size", bytes)
                .put("digest", digest);
    }

    public String digest() {
        return Hashes.name(bytes);
    }

    public JsonNode json() throws IOException {
        return JSON.readTree(bytes);
    }

    public ObjectNode descriptor() {
        return descriptor(type, bytes.length, digest());
    }

    public boolean isIndex() {
        return type.equals(OCI_INDEX) || type.equals(DOCKER_INDEX);
    }
}
