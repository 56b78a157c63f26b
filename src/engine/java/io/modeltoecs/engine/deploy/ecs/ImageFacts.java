package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of an image.
 *
 * @param reference by digest where that is known
 * @param platformDigest of the manifest for the service's platform, where that isn't the image's
 *     own digest; or null
 * @param config the image's configuration (OCI image specification), or null where it can't be read
 */
record ImageFacts(String reference, String platformDigest, JsonNode config) {
    private static final String PYTHON = "io.modeltoecs.python";
    private static final String READINESS = "io.modeltoecs.readiness";
    private static final String LIBRARIES = "io.modeltoecs.libraries";

    /** The digests by which a running container may name this image; empty if none is known. */
    List<String> digests() {
        List<String> digests = new ArrayList<>(ImageName.digestsOf(reference));
        if (platformDigest != null) {
            digests.add(platformDigest);
        }
        return digests;
    }

    /** The processor that the image is for, {@code amd64} or {@code arm64}; null if not known. */
    String architecture() {
        return config == null ? null : config.path("architecture").asText(null);
    }

    /** A variable of the image's environment, or null. */
    String env(String name) {
        if (config != null) {
            for (JsonNode entry : config.path("config").path("Env")) {
                if (entry.asText().startsWith(name + "=")) {
                    return entry.asText().substring(name.length() + 1);
                }
            }
        }
        return null;
    }

    /** The minor version of its Python, {@code 3.11}, if a label says so. */
    Optional<String> python() {
        return label(PYTHON);
    }

    /** The path that tells whether it serves, where a label says that there is one. */
    Optional<String> readiness() {
        return label(READINESS).filter(it -> it.startsWith("/"));
    }

    /** Distributions in the image with their versions, if a label says so. */
    Optional<Map<String, String>> libraries() {
        return label(LIBRARIES)
                .flatMap(
                        json -> {
                            try {
                                Map<String, String> libraries = new LinkedHashMap<>();
                                Json.MAPPER
                                        .readTree(json)
                                        .properties()
                                        .forEach(
                                                it ->
                                                        libraries.put(
                                                                it.getKey(),
                                                                it.getValue().asText()));
                                return Optional.of(libraries);
                            } catch (JsonProcessingException e) {
                                return Optional.empty();
                            }
                        });
    }

    private Optional<String> label(String name) {
        return config == null
                ? Optional.empty()
                : Optional.ofNullable(config.path("config").path("Labels").path(name).asText(null));
    }
}
