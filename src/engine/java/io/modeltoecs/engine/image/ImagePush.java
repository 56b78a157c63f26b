package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.progress.Activity;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import io.modeltoecs.engine.registry.BlobSource;
import io.modeltoecs.engine.registry.Login;
import io.modeltoecs.engine.registry.Manifest;
import io.modeltoecs.engine.registry.RegistryRepository;
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
import java.util.concurrent.Callable;

/**
 * The upload of an image. Layers, several at a time, each only if the registry lacks it, with the
 * small blobs beside them; then the manifests; then what is attached to them; then tag by tag: a
 * tag never names a part of an image.
 */
final class ImagePush {
    static final String CONFIG = "application/vnd.oci.image.config.v1+json";

    private static final String OTHER_TAGS = "give other 'tags'";

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
        List<Manifest> manifests = assembly.manifests();
        Manifest whole = assembly.whole();
        int pushed = 0;
        try (RegistryRepository repository =
                        new RegistryRepository(
                                assembly.registry(),
                                assembly.repository(),
                                mountFrom(),
                                login,
                                true,
                                outbound);
                RegistryRepository source = openBase();
                AtOnce atOnce = new AtOnce()) {
            Map<String, AtOnce.Begun<Boolean>> named = new LinkedHashMap<>();
            for (String tag : assembly.tags()) {
                named.put(tag, atOnce.begin(() -> names(repository, tag, whole.digest())));
            }
            AtOnce.Begun<Boolean> known =
                    atOnce.begin(() -> repository.manifest(whole.digest()).isPresent());
            AtOnce.Begun<List<Attachment>> made = atOnce.begin(() -> attachments(whole, manifests));
            List<String> missingTags = new ArrayList<>();
            for (Map.Entry<String, AtOnce.Begun<Boolean>> tag : named.entrySet()) {
                if (!tag.getValue().result()) {
                    missingTags.add(tag.getKey());
                }
            }
            boolean there = known.result() || missingTags.size() < named.size();
            List<AtOnce.Begun<Boolean>> layers = new ArrayList<>();
            List<AtOnce.Begun<Boolean>> contents = new ArrayList<>();
            if (there) {
                progress.say("layers: the registry has this image already");
            } else {
                for (Assembly.ImageLayer layer : layers()) {
                    layers.add(atOnce.begin(() -> push(repository, source, layer)));
                }
                for (Assembly.PlatformImage image : assembly.images()) {
                    byte[] config = image.config().getBytes(StandardCharsets.UTF_8);
                    contents.add(atOnce.begin(() -> repository.upload(config)));
                }
            }
            List<Attachment> attachments = made.result();
            List<Attachment> unlisted =
                    there ? Attachment.unlisted(attachments, repository) : attachments;
            if (!unlisted.isEmpty()) {
                contents.add(atOnce.begin(() -> repository.push(Attachment.NOTHING)));
            }
            for (Attachment each : unlisted) {
                contents.add(atOnce.begin(() -> repository.upload(each.content())));
            }
            pushed = uploaded(layers);
            uploaded(contents);
            if (!there) {
                AtOnce.all(puts(manifests, repository));
                if (whole.isIndex()) {
                    repository.put(whole, whole.digest());
                }
            }
            // before the tags: what has a tag is complete
            Attachment.push(unlisted, repository);
            if (!attachments.isEmpty()) {
                progress.say(
                        "bill of materials and provenance: "
                                + (unlisted.isEmpty() ? "there already" : "attached"));
            }
            if (assembly.signature() != null) {
                boolean added = assembly.signature().push(repository);
                progress.say("signature: " + (added ? "attached" : "there already"));
            }
            for (String tag : missingTags) {
                repository.tag(whole, tag, OTHER_TAGS);
            }
        }
        return built(whole.digest(), pushed);
    }

    /** Waits for uploads, and counts those that were needed. */
    private static int uploaded(List<AtOnce.Begun<Boolean>> uploads)
            throws IOException, InterruptedException {
        int uploaded = 0;
        for (AtOnce.Begun<Boolean> each : uploads) {
            uploaded += each.result() ? 1 : 0;
        }
        return uploaded;
    }

    private List<Attachment> attachments(Manifest whole, List<Manifest> manifests)
            throws IOException, InterruptedException {
        return assembly.provenance() == null
                ? List.of()
                : new Attachments(assembly, cache, this::openBase, progress).of(whole, manifests);
    }

    private static List<Callable<Boolean>> puts(
            List<Manifest> manifests, RegistryRepository repository) {
        List<Callable<Boolean>> puts = new ArrayList<>();
        manifests.forEach(each -> puts.add(() -> repository.put(each, each.digest())));
        return puts;
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
            throw repository.occupied(
                    tag, named.get(), digest, "tags are immutable here: " + OTHER_TAGS);
        }
        return named.isPresent() && named.get().equals(digest);
    }

    /** Where the base's layers are; null if none of them is needed. */
    private RegistryRepository openBase() {
        if (layers().stream().allMatch(Assembly.ImageLayer::ours)) {
            return null;
        }
        return new RegistryRepository(
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
        BlobSource blob = layer.ours() ? cached(layer) : source.source(layer.digest());
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
