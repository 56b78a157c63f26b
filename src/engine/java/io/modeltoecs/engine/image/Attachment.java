package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
    private static final byte[] NOTHING = "{}".getBytes(StandardCharsets.UTF_8);

    Manifest manifest() {
        ObjectNode manifest = Manifest.form(Manifest.OCI).put("artifactType", type);
        manifest.set("config", Manifest.descriptor(EMPTY, NOTHING.length, Hashes.name(NOTHING)));
        manifest.putArray("layers")
                .add(Manifest.descriptor(type, content.length, Hashes.name(content)));
        manifest.set("subject", subject.descriptor());
        manifest.set("annotations", annotations);
        return Manifest.of(manifest);
    }

    boolean isIn(RegistryRepository repository) throws InterruptedException {
        return repository.manifest(manifest().digest()).isPresent();
    }

    /**
     * Puts attachments of one image into the registry.
     *
     * @param attachments with one subject
     */
    static void push(List<Attachment> attachments, RegistryRepository repository)
            throws IOException, InterruptedException {
        List<Attachment> unlisted = new ArrayList<>();
        for (Attachment each : attachments) {
            blob(repository, NOTHING);
            blob(repository, each.content);
            Manifest manifest = each.manifest();
            if (!repository.put(manifest, manifest.digest())) {
                unlisted.add(each);
            }
        }
        if (!unlisted.isEmpty()) {
            list(unlisted, repository);
        }
    }

    private static void blob(RegistryRepository repository, byte[] bytes)
            throws InterruptedException {
        String digest = Hashes.name(bytes);
        if (!repository.has(digest)) {
            repository.push(digest, bytes.length, BlobSource.of(bytes), null, n -> {});
        }
    }

    /** For a registry that doesn't list referrers itself: an index under a tag lists them. */
    private static void list(List<Attachment> attachments, RegistryRepository repository)
            throws IOException, InterruptedException {
        String tag = attachments.get(0).subject.digest().replace(':', '-');
        Map<String, JsonNode> entries = new LinkedHashMap<>();
        Optional<Manifest> known = repository.manifest(tag);
        if (known.isPresent()) {
            for (JsonNode entry : known.get().json().path("manifests")) {
                entries.put(entry.path("digest").asText(), entry);
            }
        }
        for (Attachment each : attachments) {
            ObjectNode entry = each.manifest().descriptor().put("artifactType", each.type);
            entry.set("annotations", each.annotations);
            entries.put(entry.path("digest").asText(), entry);
        }
        ObjectNode index = Manifest.form(Manifest.OCI_INDEX);
        entries.values().forEach(index.putArray("manifests")::add);
        Manifest whole = Manifest.of(index);
        if (!known.map(Manifest::digest).equals(Optional.of(whole.digest()))) {
            repository.put(whole, tag);
        }
    }
}
