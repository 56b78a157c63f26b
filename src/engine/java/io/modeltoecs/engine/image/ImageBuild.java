package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Builds images from the files of this machine, without a Docker daemon. */
public final class ImageBuild implements ImageWorkplace {
    private static final String RUNTIME = "opt/model-to-ecs/runtime";
    private static final String APP = "app";
    private static final String USER = "10001:10001";

    private final Path directory;
    private final Map<String, String> environment;
    private final Outbound outbound;
    private final Login packageIndex;

    /**
     * @param directory the current directory of the step
     * @param environment the build's environment; {@code PATH}, {@code HOME} and the settings of
     *     pip and uv are taken from it
     * @param packageIndex login of the Python package index ({@code pipCredentialsId}), or null
     */
    public ImageBuild(Path directory, Map<String, String> environment, Login packageIndex) {
        this.directory = directory;
        this.environment = Outbound.complete(environment);
        this.outbound = Outbound.of(environment);
        this.packageIndex = packageIndex;
    }

    @Override
    public Assembly assemble(BuildOrder order, Login login, Progress progress)
            throws IOException, InterruptedException {
        long startedAt = System.currentTimeMillis();
        Path folder = directory.resolve(order.app()).normalize();
        requireFiles(order, folder);
        Commit commit = Commit.of(GitState.of(folder, environment));
        List<String> tags = order.tags().isEmpty() ? commit.tags(order) : order.tags();
        tryRegistry(order, login, tags.get(0));

        Path root = LayerCache.root(environment);
        LayerCache cache = new LayerCache(root);
        cache.prune();
        List<BaseImage> bases = new ArrayList<>();
        for (String platform : order.platforms()) {
            bases.add(base(order, platform, login, progress));
        }
        AppFiles app = AppFiles.find(folder, GitState.of(folder, environment), order.include());
        if (order.requirements() == null
                && order.model() == null
                && app.has(ServingRuntime.REQUIREMENTS)) {
            progress.say(
                    "dependencies: the application's requirements.txt isn't used; give"
                            + " requirements: 'requirements.txt'");
        }
        Dependencies dependencies =
                new Dependencies(
                        order, directory, environment, packageIndex, root, cache, progress);
        List<LayerCache.Layer> resolved = new ArrayList<>();
        for (int i = 0; i < bases.size(); i++) {
            BaseImage base = bases.get(i);
            LayerCache.Layer layer =
                    dependencies.layer(
                            base.python(), target(order.platforms().get(i), base.musl()));
            if (order.model() != null) {
                requireFit(order.model(), layer.libraries());
            }
            resolved.add(layer);
        }
        LayerFiles runtimeFiles = new LayerFiles();
        order.runtime()
                .forEach((path, bytes) -> runtimeFiles.content(RUNTIME + "/" + path, bytes, false));
        LayerFiles appFiles = new LayerFiles();
        app.addTo(appFiles, APP);
        LayerCache.Layer runtime = cache.write(runtimeFiles);
        LayerCache.Layer application = cache.write(appFiles);
        progress.say(
                "application: %d files, %s"
                        .formatted(appFiles.count(), Amounts.bytes(application.bytes())));

        List<Assembly.PlatformImage> images = new ArrayList<>();
        for (int i = 0; i < bases.size(); i++) {
            BaseImage base = bases.get(i);
            ImageConfig config = new ImageConfig(base.config(), commit.at());
            List<Assembly.ImageLayer> layers = new ArrayList<>(base.layers());
            add(layers, config, "dependencies", resolved.get(i));
            add(layers, config, "serving runtime", runtime);
            add(layers, config, "application", application);
            describe(config, order, base, resolved.get(i), commit);
            if (!app.has("wsgi.py") && !app.has("app.py")) {
                // the stock runtime serves, which answers there for sure
                config.label("io.modeltoecs.readiness", "/readyz");
            }
            images.add(
                    new Assembly.PlatformImage(order.platforms().get(i), layers, config.toJson()));
        }
        return new Assembly(
                order.registry(),
                order.repository(),
                new ArrayList<>(tags),
                order.immutable(),
                bases.get(0).reference(),
                images,
                startedAt);
    }

