package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.cloud.tools.jib.api.DescriptorDigest;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.blob.Blobs;
import com.google.cloud.tools.jib.image.json.BuildableManifestTemplate;
import com.google.cloud.tools.jib.image.json.BuildableManifestTemplate.ContentDescriptorTemplate;
import com.google.cloud.tools.jib.image.json.ManifestListTemplate;
import com.google.cloud.tools.jib.image.json.ManifestTemplate;
import com.google.cloud.tools.jib.json.JsonTemplateMapper;
import com.google.cloud.tools.jib.registry.ManifestAndDigest;
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

    /** A reference to an image, taken apart. */
    static ImageReference parse(String base) {
        try {
            return ImageReference.parse(base);
        } catch (InvalidImageReferenceException e) {
            throw new StepException(
                    "buildServingImage: 'base' is '%s', but should be an image, as".formatted(base)
                            + " 'python:3.12-slim' or 'registry.example.com/python@sha256:…'");
        }
    }

    /**
     * Finds the base in its registry.
     *
     * @param platform as {@code linux/amd64}
     * @param login of the base's registry, or null
     * @throws StepException if it isn't there or nothing can be built on it
     */
    static BaseImage resolve(String base, String platform, Login login)
            throws IOException, InterruptedException {
        ImageReference image = parse(base);
        try (RegistryRepository repository =
                RegistryRepository.open(
                        image.getRegistry(), image.getRepository(), null, login, false)) {
            return resolve(image, base, platform, repository);
        }
    }

    private static BaseImage resolve(
            ImageReference image, String base, String platform, RegistryRepository repository)
            throws IOException, InterruptedException {
        ManifestAndDigest<ManifestTemplate> found =
                repository.manifest(image.getQualifier()).orElseThrow(() -> missing(base));
        DescriptorDigest digest = found.getDigest();
        ManifestTemplate manifest = found.getManifest();
        if (manifest instanceof ManifestListTemplate index) {
            String[] parts = platform.split("/");
            List<String> fitting = index.getDigestsForPlatform(parts[1], parts[0]);
            if (fitting.isEmpty()) {
                throw wrong(base, "isn't there for " + platform);
            }
            manifest =
                    repository
                            .manifest(fitting.get(0))
                            .orElseThrow(() -> missing(base))
                            .getManifest();
        }
        if (!(manifest instanceof BuildableManifestTemplate buildable)
                || buildable.getContainerConfiguration() == null) {
            throw wrong(base, "has a manifest of an old form (schema 1)");
        }
        if (JsonTemplateMapper.toUtf8String(buildable).contains("+zstd\"")) {
            throw wrong(base, "has layers packed with zstd; take one that has them with gzip");
        }
        String configDigest = buildable.getContainerConfiguration().getDigest().toString();
        byte[] bytes = repository.call(() -> Blobs.writeToByteArray(repository.blob(configDigest)));
        ObjectNode config = (ObjectNode) new ObjectMapper().readTree(bytes);
        String has = config.path("os").asText() + "/" + config.path("architecture").asText();
        if (!has.equals(platform)) {
            throw wrong(base, "is for " + has + ", not for " + platform);
        }
        return new BaseImage(
                ImageReference.of(
                                image.getRegistry(), image.getRepository(), null, digest.toString())
                        .toString(),
                layers(base, buildable),
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

    private static List<Assembly.ImageLayer> layers(
            String base, BuildableManifestTemplate manifest) {
        List<Assembly.ImageLayer> layers = new ArrayList<>();
        for (ContentDescriptorTemplate layer : manifest.getLayers()) {
            layers.add(
                    new Assembly.ImageLayer(
                            "base %d of %d"
                                    .formatted(layers.size() + 1, manifest.getLayers().size()),
                            layer.getDigest().toString(),
                            layer.getSize(),
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
