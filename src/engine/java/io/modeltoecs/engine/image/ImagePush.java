package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.progress.Activity;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The upload of an image. Layers first, several at a time, each only if the registry lacks it; then
 * the configuration; then the manifest, tag by tag: a tag never names a part of an image.
 */
final class ImagePush {
    private static final int AT_ONCE = 3;

    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";

    private final Assembly assembly;
    private final Login login;
    private final LayerCache cache;
    private final Outbound outbound;
    private final Progress progress;
    private final ImageName base;
    private final boolean sameRegistry;

    ImagePush(
            Assembly assembly,
            Login login,
            LayerCache cache,
            Outbound outbound,
            Progress progress) {
        this.assembly = assembly;
        this.login = login;
        this.cache = cache;
        this.outbound = outbound;
        this.progress = progress;
        this.base = assembly.base() == null ? null : ImageName.parse(assembly.base());
        this.sameRegistry =
                base != null && base.registry().equals(ImageBuild.host(assembly.registry()));
    }

    BuiltImage run() throws IOException, InterruptedException {
        List<Manifest> manifests = assembly.images().stream().map(ImagePush::manifest).toList();
        Manifest whole = manifests.size() == 1 ? manifests.get(0) : index(manifests);
        int pushed = 0;
        try (RegistryRepository repository =
                RegistryRepository.open(
                        assembly.registry(),
                        assembly.repository(),
                        mountFrom(),
                        login,
                        true,
                        outbound)) {
            List<String> missingTags = new ArrayList<>();
            for (String tag : assembly.tags()) {
                if (!names(repository, tag, whole.digest())) {
                    missingTags.add(tag);
                }
            }
            boolean there =
                    missingTags.size() < assembly.tags().size()
                            || repository.manifest(whole.digest()).isPresent();
            if (there) {
                progress.say("layers: the registry has this image already");
            } else {
                pushed = pushLayers(repository);
                for (Assembly.PlatformImage image : assembly.images()) {
                    pushConfig(repository, image);
                }
                for (Manifest manifest : manifests) {
                    repository.put(manifest, manifest.digest());
                }
                if (whole.isIndex()) {
                    repository.put(whole, whole.digest());
                }
            }
            if (assembly.provenance() != null) {
                // before the tags: what has a tag is complete
                new Attachments(assembly, cache, this::openBase, progress)
                        .push(repository, whole, manifests);
            }
            for (String tag : missingTags) {
                repository.put(whole, tag);
            }
        }
        return built(whole.digest(), pushed);
    }

    private static void pushConfig(RegistryRepository repository, Assembly.PlatformImage image)
            throws InterruptedException {
        byte[] config = image.config().getBytes(StandardCharsets.UTF_8);
        String digest = Hashes.name(config);
        if (!repository.has(digest)) {
            repository.push(digest, config.length, BlobSource.of(config), null, n -> {});
        }
    }

    private static Manifest manifest(Assembly.PlatformImage image) {
        byte[] config = image.config().getBytes(StandardCharsets.UTF_8);
        ObjectNode manifest = Manifest.form(Manifest.OCI);
        manifest.set("config", Manifest.descriptor(CONFIG, config.length, Hashes.name(config)));
        ArrayNode layers = manifest.putArray("layers");
        for (Assembly.ImageLayer layer : image.layers()) {
            layers.add(Manifest.descriptor(layer.type(), layer.bytes(), layer.digest()));
        }
        return Manifest.of(manifest);
    }

    private Manifest index(List<Manifest> manifests) {
        ObjectNode index = Manifest.form(Manifest.OCI_INDEX);
        ArrayNode entries = index.putArray("manifests");
        for (int i = 0; i < manifests.size(); i++) {
            String[] platform = assembly.images().get(i).platform().split("/");
            ObjectNode entry = manifests.get(i).descriptor();
            entry.putObject("platform").put("os", platform[0]).put("architecture", platform[1]);
            entries.add(entry);
        }
        return Manifest.of(index);
    }

    /** The layers of all platforms; what they share counts once. */
    private List<Assembly.ImageLayer> layers() {
        Map<String, Assembly.ImageLayer> layers = new LinkedHashMap<>();
        for (Assembly.PlatformImage image : assembly.images()) {
            image.layers().forEach(layer -> layers.putIfAbsent(layer.digest(), layer));
        }
        return List.copyOf(layers.values());
    }

