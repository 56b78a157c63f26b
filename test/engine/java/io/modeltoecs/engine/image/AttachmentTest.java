package io.modeltoecs.engine.image;

import io.modeltoecs.engine.registry.Manifest;
import io.modeltoecs.engine.registry.RegistryRepository;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.http.Outbound;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is attached where the registry doesn't list referrers, as Distribution 2 doesn't. */
class AttachmentTest {
    @TempDir Path scratch;
    private LocalRegistry registry;
    private RegistryRepository repository;
    private Manifest subject;

    @BeforeEach
    void start() throws Exception {
        registry = new LocalRegistry(scratch);
        registry.base("team/iris:v1", Map.of());
        repository = repository(registry.host());
        subject = repository.manifest("v1").orElseThrow();
    }

    @AfterEach
    void stop() {
        repository.close();
        registry.close();
    }

    private static RegistryRepository repository(String host) {
        return new RegistryRepository(
                host, "team/iris", null, LocalRegistry.LOGIN, true, Outbound.of(Map.of()));
    }

    private Attachment attachment(String type) throws Exception {
        ObjectNode annotations = new ObjectMapper().createObjectNode().put("of", type);
        Attachment attachment = new Attachment(subject, type, type.getBytes(), annotations);
        repository.push(Attachment.NOTHING);
        repository.upload(attachment.content());
        return attachment;
    }

    private String fallback() {
        return "team/iris/manifests/" + subject.digest().replace(':', '-');
    }

    @Test
    void theIndexUnderTheFallbackTagGrows() throws Exception {
        Attachment first = attachment("application/one");
        Attachment second = attachment("application/two");
        assertThat(Attachment.unlisted(List.of(first, second), repository)).hasSize(2);

        Attachment.push(List.of(first), repository);
        assertThat(Attachment.unlisted(List.of(first, second), repository)).containsExactly(second);
        Attachment.push(List.of(second), repository);

        JsonNode index = registry.json(fallback());
        assertThat(index.path("mediaType").asText()).isEqualTo(Manifest.OCI_INDEX);
        assertThat(index.path("manifests"))
                .extracting(entry -> entry.path("digest").asText())
                .containsExactly(first.manifest().digest(), second.manifest().digest());
        assertThat(index.path("manifests"))
                .extracting(
                        entry -> entry.path("artifactType").asText(),
                        entry -> entry.path("annotations").path("of").asText())
                .containsExactly(
                        tuple("application/one", "application/one"),
                        tuple("application/two", "application/two"));

        Attachment.push(List.of(first), repository);
        assertThat(registry.json(fallback())).isEqualTo(index);
    }

    /** The other one read the index before ours was in it, and writes it after us. */
    @Test
    void anotherBuildsIndexDoesNotTakeThePlaceOfOurs() throws Exception {
        Attachment ours = attachment("application/ours");
        Attachment theirs = attachment("application/theirs");
        repository.put(theirs.manifest(), theirs.manifest().digest());
        ObjectNode index = Manifest.form(Manifest.OCI_INDEX);
        index.putArray("manifests").add(theirs.manifest().descriptor());
        Manifest stale = Manifest.of(index);
        String tag = subject.digest().replace(':', '-');
        AtomicBoolean raced = new AtomicBoolean();
        try (Front front =
                        new Front(
                                registry.host(),
                                exchange -> {
                                    String path = exchange.getRequestURI().getPath();
                                    boolean reads = exchange.getRequestMethod().equals("GET");
                                    if (reads
                                            && path.endsWith(tag)
                                            && repository.manifest(tag).isPresent()
                                            && !raced.getAndSet(true)) {
                                        repository.put(stale, tag);
                                    }
                                    return 0;
                                });
                RegistryRepository slow = repository(front.host())) {
            Attachment.push(List.of(ours), slow);
        }
        assertThat(raced).isTrue();
        assertThat(Attachment.unlisted(List.of(ours, theirs), repository)).isEmpty();
    }
}
