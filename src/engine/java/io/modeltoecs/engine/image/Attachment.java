package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.registry.Hashes;
import io.modeltoecs.engine.registry.Manifest;
import io.modeltoecs.engine.registry.RegistryRepository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;

/**
 * What a registry keeps beside an image and lists as its referrer: a bill of materials, a
 * provenance.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
 *
 * @param subject the image
 * @param type media type of the content
 * @param annotations of its manifest
 */
record Attachment(Manifest subject, String type, byte[] content, ObjectNode annotations) {
    private static final String EMPTY = "application/vnd.oci.empty.v1+json";

    /** What the configuration of their manifests is. */
    static final byte[] NOTHING = "{}".getBytes(StandardCharsets.UTF_8);

    private static final int ATTEMPTS = 5;
    private static final long LONGEST_DELAY_MILLIS = 500;

    Manifest manifest() {
        ObjectNode manifest = Manifest.form(Manifest.OCI).put("artifactType", type);
        manifest.set("config", Manifest.descriptor(EMPTY, NOTHING.length, Hashes.name(NOTHING)));
        manifest.putArray("layers")
                .add(Manifest.descriptor(type, content.length, Hashes.name(content)));
        manifest.set("subject", subject.descriptor());
        manifest.set("annotations", annotations);
        return Manifest.of(manifest);
    }

    /** Those that the registry doesn't list: they aren't there, or the listing was cut off. */
    static List<Attachment> unlisted(List<Attachment> attachments, RegistryRepository repository)
            throws IOException, InterruptedException {
        List<Attachment> unlisted = new ArrayList<>();
        for (List<Attachment> each : bySubject(attachments)) {
            Set<String> listed = listed(each.get(0).subject, repository);
            each.stream()
                    .filter(one -> !listed.contains(one.manifest().digest()))
                    .forEach(unlisted::add);
        }
        return unlisted;
    }

    private static Set<String> listed(Manifest subject, RegistryRepository repository)
            throws IOException, InterruptedException {
        Optional<Manifest> list = repository.referrers(subject.digest());
        if (list.isEmpty()) {
            list = repository.manifest(fallbackTag(subject));
        }
        return entries(list).keySet();
    }

    private static Collection<List<Attachment>> bySubject(List<Attachment> attachments) {
        return attachments.stream()
                .collect(
                        Collectors.groupingBy(
                                each -> each.subject.digest(),
                                LinkedHashMap::new,
                                Collectors.toList()))
                .values();
    }

    /** Puts attachments, whose blobs are there, into the registry. */
    static void push(List<Attachment> attachments, RegistryRepository repository)
            throws IOException, InterruptedException {
        List<Callable<Boolean>> puts = new ArrayList<>();
        for (Attachment each : attachments) {
            Manifest manifest = each.manifest();
            puts.add(() -> repository.put(manifest, manifest.digest()));
        }
        List<Boolean> listed = AtOnce.all(puts);
        List<Attachment> unlisted = new ArrayList<>(attachments);
        unlisted.removeIf(each -> listed.get(attachments.indexOf(each)));
        for (List<Attachment> each : bySubject(unlisted)) {
            list(each, repository);
        }
    }

    /**
     * For a registry that doesn't list referrers itself: an index under a tag lists them. It knows
     * no compare-and-swap; so it is read again, and written again where another build's list took
     * its place.
     */
    private static void list(List<Attachment> attachments, RegistryRepository repository)
            throws IOException, InterruptedException {
        String tag = fallbackTag(attachments.get(0).subject);
        Map<String, JsonNode> ours = new LinkedHashMap<>();
        for (Attachment each : attachments) {
            ObjectNode entry = each.manifest().descriptor().put("artifactType", each.type);
            entry.set("annotations", each.annotations);
            ours.put(entry.path("digest").asText(), entry);
        }
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Map<String, JsonNode> entries = entries(repository.manifest(tag));
            if (entries.keySet().containsAll(ours.keySet())) {
                return;
            }
            if (attempt > 1) {
                Thread.sleep(ThreadLocalRandom.current().nextLong(LONGEST_DELAY_MILLIS));
                entries = entries(repository.manifest(tag));
            }
            entries.putAll(ours);
            ObjectNode index = Manifest.form(Manifest.OCI_INDEX);
            entries.values().forEach(index.putArray("manifests")::add);
            repository.put(Manifest.of(index), tag);
        }
    }

    private static Map<String, JsonNode> entries(Optional<Manifest> index) throws IOException {
        Map<String, JsonNode> entries = new LinkedHashMap<>();
        if (index.isPresent()) {
            for (JsonNode entry : index.get().json().path("manifests")) {
                entries.put(entry.path("digest").asText(), entry);
            }
        }
        return entries;
    }

    private static String fallbackTag(Manifest subject) {
        return subject.digest().replace(':', '-');
    }
}
