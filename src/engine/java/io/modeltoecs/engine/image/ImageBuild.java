package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import io.modeltoecs.engine.registry.Login;
import io.modeltoecs.engine.registry.RegistryRepository;
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
        Optional<GitState> git;
        try (AtOnce atOnce = new AtOnce()) {
            AtOnce.Begun<Void> registry = atOnce.begin(() -> tryRegistry(order, login));
            git = GitState.of(folder, environment);
            registry.result();
        }
        Commit commit = Commit.of(git);
        List<String> tags = order.tags().isEmpty() ? commit.tags(order) : order.tags();

        Path root = LayerCache.root(environment);
        LayerCache cache = new LayerCache(root);
        cache.prune();
        Bases finder = new Bases(order, directory, root, login, outbound, progress);
        List<BaseImage> bases = finder.of();
        Built built =
                order.dockerfile() == null
                        ? assembled(order, folder, bases, git, commit, root, cache, progress)
                        : fromDockerfile(
                                order,
                                bases,
                                bases.isEmpty() ? null : finder.access(),
                                commit,
                                root,
                                cache,
                                progress);
        return new Assembly(
                order.registry(),
                order.repository(),
                new ArrayList<>(tags),
                order.immutable(),
                built.base(),
                built.images(),
                order.sbom() ? Provenance.predicate(order, commit, built.base()) : null,
                null,
                startedAt);
    }

    private record Built(String base, List<Assembly.PlatformImage> images) {}

    private Built assembled(
            BuildOrder order,
            Path folder,
            List<BaseImage> bases,
            Optional<GitState> git,
            Commit commit,
            Path root,
            LayerCache cache,
            Progress progress)
            throws IOException, InterruptedException {
        AppFiles app = AppFiles.find(folder, git, order.include());
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
                ModelFit.requireFit(
                        order.model(),
                        layer.libraries(),
                        "change 'requirements', or leave them out and the image takes what the model was made with");
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
                "application: %d files, %s, served by %s"
                        .formatted(
                                appFiles.count(),
                                Amounts.bytes(application.bytes()),
                                app.servesItself()
                                        ? "its own Flask app"
                                        : "the stock runtime, since there is no wsgi.py or app.py"));
        for (String link : app.linksOutside()) {
            progress.say(
                    "application: '%s' is a link to outside of '%s': the image gets the link, but not what it points to"
                            .formatted(link, order.app()));
        }

        List<Assembly.PlatformImage> images = new ArrayList<>();
        for (int i = 0; i < bases.size(); i++) {
            BaseImage base = bases.get(i);
            ImageConfig config = new ImageConfig(base.config(), commit.at());
            List<Assembly.ImageLayer> layers = new ArrayList<>(base.layers());
            add(layers, config, "dependencies", resolved.get(i));
            add(layers, config, "serving runtime", runtime);
            add(layers, config, "application", application);
            config.variable("PYTHONPATH", pythonPath(app))
                    .variable("PYTHONUNBUFFERED", "1")
                    .variable("PYTHONDONTWRITEBYTECODE", "1")
                    .variable("PORT", Integer.toString(order.port()))
                    .start("/" + APP, USER, order.port(), "python3", "-m", "model_to_ecs");
            describe(config, order, base.python(), resolved.get(i).libraries(), commit);
            if (!app.servesItself()) {
                // the stock runtime serves, which answers there for sure
                config.label("io.modeltoecs.readiness", "/readyz");
            }
            images.add(
                    new Assembly.PlatformImage(order.platforms().get(i), layers, config.toJson()));
        }
        return new Built(bases.get(0).reference(), images);
    }

    private static String pythonPath(AppFiles app) {
        String path = "/" + RUNTIME + ":/" + Dependencies.FOLDER;
        return app.hasSrcLayout() ? path + ":/" + APP + "/src" : path;
    }

    private Built fromDockerfile(
            BuildOrder order,
            List<BaseImage> bases,
            BuildTool.PullAccess access,
            Commit commit,
            Path root,
            LayerCache cache,
            Progress progress)
            throws IOException, InterruptedException {
        BuildTool tool = BuildTool.find(environment, progress::say);
        PipSecrets secrets = PackageIndex.secrets(environment, packageIndex);
        List<DockerfileBuild.Built> all =
                new DockerfileBuild(order, directory, environment, secrets, root, cache, progress)
                        .build(tool, bases, access);
        List<Assembly.PlatformImage> images = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            DockerfileBuild.Built each = all.get(i);
            String python = BaseImage.python(each.config());
            if (order.model() != null && python != null) {
                ModelFit.requirePython(order.model(), python, "the Dockerfile's image");
                ModelFit.requireFit(
                        order.model(), each.libraries(), "change what the Dockerfile installs");
            }
            ImageConfig config = new ImageConfig(each.config(), commit.at());
            config.dateHistory(bases.isEmpty() ? 0 : bases.get(i).config().path("history").size());
            describe(config, order, python, each.libraries(), commit);
            images.add(
                    new Assembly.PlatformImage(
                            order.platforms().get(i), each.layers(), config.toJson()));
        }
        return new Built(
                bases.isEmpty() ? all.get(0).base().orElse(null) : bases.get(0).reference(),
                images);
    }

    private void requireFiles(BuildOrder order, Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new StepException(
                    "buildServingImage: 'app' is '%s', but there is no such folder in %s"
                            .formatted(order.app(), directory));
        }
        if (order.dockerfile() != null
                && !Files.isRegularFile(directory.resolve(order.dockerfile()))) {
            throw new StepException(
                    "buildServingImage: 'dockerfile' is '%s', but there is no such file in %s"
                            .formatted(order.dockerfile(), directory));
        }
        if (order.requirements() != null
                && !Files.isRegularFile(directory.resolve(order.requirements()))) {
            throw new StepException(
                    "buildServingImage: 'requirements' is '%s', but there is no such file in %s"
                            .formatted(order.requirements(), directory));
        }
    }

    /** What may be wrong with the registry shows before anything costly is done. */
    private Void tryRegistry(BuildOrder order, Login login) throws InterruptedException {
        try (RegistryRepository target =
                new RegistryRepository(
                        order.registry(), order.repository(), null, login, true, outbound)) {
            target.manifest("latest");
            return null;
        }
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

    /** What people and deployments are told of the image. */
    private static void describe(
            ImageConfig config,
            BuildOrder order,
            String python,
            Map<String, String> libraries,
            Commit commit)
            throws IOException {
        config.label("org.opencontainers.image.created", commit.at());
        commit.id().ifPresent(id -> config.label("org.opencontainers.image.revision", id));
        commit.source().ifPresent(url -> config.label("org.opencontainers.image.source", url));
        order.labels().forEach(config::label);
        String allow = String.join(",", order.allow());
        if (!allow.isEmpty()) {
            config.variable("MODEL_ALLOW", allow);
        }
        if (python != null) {
            config.label("io.modeltoecs.python", BaseImage.minor(python));
        }
        config.label("io.modeltoecs.allow", allow)
                .label("io.modeltoecs.libraries", new ObjectMapper().writeValueAsString(libraries));
    }

    @Override
    public BuiltImage push(Assembly assembly, Login login, Progress progress)
            throws IOException, InterruptedException {
        LayerCache cache = new LayerCache(LayerCache.root(environment));
        try {
            return new ImagePush(assembly, login, cache, outbound, progress).run();
        } catch (StepException e) {
            // what was known of the base may be the reason: the next build asks for it anew
            new BaseImages(LayerCache.root(environment)).forgetTags();
            throw e;
        }
    }
}
