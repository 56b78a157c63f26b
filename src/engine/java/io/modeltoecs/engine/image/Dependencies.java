package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Activity;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import io.modeltoecs.engine.registry.Hashes;
import io.modeltoecs.engine.registry.Login;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The layer of Python distributions: what the application or the model asks for and what the
 * serving runtime needs, resolved for the Python and the platform of the base image, whatever this
 * machine has. Kept by a hash of what it is made from.
 */
final class Dependencies {
    /** Where they are in the image. */
    static final String FOLDER = "opt/model-to-ecs/site-packages";

    // Raised when the same inputs should give another layer
    private static final String FORMAT = "1";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?");
    private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9.!+_-]+");
    // What of uv's lines is told while it works; its errors are told at the end
    private static final Pattern TOLD = Pattern.compile("Resolved|Downloading|warning");
    private static final Pattern SOURCE_ONLY =
            Pattern.compile(
                    "(?:Wheels are required for|Building source distributions for) `([^`]+)`");
    private static final Pattern NESTED =
            Pattern.compile("(?:-r|-c|--requirement|--constraint)[\\s=]*(\\S+)(?:\\s+#.*)?");
    private static final Pattern LOCAL =
            Pattern.compile("(?:-e|--editable)\\b.*|[./~].*|.*@\\s*file:.*|file:.*");

    private final BuildOrder order;
    private final Path directory;
    private final Map<String, String> environment;
    private final Login packageIndex;
    private final Path root;
    private final LayerCache cache;
    private final Progress progress;

    Dependencies(
            BuildOrder order,
            Path directory,
            Map<String, String> environment,
            Login packageIndex,
            Path root,
            LayerCache cache,
            Progress progress) {
        this.order = order;
        this.directory = directory;
        this.environment = environment;
        this.packageIndex = packageIndex;
        this.root = root;
        this.cache = cache;
        this.progress = progress;
    }

    /**
     * Makes the layer, or finds it made.
     *
     * @param python version of the base's Python
     * @param platform as uv names it
     * @throws StepException if the distributions can't be had, in uv's words
     */
    LayerCache.Layer layer(String python, String platform)
            throws IOException, InterruptedException {
        Optional<String> key = key(python, platform);
        Optional<LayerCache.Layer> known =
                key.isPresent() ? cache.find(key.get()) : Optional.empty();
        if (known.isPresent()) {
            progress.say(
                    "dependencies: unchanged, %d distributions, %s"
                            .formatted(
                                    known.get().libraries().size(),
                                    Amounts.bytes(known.get().bytes())));
            return known.get();
        }
        long start = System.nanoTime();
        Path scratch = Files.createTempDirectory(Files.createDirectories(root), "dependencies");
        try {
            Path target = install(scratch, python, platform);
            SitePackages packages = new SitePackages(target);
            Activity packing = new Activity(progress, "dependencies: packing", 0);
            LayerCache.Layer layer =
                    cache.write(packages.files(FOLDER), packages.distributions(), packing::done);
            if (key.isPresent()) {
                cache.remember(key.get(), layer);
            }
            progress.say(
                    "dependencies: %d distributions, %s, in %s"
                            .formatted(
                                    layer.libraries().size(),
                                    Amounts.bytes(layer.bytes()),
                                    Amounts.seconds(Duration.ofNanos(System.nanoTime() - start))));
            return layer;
        } finally {
            Folders.delete(scratch);
        }
    }

    private Path install(Path scratch, String python, String platform)
            throws IOException, InterruptedException {
        Path uv = Uv.find(root, environment, progress);
        Map<String, String> settings = PackageIndex.environment(environment, packageIndex);
        Path runtime =
                Files.write(
                        scratch.resolve("serving-runtime.txt"),
                        order.runtime().get(ServingRuntime.REQUIREMENTS));
        List<String> requirements = new ArrayList<>(List.of("-r", runtime.toString()));
        String what = "what the serving runtime needs";
        if (order.requirements() != null) {
            what = order.requirements();
            requirements.addAll(List.of("-r", directory.resolve(what).toString()));
        } else if (order.model() != null) {
            what = "what " + order.model().name() + " imports";
        }
        progress.say(
                "dependencies: resolving %s for Python %s on %s".formatted(what, python, platform));
        List<String> target = List.of("--python-version", python, "--python-platform", platform);
        if (order.requirements() == null && order.model() != null) {
            // By itself, so that the rest of the training's environment binds nothing else
            Path locked = scratch.resolve("model-locked.txt");
            List<String> compile = new ArrayList<>();
            compile.addAll(List.of(uv.toString(), "pip", "compile", "--quiet", "--no-header"));
            compile.addAll(target);
            compile.addAll(List.of("--only-binary", ":all:", "--output-file", locked.toString()));
            compile.addAll(modelRequirements(scratch));
            run(compile, what, settings);
            requirements.addAll(List.of("-r", locked.toString()));
        }
        Path folder = scratch.resolve("site-packages");
        List<String> install = new ArrayList<>();
        install.addAll(List.of(uv.toString(), "pip", "install", "--target", folder.toString()));
        install.addAll(target);
        install.addAll(List.of("--only-binary", ":all:"));
        install.addAll(requirements);
        run(install, what, settings);
        return folder;
    }

    private List<String> modelRequirements(Path scratch) throws IOException {
        BuildOrder.ModelNeeds model = order.model();
        Map<String, String> versions = new TreeMap<>();
        model.libraries()
                .forEach((name, version) -> versions.put(SitePackages.normal(name), version));
        List<String> wanted = new ArrayList<>();
        for (String name : model.imports()) {
            String version = versions.get(SitePackages.normal(name));
            if (version == null || !isPin(name, version)) {
                throw new StepException(
                        "buildServingImage: model.json of %s says that the artifact imports '%s',"
                                        .formatted(model.name(), name)
                                + " but not in which version: give 'requirements'");
            }
            wanted.add(name + "==" + version);
        }
        List<String> all = new ArrayList<>();
        versions.forEach(
                (name, version) -> {
                    if (isPin(name, version)) {
                        all.add(name + "==" + version);
                    }
                });
        return List.of(
                Files.write(scratch.resolve("model.txt"), wanted).toString(),
                "--constraint",
                Files.write(scratch.resolve("model-environment.txt"), all).toString());
    }

    private static boolean isPin(String name, String version) {
        return NAME.matcher(name).matches() && VERSION.matcher(version).matches();
    }

    private void run(List<String> command, String what, Map<String, String> settings)
            throws IOException, InterruptedException {
        Command.Outcome outcome =
                Command.run(
                        command,
                        directory,
                        settings,
                        line -> {
                            if (TOLD.matcher(line).lookingAt()) {
                                progress.say("dependencies: " + clean(line.strip()));
                            }
                        });
        if (!outcome.ok()) {
            throw new StepException(
                    "buildServingImage: the dependencies can't be resolved from "
                            + what
                            + sourceOnly(outcome.errors())
                            + ":\n"
                            + clean(outcome.errors().strip()));
        }
    }

    /** What to do about a distribution that would have to be built. */
    private static String sourceOnly(String errors) {
        Matcher source = SOURCE_ONLY.matcher(errors);
        return source.find()
                ? ", since there is no wheel of '%s' for the image's Python and platform, and sources aren't built here: require a version that has one, put one into your package index (pip wheel), or install it in a 'dockerfile'"
                        .formatted(source.group(1).replaceFirst(" @ .*", ""))
                : "";
    }

    private String clean(String text) {
        return PackageIndex.mask(text, packageIndex);
    }

    /** A hash of all that decides what is in the layer; nothing if some of that is a local path. */
    private Optional<String> key(String python, String platform) throws IOException {
        MessageDigest hash = Hashes.sha256();
        add(hash, FORMAT, python, platform);
        PackageIndex.identity(environment).forEach(each -> add(hash, each));
        hash.update(order.runtime().get(ServingRuntime.REQUIREMENTS));
        if (order.requirements() != null) {
            if (!addFile(hash, directory.resolve(order.requirements()), 0)) {
                return Optional.empty();
            }
        } else if (order.model() != null) {
            order.model().imports().forEach(each -> add(hash, each));
            new TreeMap<>(order.model().libraries())
                    .forEach((name, version) -> add(hash, name, version));
        }
        return Optional.of(Hashes.name(hash).substring("sha256:".length()));
    }

    private static boolean addFile(MessageDigest hash, Path file, int depth) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new StepException("buildServingImage: there is no requirements file " + file);
        }
        byte[] bytes = Files.readAllBytes(file);
        hash.update(bytes);
        if (file.toString().endsWith(".toml")) {
            return true;
        }
        for (String line : new String(bytes, StandardCharsets.UTF_8).split("\\R")) {
            String text = line.strip();
            Matcher nested = NESTED.matcher(text);
            if (nested.matches()) {
                if (nested.group(1).contains("://")
                        || depth > 10
                        || !addFile(hash, file.resolveSibling(nested.group(1)), depth + 1)) {
                    return false;
                }
            } else if (LOCAL.matcher(text).matches()) {
                return false;
            }
        }
        return true;
    }

    private static void add(MessageDigest hash, String... texts) {
        for (String text : texts) {
            hash.update(text.getBytes(StandardCharsets.UTF_8));
            hash.update((byte) 0);
        }
    }
}
