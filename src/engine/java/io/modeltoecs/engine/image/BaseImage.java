package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.registry.Manifest;
import io.modeltoecs.engine.registry.RegistryRepository;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The image that a serving image stands on: one of Python's official images, one that sets {@code
 * PYTHON_VERSION} as they do, or what a Dockerfile starts from.
 *
 * @param reference the base by digest: of the index where it has several platforms
 * @param layers from the bottom upwards
 * @param config its configuration
 * @param python version of its Python, as {@code 3.11.2}, or null if it doesn't tell
 * @param musl whether its C library is musl (Alpine), not glibc
 */
record BaseImage(
        String reference,
        List<Assembly.ImageLayer> layers,
        ObjectNode config,
        String python,
        boolean musl) {

    private static final Pattern PYTHON_VERSION =
            Pattern.compile("PYTHON_VERSION=(3\\.[0-9]+(?:\\.[0-9]+)?).*");

    /**
     * Finds the base in its registry.
     *
     * @param platform as {@code linux/amd64}
     * @param known what this machine knows of bases
     * @throws StepException if it isn't there or nothing can be built on it
     */
    static BaseImage resolve(
            ImageName image,
            String base,
            String platform,
            BaseImages known,
            RegistryRepository repository)
            throws IOException, InterruptedException {
        Manifest named = known.named(image, repository).orElseThrow(() -> missing(base));
        Manifest manifest = named;
        if (named.isIndex()) {
            String digest =
                    fitting(named.json(), platform)
                            .orElseThrow(() -> wrong(base, "isn't there for " + platform));
            manifest = known.manifest(digest, repository).orElseThrow(() -> missing(base));
        }
        JsonNode content = manifest.json();
        if (!content.path("config").has("digest")) {
            throw wrong(base, "has a manifest of an old form (schema 1)");
        }
        byte[] bytes = known.config(content.path("config").path("digest").asText(), repository);
        ObjectNode config = (ObjectNode) new ObjectMapper().readTree(bytes);
        String has = config.path("os").asText() + "/" + config.path("architecture").asText();
        if (!has.equals(platform)) {
            throw wrong(base, "is for " + has + ", not for " + platform);
        }
        return new BaseImage(
                image.by(named.digest()),
                layers(content.path("layers")),
                config,
                python(config),
                config.path("history").toString().matches("(?s).*(apk add|alpine-minirootfs).*"));
    }

    private static Optional<String> fitting(JsonNode index, String platform) {
        for (JsonNode each : index.path("manifests")) {
            JsonNode has = each.path("platform");
            String name = has.path("os").asText() + "/" + has.path("architecture").asText();
            if (name.equals(platform)) {
                return Optional.of(each.path("digest").asText());
            }
        }
        return Optional.empty();
    }

    private static List<Assembly.ImageLayer> layers(JsonNode manifest) {
        List<Assembly.ImageLayer> layers = new ArrayList<>();
        for (JsonNode layer : manifest) {
            layers.add(
                    new Assembly.ImageLayer(
                            "base %d of %d".formatted(layers.size() + 1, manifest.size()),
                            layer.path("digest").asText(),
                            layer.path("size").asLong(),
                            layer.path("mediaType").asText().endsWith("zstd")
                                    ? Assembly.ZSTD
                                    : Assembly.GZIP,
                            false));
        }
        return layers;
    }

    /** The version that an image's environment tells, or null. */
    static String python(JsonNode config) {
        for (JsonNode variable : config.path("config").path("Env")) {
            Matcher matcher = PYTHON_VERSION.matcher(variable.asText());
            if (matcher.matches()) {
                return matcher.group(1);
            }
        }
        return null;
    }

    /** The digests of its layers' archives. */
    List<String> diffIds() {
        List<String> diffIds = new ArrayList<>();
        config.path("rootfs").path("diff_ids").forEach(each -> diffIds.add(each.asText()));
        return diffIds;
    }

    /**
     * Itself, if its Python is known.
     *
     * @throws StepException if it isn't
     */
    BaseImage requirePython(String base) {
        if (python == null) {
            throw wrong(
                    base,
                    "doesn't say its Python's version: its environment should have PYTHON_VERSION,"
                            + " as Python's official images do");
        }
        return this;
    }

    /** Major and minor of a version, as {@code 3.11}. */
    static String minor(String version) {
        Matcher matcher = Pattern.compile("([0-9]+\\.[0-9]+).*").matcher(version);
        return matcher.matches() ? matcher.group(1) : version;
    }

    private static StepException missing(String base) {
        return wrong(base, "doesn't exist");
    }

    private static StepException wrong(String base, String what) {
        return new StepException("buildServingImage: the base image '" + base + "' " + what);
    }
}
