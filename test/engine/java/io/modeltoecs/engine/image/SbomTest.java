package io.modeltoecs.engine.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bill of materials and provenance, in a registry that doesn't list referrers itself. */
class SbomTest {
    @TempDir static Path shared;
    static LocalRegistry registry;

    @TempDir Path scratch;

    @BeforeAll
    static void start() throws Exception {
        registry = new LocalRegistry(shared);
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    private BuildOrder order(String repository, String base, Map<String, ?> changes) {
        Map<String, Object> all = new HashMap<>(changes);
        all.put("sbom", true);
        return Orders.change(Orders.on(registry.host(), repository, base), all);
    }

    private Map<String, JsonNode> referrers(String repository, String digest) throws Exception {
        Map<String, JsonNode> contents = new HashMap<>();
        JsonNode index = registry.json(repository + "/manifests/" + digest.replace(':', '-'));
        for (JsonNode entry : index.path("manifests")) {
            JsonNode manifest =
                    registry.json(repository + "/manifests/" + entry.path("digest").asText());
            assertThat(manifest.path("subject").path("digest").asText()).isEqualTo(digest);
            assertThat(manifest.path("artifactType")).isEqualTo(entry.path("artifactType"));
            String blob = manifest.path("layers").path(0).path("digest").asText();
            contents.put(
                    entry.path("artifactType").asText(),
                    registry.json(repository + "/blobs/" + blob));
        }
        return contents;
    }

    private static Map<String, JsonNode> components(JsonNode sbom) {
        Map<String, JsonNode> components = new HashMap<>();
        sbom.path("components").forEach(each -> components.put(each.path("purl").asText(), each));
        return components;
    }

    @Test
    void whatIsInstalledIsListedAndHowItWasMadeIsTold() throws Exception {
        String base = registry.base("base/python:3.11", Map.of("PYTHON_VERSION", "3.11.2"));
        Project project =
                new Project(scratch.resolve("service"), scratch.resolve("caches"))
                        .write("app.py", "app = 1\n")
                        .commit();
        BuildOrder order = order("team/iris", base, Map.of("tags", List.of("v1")));
        BuiltImage image = project.run(order);

        Map<String, JsonNode> attached = referrers("team/iris", image.digest());
        assertThat(attached).containsOnlyKeys(Sbom.TYPE, Provenance.TYPE);
        JsonNode sbom = attached.get(Sbom.TYPE);
        assertThat(sbom.path("specVersion").asText()).isEqualTo("1.5");
        assertThat(sbom.path("metadata").path("timestamp").asText())
                .isEqualTo("2026-01-02T03:04:05Z");
        Map<String, JsonNode> components = components(sbom);
        assertThat(components)
                .containsOnlyKeys(
                        "",
                        "pkg:pypi/itsdangerous@2.2.0",
                        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u7?arch=amd64&distro=debian-12");
        JsonNode python = components.get("pkg:pypi/itsdangerous@2.2.0");
        assertThat(python.path("licenses").toString()).contains("BSD");
        assertThat(python.path("properties").toString()).contains("record-sha256");

        JsonNode statement = attached.get(Provenance.TYPE);
        assertThat(statement.path("subject").path(0).path("digest").path("sha256").asText())
                .isEqualTo(image.digest().substring("sha256:".length()));
        JsonNode definition = statement.path("predicate").path("buildDefinition");
        List<String> uris =
                StreamSupport.stream(
                                definition.path("resolvedDependencies").spliterator(), false)
                        .map(each -> each.path("uri").asText())
                        .toList();
        assertThat(uris)
                .containsExactly("git+https://git.example.com/team/iris.git", image.base());
        assertThat(definition.path("externalParameters").path("port").asInt()).isEqualTo(8080);

        int uploads = registry.requests(".*\"(POST|PATCH|PUT) /v2/team/iris/.*").size();
        BuiltImage again = project.run(order);
        assertThat(again.digest()).isEqualTo(image.digest());
        assertThat(registry.requests(".*\"(POST|PATCH|PUT) /v2/team/iris/.*")).hasSize(uploads);

        // another machine, another registry's path: the same bytes
        Project other =
                new Project(scratch.resolve("other"), scratch.resolve("other-caches"))
                        .write("app.py", "app = 1\n")
                        .commit();
        assertThat(other.run(order).digest()).isEqualTo(image.digest());
        assertThat(registry.requests(".*\"(POST|PATCH|PUT) /v2/team/iris/.*")).hasSize(uploads);
    }

    @Test
    void eachPlatformHasItsOwn() throws Exception {
        String base =
                registry.base(
                        "base/both:3.11", Map.of("PYTHON_VERSION", "3.11.2"), "amd64", "arm64");
        Project project =
                new Project(scratch.resolve("service"), scratch.resolve("caches"))
                        .write("app.py", "app = 1\n");
        BuiltImage image =
                project.run(
                        order(
                                "team/both",
                                base,
                                Map.of(
                                        "platforms",
                                        new ArrayList<>(List.of("linux/amd64", "linux/arm64")))));
        assertThat(referrers("team/both", image.digest())).containsOnlyKeys(Provenance.TYPE);
        JsonNode index = registry.json("team/both/manifests/" + image.digest());
        assertThat(index.path("manifests")).hasSize(2);
        for (JsonNode each : index.path("manifests")) {
            assertThat(referrers("team/both", each.path("digest").asText()))
                    .containsOnlyKeys(Sbom.TYPE);
        }
    }

    @Test
    void whatALayerTakesAwayIsNotListed() throws Exception {
        LayerInventory lower =
                inventory(
                        new LayerFiles()
                                .content(
                                        "usr/lib/python3/dist-packages/a-1.dist-info/METADATA",
                                        "Name: a\nVersion: 1\n\nName: no".getBytes(),
                                        false)
                                .content(
                                        "srv/site-packages/b-1.dist-info/METADATA",
                                        "Name: b\nVersion: 1\n".getBytes(),
                                        false)
                                .content(
                                        "lib/apk/db/installed",
                                        "P:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\n\n".getBytes(),
                                        false)
                                .content("var/lib/rpm/rpmdb.sqlite", new byte[10], false));
        LayerInventory upper =
                inventory(
                        new LayerFiles()
                                .content(
                                        "usr/lib/python3/dist-packages/.wh.a-1.dist-info",
                                        new byte[0],
                                        false)
                                .content("srv/.wh..wh..opq", new byte[0], false)
                                .content(
                                        "srv/site-packages/c-2.dist-info/METADATA",
                                        "Name: c\nVersion: 2\n".getBytes(),
                                        false));
        LayerInventory both = lower.under(upper);
        assertThat(both.found()).containsOnlyKeys(
                "lib/apk/db/installed", "srv/site-packages/c-2.dist-info/METADATA");
        assertThat(both.unread()).containsExactly("an RPM database");
        assertThat(LayerInventory.fromJson(both.toJson())).isEqualTo(both);
        String sbom = new String(Sbom.of(both, "r/i", "sha256:00", "2026-01-02T03:04:05Z"));
        assertThat(sbom)
                .contains("pkg:apk/linux/musl@1.2.4-r2?arch=x86_64", "MIT", "an RPM database");
    }

    private static LayerInventory inventory(LayerFiles files) throws Exception {
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        try (TarWriter tar = new TarWriter(archive)) {
            files.writeTo(tar);
        }
        return LayerInventory.of(new ByteArrayInputStream(archive.toByteArray()));
    }
}
