package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import io.modeltoecs.engine.registry.Hashes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Images of a Dockerfile. A tool of this machine builds them, with its own cache of layers; then
 * they are taken out of it, as far as neither the base nor this machine's cache has their layers.
 */
final class DockerfileBuild {
    private static final int TOLD_LINES = 20;
    private static final Pattern FOREIGN =
            Pattern.compile("(?i)exec format error|exec /\\S+: no such file or directory");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final BuildOrder order;
    private final Path directory;
    private final Map<String, String> environment;
    private final PipSecrets secrets;
    private final Path root;
    private final LayerCache cache;
    private final Progress progress;

    /**
     * An image that was built.
     *
     * @param layers from the bottom upwards
     * @param config its configuration, as the tool made it
     * @param libraries versions of its Python distributions, by name
     * @param base its base by digest, if the tool tells it
     */
    record Built(
            List<Assembly.ImageLayer> layers,
            ObjectNode config,
            Map<String, String> libraries,
            Optional<String> base) {}

    /**
     * @param directory the current directory
     * @param secrets what the build may mount
     * @param root this product's folder of caches
     */
    DockerfileBuild(
            BuildOrder order,
            Path directory,
            Map<String, String> environment,
            PipSecrets secrets,
            Path root,
            LayerCache cache,
            Progress progress) {
        this.order = order;
        this.directory = directory;
        this.environment = environment;
        this.secrets = secrets;
        this.root = root;
        this.cache = cache;
        this.progress = progress;
    }

    /**
     * Builds for each platform.
     *
     * @param tool the tool to build with
     * @param bases what {@code ARG BASE} gets, one for each platform; none where the Dockerfile
     *     doesn't declare it or has a default
     * @param access where the base is pulled from
     * @throws StepException if the tool can't, with the last lines that it wrote
     */
    List<Built> build(BuildTool tool, List<BaseImage> bases, BuildTool.PullAccess access)
            throws IOException, InterruptedException {
        Path scratch = Files.createTempDirectory(Files.createDirectories(root), "dockerfile");
        try {
            Map<String, String> variables = new HashMap<>(environment);
            variables.putAll(secrets.variables());
            if (access != null) {
                variables.putAll(tool.access(scratch, access));
            }
            List<Built> built = new ArrayList<>();
            for (int i = 0; i < order.platforms().size(); i++) {
                BaseImage base = bases.isEmpty() ? null : bases.get(i);
                String platform = order.platforms().get(i);
                String id = run(tool, platform, base, scratch.resolve("id" + i), variables);
                Path folder = Files.createDirectory(scratch.resolve("image" + i));
                Set<String> spared = new HashSet<>();
                for (String diffId : tool.diffIds(id)) {
                    if (isKnown(diffId, base)) {
                        spared.add(diffId);
                    }
                }
                ExportedImage image = tool.export(id, folder, spared);
                built.add(take(image, base));
                Folders.delete(folder);
            }
            return built;
        } finally {
            Folders.delete(scratch);
        }
    }

