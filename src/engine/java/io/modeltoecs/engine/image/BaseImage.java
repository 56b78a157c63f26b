package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The image that a serving image stands on: one of Python's official images, or one that sets
 * {@code PYTHON_VERSION} as they do.
 *
 * @param reference the base by digest: of the index where it has several platforms
 * @param layers from the bottom upwards
 * @param config its configuration
 * @param python version of its Python, as {@code 3.11.2}
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
     * @param login of the base's registry, or null
     * @throws StepException if it isn't there or nothing can be built on it
     */
    static BaseImage resolve(
            ImageName image, String base, String platform, RegistryRepository repository)
            throws IOException, InterruptedException {
        Manifest named = repository.manifest(image.reference()).orElseThrow(() -> missing(base));
        Manifest manifest = named;
        if (named.isIndex()) {
            String digest =
                    fitting(named.json(), platform)
                            .orElseThrow(() -> wrong(base, "isn't there for " + platform));
            manifest = repository.manifest(digest).orElseThrow(() -> missing(base));
        }
        JsonNode content = manifest.json();
        if (!content.path("config").has("digest")) {
            throw wrong(base, "has a manifest of an old form (schema 1)");
        }
        byte[] bytes = repository.read(content.path("config").path("digest").asText());
        ObjectNode config = (ObjectNode) new ObjectMapper().readTree(bytes);
        String has = config.path("os").asText() + "/" + config.path("architecture").asText();
        if (!has.equals(platform)) {
            throw wrong(base, "is for " + has + ", not for " + platform);
        }
        return new BaseImage(
                image.by(named.digest()),
                layers(content.path("layers")),
                config,
                python(config)
                        .orElseThrow(
                                () ->
                                        wrong(
                                                base,
                                                "doesn't say its Python's version: its"
                                                        + " environment should have PYTHON_VERSION,"
                                                        + " as Python's official images do")),
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

    private static Optional<String> python(JsonNode config) {
        for (JsonNode variable : config.path("config").path("Env")) {
            Matcher matcher = PYTHON_VERSION.matcher(variable.asText());
            if (matcher.matches()) {
                return Optional.of(matcher.group(1));
            }
        }
        return Optional.empty();
    }

    /** The Python's major and minor version, as {@code 3.11}. */
    String pythonMinor() {
        return minor(python);
    }

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