    private BuiltImage built(String digest, int pushed) {
        List<Assembly.ImageLayer> layers = layers();
        long bytes =
                layers.stream().mapToLong(Assembly.ImageLayer::bytes).sum()
                        + assembly.images().stream()
                                .mapToLong(
                                        image ->
                                                image.config()
                                                        .getBytes(StandardCharsets.UTF_8)
                                                        .length)
                                .sum();
        BuiltImage image =
                new BuiltImage(
                        ImageBuild.host(assembly.registry()) + "/" + assembly.repository(),
                        assembly.tags().get(0),
                        digest,
                        bytes,
                        pushed,
                        layers.size() - pushed,
                        assembly.base());
        Duration took = Duration.ofMillis(System.currentTimeMillis() - assembly.startedAt());
        progress.say(
                "image %s:%s, %s, layers: %d pushed, %d reused, %s, in %s"
                        .formatted(
                                image.repository(),
                                String.join(", ", assembly.tags()),
                                Amounts.bytes(bytes),
                                pushed,
                                image.layersReused(),
                                digest,
                                Amounts.seconds(took)));
        return image;
    }

    private String mountFrom() {
        return sameRegistry && !base.repository().equals(assembly.repository())
                ? base.repository()
                : null;
    }

    private boolean names(RegistryRepository repository, String tag, String digest)
            throws InterruptedException {
        Optional<String> named = repository.manifest(tag).map(Manifest::digest);
        if (assembly.immutable() && named.isPresent() && !named.get().equals(digest)) {
            throw new StepException(
                    "buildServingImage: the tag '%s' of %s/%s names other content, %s, and tags"
                                    .formatted(
                                            tag,
                                            assembly.registry(),
                                            assembly.repository(),
                                            named.get())
                            + " are 'immutable': give other 'tags'");
        }
        return named.isPresent() && named.get().equals(digest);
    }

    private int pushLayers(RegistryRepository repository) throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        try (RegistryRepository source = openBase()) {
            List<Future<Boolean>> pushes = new ArrayList<>();
            for (Assembly.ImageLayer layer : layers()) {
                pushes.add(threads.submit(() -> push(repository, source, layer)));
            }
            int pushed = 0;
            for (Future<Boolean> push : pushes) {
                pushed += push.get() ? 1 : 0;
            }
            return pushed;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StepException told) {
                throw told;
            }
            if (e.getCause() instanceof InterruptedException) {
                throw new InterruptedException();
            }
            throw new IOException("a layer can't be pushed: " + e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    /** Where the base's layers are; null if none of them is needed. */
    private RegistryRepository openBase() throws InterruptedException {
        if (layers().stream().allMatch(Assembly.ImageLayer::ours)) {
            return null;
        }
        return RegistryRepository.open(
                sameRegistry ? assembly.registry() : base.registry(),
                base.repository(),
                null,
                sameRegistry ? login : null,
                false,
                outbound);
    }

    /** Whether the layer had to be uploaded. */
    private boolean push(
            RegistryRepository repository, RegistryRepository source, Assembly.ImageLayer layer)
            throws InterruptedException {
        String what = "layer " + layer.what();
        if (repository.has(layer.digest())) {
            progress.say("%s: there already, %s".formatted(what, Amounts.bytes(layer.bytes())));
            return false;
        }
        Activity activity = new Activity(progress, "pushed " + what, layer.bytes());
        BlobSource blob = layer.ours() ? cached(layer) : source.blob(layer.digest());
        String mountFrom = layer.ours() ? null : mountFrom();
        boolean pushed =
                repository.push(layer.digest(), layer.bytes(), blob, mountFrom, activity::done);
        if (pushed) {
            activity.end();
        } else {
            progress.say(
                    "%s: taken over from %s, %s"
                            .formatted(what, mountFrom, Amounts.bytes(layer.bytes())));
        }
        return pushed;
    }

    private BlobSource cached(Assembly.ImageLayer layer) {
        Path file = cache.file(layer.digest());
        if (!Files.isRegularFile(file)) {
            throw new StepException(
                    "the layer '%s' isn't in the cache any more; build again"
                            .formatted(layer.what()));
        }
        return BlobSource.of(file);
    }
}