    private String run(
            BuildTool tool,
            String platform,
            BaseImage base,
            Path idFile,
            Map<String, String> variables)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(tool.buildCommand());
        command.addAll(List.of("--platform", platform, "--iidfile", idFile.toString()));
        command.addAll(List.of("--file", directory.resolve(order.dockerfile()).toString()));
        if (base != null) {
            command.addAll(List.of("--build-arg", "BASE=" + base.reference()));
        }
        order.buildArgs()
                .forEach(
                        (name, value) ->
                                command.addAll(List.of("--build-arg", name + "=" + value)));
        command.addAll(secrets.arguments());
        command.add(directory.resolve(order.app()).normalize().toString());
        progress.say(
                "Dockerfile: building %s for %s with %s"
                        .formatted(order.dockerfile(), platform, tool.name()));
        long start = System.nanoTime();
        Command.Outcome outcome =
                Command.follow(
                        command,
                        directory,
                        variables,
                        line -> progress.say(tool.name() + ": " + secrets.mask(line)),
                        TOLD_LINES);
        if (!outcome.ok()) {
            throw failed(tool, platform, secrets.mask(outcome.output()));
        }
        progress.say(
                "Dockerfile: built in "
                        + Amounts.seconds(Duration.ofNanos(System.nanoTime() - start)));
        return Files.readString(idFile).strip();
    }

    private StepException failed(BuildTool tool, String platform, String lines) {
        String hint = "";
        if (FOREIGN.matcher(lines).find() && !platform.equals(ownPlatform())) {
            hint =
                    "this machine can't run programs of %s: install qemu's binfmt handlers (package qemu-user-static), build on an agent of that platform, or leave it out of 'platforms'. "
                            .formatted(platform);
        }
        return new StepException(
                "buildServingImage: %s can't build '%s' for %s: %sIts last lines:%n%s"
                        .formatted(tool.name(), order.dockerfile(), platform, hint, lines));
    }

    private static String ownPlatform() {
        return System.getProperty("os.arch").equals("aarch64") ? "linux/arm64" : "linux/amd64";
    }

    /** Whether nothing of this layer has to be read again. */
    private boolean isKnown(String diffId, BaseImage base) throws IOException {
        boolean ofBase = base != null && base.diffIds().contains(diffId);
        return libraries(diffId).isPresent()
                && (ofBase || cache.find(key("layer", diffId)).isPresent());
    }

    private Built take(ExportedImage image, BaseImage base) throws IOException {
        List<Assembly.ImageLayer> layers = new ArrayList<>();
        InstalledPython python = new InstalledPython();
        boolean below = base != null;
        for (ExportedImage.Layer layer : image.layers()) {
            int at = layers.size();
            Optional<Map<String, String>> libraries = libraries(layer.diffId());
            if (libraries.isEmpty()) {
                try (InputStream archive = layer.open()) {
                    libraries = Optional.of(InstalledPython.changes(archive));
                }
                cache.note(
                        key("libraries", layer.diffId()), JSON.writeValueAsBytes(libraries.get()));
            }
            python.apply(libraries.get());
            below =
                    below
                            && at < base.layers().size()
                            && base.diffIds().get(at).equals(layer.diffId());
            layers.add(below ? base.layers().get(at) : own(layer, at, image.layers().size()));
        }
        return new Built(layers, image.config(), python.versions(), image.base());
    }

    private Assembly.ImageLayer own(ExportedImage.Layer layer, int at, int of) throws IOException {
        String key = key("layer", layer.diffId());
        Optional<LayerCache.Layer> known = cache.find(key);
        LayerCache.Layer taken;
        if (known.isPresent()) {
            taken = known.get();
        } else {
            taken =
                    layer.isGzip()
                            ? cache.adopt(layer.file(), layer.diffId())
                            : cache.compress(layer.file());
            if (!taken.diffId().equals(layer.diffId())) {
                throw new StepException(
                        "a layer of the image that was built isn't what its configuration says: "
                                + layer.diffId());
            }
            cache.remember(key, taken);
        }
        return new Assembly.ImageLayer(
                "%d of %d".formatted(at + 1, of),
                taken.digest(),
                taken.bytes(),
                Assembly.GZIP,
                true);
    }

    private Optional<Map<String, String>> libraries(String diffId) throws IOException {
        Optional<byte[]> noted = cache.noted(key("libraries", diffId));
        if (noted.isEmpty()) {
            return Optional.empty();
        }
        Map<String, String> libraries = new HashMap<>();
        JsonNode tree = JSON.readTree(noted.get());
        tree.properties().forEach(each -> libraries.put(each.getKey(), each.getValue().asText()));
        return Optional.of(libraries);
    }

    private static String key(String kind, String diffId) {
        String name = kind + " " + diffId;
        return Hashes.name(name.getBytes(StandardCharsets.UTF_8)).substring("sha256:".length());
    }
}