    private void requireFiles(BuildOrder order, Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new StepException(
                    "buildServingImage: 'app' is '%s', but there is no such folder in %s"
                            .formatted(order.app(), directory));
        }
        if (order.requirements() != null
                && !Files.isRegularFile(directory.resolve(order.requirements()))) {
            throw new StepException(
                    "buildServingImage: 'requirements' is '%s', but there is no such file in %s"
                            .formatted(order.requirements(), directory));
        }
    }

    /** What may be wrong with the registry shows before anything costly is done. */
    private void tryRegistry(BuildOrder order, Login login, String tag)
            throws InterruptedException {
        try (RegistryRepository target =
                RegistryRepository.open(
                        order.registry(), order.repository(), null, login, true, outbound)) {
            target.manifest(tag);
        }
    }

    private BaseImage base(BuildOrder order, String platform, Login login, Progress progress)
            throws IOException, InterruptedException {
        ImageName name = ImageName.parse(order.base());
        boolean same = name.registry().equals(host(order.registry()));
        BaseImage base;
        try (RegistryRepository repository =
                RegistryRepository.open(
                        same ? order.registry() : name.registry(),
                        name.repository(),
                        null,
                        same ? login : null,
                        false,
                        outbound)) {
            base = BaseImage.resolve(name, order.base(), platform, repository);
        }
        progress.say(
                "base: %s, Python %s, %s, %s"
                        .formatted(
                                base.reference(),
                                base.python(),
                                platform,
                                Amounts.bytes(
                                        base.layers().stream()
                                                .mapToLong(Assembly.ImageLayer::bytes)
                                                .sum())));
        BuildOrder.ModelNeeds model = order.model();
        if (model != null && !BaseImage.minor(model.python()).equals(base.pythonMinor())) {
            throw new StepException(
                    "buildServingImage: the model %s was made with Python %s, but the base '%s' has"
                                    .formatted(model.name(), model.python(), order.base())
                            + " Python %s: give a 'base' with Python %s"
                                    .formatted(base.python(), BaseImage.minor(model.python())));
        }
        return base;
    }

    /** A pickle needs the libraries it was made with, at least their major and minor versions. */
    private static void requireFit(BuildOrder.ModelNeeds model, Map<String, String> installed) {
        for (String name : model.imports()) {
            Optional<String> made = version(model.libraries(), name);
            Optional<String> has = version(installed, name);
            if (made.isPresent() && !has.map(BaseImage::minor).equals(made.map(BaseImage::minor))) {
                throw new StepException(
                        "buildServingImage: the model %s was made with %s %s, but the image gets"
                                        .formatted(model.name(), name, made.get())
                                + " %s: change 'requirements', or leave them out and the image takes what the model was made with"
                                        .formatted(has.orElse("none")));
            }
        }
    }

    private static Optional<String> version(Map<String, String> libraries, String name) {
        return libraries.entrySet().stream()
                .filter(
                        each ->
                                SitePackages.normal(each.getKey())
                                        .equals(SitePackages.normal(name)))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    /** A registry's host and port, as references to images have them. */
    static String host(String registry) {
        return registry.replaceFirst("^http://", "");
    }

    /** The platform as uv names it. */
    private static String target(String platform, boolean musl) {
        String processor = platform.equals("linux/arm64") ? "aarch64" : "x86_64";
        return processor + (musl ? "-unknown-linux-musl" : "-unknown-linux-gnu");
    }

    private static void add(
            List<Assembly.ImageLayer> layers,
            ImageConfig config,
            String what,
            LayerCache.Layer layer) {
        layers.add(
                new Assembly.ImageLayer(what, layer.digest(), layer.bytes(), Assembly.GZIP, true));
        config.layer(what, layer.diffId());
    }

    private static void describe(
            ImageConfig config,
            BuildOrder order,
            BaseImage base,
            LayerCache.Layer dependencies,
            Commit commit)
            throws IOException {
        config.variable("PYTHONPATH", "/" + RUNTIME + ":/" + Dependencies.FOLDER)
                .variable("PYTHONUNBUFFERED", "1")
                .variable("PYTHONDONTWRITEBYTECODE", "1")
                .variable("PORT", Integer.toString(order.port()))
                .start("/" + APP, USER, order.port(), "python3", "-m", "model_to_ecs");
        config.label("org.opencontainers.image.created", commit.at());
        commit.id().ifPresent(id -> config.label("org.opencontainers.image.revision", id));
        commit.source().ifPresent(url -> config.label("org.opencontainers.image.source", url));
        order.labels().forEach(config::label);
        String allow = String.join(",", order.allow());
        if (!allow.isEmpty()) {
            config.variable("MODEL_ALLOW", allow);
        }
        config.label("io.modeltoecs.python", base.pythonMinor())
                .label("io.modeltoecs.allow", allow)
                .label(
                        "io.modeltoecs.libraries",
                        new ObjectMapper().writeValueAsString(dependencies.libraries()));
    }

    @Override
    public BuiltImage push(Assembly assembly, Login login, Progress progress)
            throws IOException, InterruptedException {
        LayerCache cache = new LayerCache(LayerCache.root(environment));
        return new ImagePush(assembly, login, cache, outbound, progress).run();
    }
}
