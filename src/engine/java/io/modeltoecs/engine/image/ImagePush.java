package io.modeltoecs.engine.image;

import com.google.cloud.tools.jib.api.DescriptorDigest;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.blob.Blob;
import com.google.cloud.tools.jib.blob.Blobs;
import com.google.cloud.tools.jib.hash.Digests;
import com.google.cloud.tools.jib.image.json.OciManifestTemplate;
import com.google.cloud.tools.jib.registry.ManifestAndDigest;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Activity;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

    private final Assembly assembly;
    private final Login login;
    private final LayerCache cache;
    private final Progress progress;
    private final ImageReference base;
    private final boolean sameRegistry;

    ImagePush(Assembly assembly, Login login, LayerCache cache, Progress progress) {
        this.assembly = assembly;
        this.login = login;
        this.cache = cache;
        this.progress = progress;
        this.base = BaseImage.parse(assembly.base());
        this.sameRegistry = base.getRegistry().equals(assembly.registry());
    }

    BuiltImage run() throws IOException, InterruptedException {
        byte[] config = assembly.config().getBytes(StandardCharsets.UTF_8);
        String configDigest = Hashes.name(config);
        OciManifestTemplate manifest = manifest(config.length, configDigest);
        String digest = Digests.computeJsonDigest(manifest).toString();
        int pushed = 0;
        try (RegistryRepository repository =
                RegistryRepository.open(
                        assembly.registry(), assembly.repository(), mountFrom(), login, true)) {
            List<String> missingTags = new ArrayList<>();
            for (String tag : assembly.tags()) {
                if (!names(repository, tag, digest)) {
                    missingTags.add(tag);
                }
            }
            boolean there =
                    missingTags.size() < assembly.tags().size()
                            || repository.manifest(digest).isPresent();
            if (there) {
                progress.say("layers: the registry has this image already");
            } else {
                pushed = pushLayers(repository);
                if (!repository.has(configDigest)) {
                    repository.push(configDigest, Blobs.from(assembly.config()), null, n -> {});
                }
            }
            for (String tag : missingTags) {
                repository.tag(manifest, tag);
            }
        }
        return built(digest, config.length, pushed);
    }

    private BuiltImage built(String digest, long configBytes, int pushed) {
        long bytes =
                configBytes
                        + assembly.layers().stream().mapToLong(Assembly.ImageLayer::bytes).sum();
        BuiltImage image =
                new BuiltImage(
                        assembly.registry() + "/" + assembly.repository(),
                        assembly.tags().get(0),
                        digest,
                        bytes,
                        pushed,
                        assembly.layers().size() - pushed,
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
        boolean other = !base.getRepository().equals(assembly.repository());
        return sameRegistry && other ? base.getRepository() : null;
    }

    private boolean names(RegistryRepository repository, String tag, String digest)
            throws InterruptedException {
        Optional<String> named =
                repository
                        .manifest(tag)
                        .map(ManifestAndDigest::getDigest)
                        .map(DescriptorDigest::toString);
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

    private OciManifestTemplate manifest(long configBytes, String configDigest) {
        try {
            OciManifestTemplate manifest = new OciManifestTemplate();
            manifest.setContainerConfiguration(
                    configBytes, DescriptorDigest.fromDigest(configDigest));
            for (Assembly.ImageLayer layer : assembly.layers()) {
                manifest.addLayer(layer.bytes(), DescriptorDigest.fromDigest(layer.digest()));
            }
            return manifest;
        } catch (DigestException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private int pushLayers(RegistryRepository repository) throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        try (RegistryRepository source = openBase()) {
            List<Future<Boolean>> pushes = new ArrayList<>();
            for (Assembly.ImageLayer layer : assembly.layers()) {
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

    private RegistryRepository openBase() throws InterruptedException {
        return RegistryRepository.open(
                base.getRegistry(), base.getRepository(), null, sameRegistry ? login : null, false);
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
        Blob blob = layer.ours() ? cached(layer) : source.blob(layer.digest());
        String mountFrom = layer.ours() ? null : mountFrom();
        boolean pushed = repository.push(layer.digest(), blob, mountFrom, activity::done);
        if (pushed) {
            activity.end();
        } else {
            progress.say(
                    "%s: taken over from %s, %s"
                            .formatted(what, mountFrom, Amounts.bytes(layer.bytes())));
        }
        return pushed;
    }

    private Blob cached(Assembly.ImageLayer layer) {
        Path file = cache.file(layer.digest());
        if (!Files.isRegularFile(file)) {
            throw new StepException(
                    "the layer '%s' isn't in the cache any more; build again"
                            .formatted(layer.what()));
        }
        return Blobs.from(file);
    }
}
