package io.modeltoecs.engine.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeMap;

/** What a built image is, in a real registry, with dependencies that a real uv resolved. */
class ImageBuildTest {
    @TempDir static Path shared;
    static LocalRegistry registry;
    static String base;

    @TempDir Path scratch;

    @BeforeAll
    static void start() throws Exception {
        registry = new LocalRegistry(shared);
        base = registry.base("base/python:3.11", Map.of("PYTHON_VERSION", "3.11.2"));
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    private BuildOrder order(String repository) {
        return Orders.on(registry.host(), repository, base);
    }

    private Project service(String name) throws Exception {
        return new Project(scratch.resolve(name), shared.resolve("caches"))
                .write("app.py", "app = None\n")
                .write("requirements.txt", "click==8.1.8\n");
    }

    private JsonNode config(BuiltImage image, String repository) throws Exception {
        JsonNode manifest = registry.json(repository + "/manifests/" + image.digest());
        return registry.json(
                repository + "/blobs/" + manifest.path("config").path("digest").asText());
    }

    private List<Map<String, TarArchiveEntry>> layers(BuiltImage image, String repository)
            throws Exception {
        List<Map<String, TarArchiveEntry>> layers = new ArrayList<>();
        for (JsonNode layer :
                registry.json(repository + "/manifests/" + image.digest()).path("layers")) {
            layers.add(
                    Project.entries(
                            registry.get(repository + "/blobs/" + layer.path("digest").asText())));
        }
        return layers;
    }

    @Test
    void hasTheLayoutThatTheRuntimeStartsFrom() throws Exception {
        Project project = service("layout").commit();
        BuiltImage image =
                project.run(
                        Orders.change(
                                order("team/layout"),
                                Map.of(
                                        "requirements",
                                        "requirements.txt",
                                        "port",
                                        9000,
                                        "allow",
                                        List.of("fairlib.Model", "own.*"),
                                        "labels",
                                        new TreeMap<>(Map.of("team", "iris")))));

        JsonNode root = config(image, "team/layout");
        JsonNode config = root.path("config");
        assertThat(config.path("User").asText()).isEqualTo("10001:10001");
        assertThat(config.path("WorkingDir").asText()).isEqualTo("/app");
        assertThat(config.path("Cmd").toString())
                .isEqualTo("[\"python3\",\"-m\",\"model_to_ecs\"]");
        assertThat(config.has("Entrypoint")).isFalse();
        assertThat(config.path("ExposedPorts").has("9000/tcp")).isTrue();
        assertThat(config.path("Env"))
                .extracting(JsonNode::asText)
                .contains(
                        "PYTHON_VERSION=3.11.2",
                        "PYTHONPATH=/opt/model-to-ecs/runtime:/opt/model-to-ecs/site-packages",
                        "PYTHONUNBUFFERED=1",
                        "PYTHONDONTWRITEBYTECODE=1",
                        "PORT=9000",
                        "MODEL_ALLOW=fairlib.Model,own.*");

        JsonNode labels = config.path("Labels");
        assertThat(labels.path("org.opencontainers.image.created").asText())
                .isEqualTo("2026-01-02T03:04:05Z");
        assertThat(root.path("created").asText()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(labels.path("org.opencontainers.image.source").asText())
                .isEqualTo("https://git.example.com/team/iris.git");
        assertThat(labels.path("org.opencontainers.image.revision").asText()).hasSize(40);
        assertThat(labels.path("io.modeltoecs.python").asText()).isEqualTo("3.11");
        assertThat(labels.path("io.modeltoecs.allow").asText()).isEqualTo("fairlib.Model,own.*");
        assertThat(labels.path("team").asText()).isEqualTo("iris");
        JsonNode libraries =
                new ObjectMapper().readTree(labels.path("io.modeltoecs.libraries").asText());
        assertThat(libraries.path("click").asText()).isEqualTo("8.1.8");
        assertThat(libraries.path("itsdangerous").asText()).isEqualTo("2.2.0");

        List<Map<String, TarArchiveEntry>> layers = layers(image, "team/layout");
        assertThat(layers).hasSize(4);
        assertThat(root.path("rootfs").path("diff_ids")).hasSize(4);
        assertThat(layers.get(1))
                .containsKeys(
                        "opt/model-to-ecs/site-packages/click/core.py",
                        "opt/model-to-ecs/site-packages/itsdangerous/__init__.py")
                .allSatisfy((path, entry) -> assertThat(path).doesNotEndWith(".pyc"));
        assertThat(layers.get(2))
                .containsKeys(
                        "opt/model-to-ecs/runtime/model_to_ecs/__init__.py",
                        "opt/model-to-ecs/runtime/allowed-imports.txt");
        assertThat(layers.get(3)).containsOnlyKeys("app/", "app/app.py", "app/requirements.txt");
        assertThat(layers.get(3).get("app/app.py").getLongUserId()).isZero();

        assertThat(image.toResult().keySet())
                .containsExactly(
                        "repository",
                        "tag",
                        "digest",
                        "reference",
                        "sizeBytes",
                        "layersPushed",
                        "layersReused",
                        "base");
        assertThat(image.reference()).isEqualTo(registry.host() + "/team/layout@" + image.digest());
        assertThat(image.base()).startsWith(registry.host() + "/base/python@sha256:");
        assertThat(image.tag()).matches("[0-9a-f]{12}-7");
        assertThat(registry.json("team/layout/manifests/" + image.tag()).path("layers")).hasSize(4);
    }

    @Test
    void severalPlatformsAreOneIndex() throws Exception {
        Map<String, String> python = Map.of("PYTHON_VERSION", "3.11.2");
        String both = registry.base("base/both:3.11", python, "amd64", "arm64");
        Project project =
                service("platforms").write("requirements.txt", "markupsafe==2.1.5\n").commit();
        List<String> platforms = new ArrayList<>(List.of("linux/amd64", "linux/arm64"));
        BuildOrder order =
                Orders.change(
                        Orders.on(registry.host(), "platforms", both),
                        Map.of("platforms", platforms, "requirements", "requirements.txt"));
        BuiltImage image = project.run(order);
        JsonNode index = registry.json("platforms/manifests/" + image.tag());
        assertThat(index.path("manifests")).hasSize(2);
        for (int i = 0; i < 2; i++) {
            JsonNode entry = index.path("manifests").get(i);
            String architecture = entry.path("platform").path("architecture").asText();
            assertThat(platforms.get(i)).isEqualTo("linux/" + architecture);
            JsonNode manifest =
                    registry.json("platforms/manifests/" + entry.path("digest").asText());
            JsonNode config =
                    registry.json(
                            "platforms/blobs/" + manifest.path("config").path("digest").asText());
            assertThat(config.path("architecture").asText()).isEqualTo(architecture);
            byte[] dependencies =
                    registry.get(
                            "platforms/blobs/"
                                    + manifest.path("layers").get(1).path("digest").asText());
            String machine = i == 0 ? "x86_64" : "aarch64";
            assertThat(Project.entries(dependencies))
                    .containsKey(
                            "opt/model-to-ecs/site-packages/markupsafe/_speedups.cpython-311-%s-linux-gnu.so"
                                    .formatted(machine));
        }
        // the base, two layers of dependencies, runtime and application: what is shared counts once
        assertThat(image.layersPushed() + image.layersReused()).isEqualTo(5);
        assertThat(project.run(order).digest()).isEqualTo(image.digest());
    }

    @Test
    void nothingIsUploadedWhenNothingChanged() throws Exception {
        Project project = service("same").commit();
        BuiltImage first = project.run(order("same"));
        assertThat(first.layersPushed() + first.layersReused()).isEqualTo(4);
        int uploads = registry.requests(".*(PATCH|POST) .*/v2/same/blobs.*").size();
        BuiltImage second = project.run(order("same"));
        assertThat(second.digest()).isEqualTo(first.digest());
        assertThat(second.layersPushed()).isZero();
        assertThat(second.layersReused()).isEqualTo(4);
        assertThat(uploads).isPositive();
        assertThat(registry.requests(".*(PATCH|POST) .*/v2/same/blobs.*")).hasSize(uploads);
    }

    /** A tag that moves during a day doesn't change what that day's builds stand on. */
    @Test
    void theBaseIsAskedForOnceADay() throws Exception {
        Map<String, String> python = Map.of("PYTHON_VERSION", "3.11.2");
        String moving = registry.base("base/moving:3.11", python);
        BuildOrder order = Orders.change(order("daily"), Map.of("base", moving));
        Project project = service("daily").commit();
        BuiltImage first = project.run(order);
        registry.base("base/moving:3.11", Map.of("PYTHON_VERSION", "3.11.9"));
        int asked = registry.requests(".*/v2/base/moving/manifests/.*").size();
        assertThat(project.run(order)).extracting(BuiltImage::base).isEqualTo(first.base());
        assertThat(registry.requests(".*/v2/base/moving/manifests/.*")).hasSize(asked);

        Path bases = LayerCache.root(project.environment).resolve("bases");
        try (var files = Files.list(bases)) {
            for (Path tag : files.filter(each -> each.toString().endsWith(".tag")).toList()) {
                String entry = Files.readString(tag);
                String today = LocalDate.now(ZoneOffset.UTC).toString();
                assertThat(entry).contains(today);
                Files.writeString(tag, entry.replace(today, "2026-01-02"));
            }
        }
        assertThat(project.run(order).base()).isNotEqualTo(first.base());
    }

    @Test
    void aCodeChangeUploadsTheApplicationAlone() throws Exception {
        Project project = service("change").commit();
        BuiltImage first = project.run(order("change"));
        project.write("app.py", "app = 'another'\n").commit();
        project.lines.clear();
        BuiltImage second = project.run(order("change"));
        assertThat(second.digest()).isNotEqualTo(first.digest());
        assertThat(second.layersPushed()).isEqualTo(1);
        assertThat(second.layersReused()).isEqualTo(3);
        assertThat(project.lines)
                .anyMatch(line -> line.startsWith("pushed layer application: "))
                .anyMatch(line -> line.startsWith("dependencies: unchanged"));
    }

    @Test
    void theSameInputsGiveTheSameDigestAnywhere() throws Exception {
        Project one = service("here").write("bin/start", "#!/bin/sh\n");
        one.folder.resolve("bin/start").toFile().setExecutable(true);
        one.commit();
        Project other =
                new Project(scratch.resolve("some/where/else"), scratch.resolve("other-caches"));
        // git makes files as the umask has it
        Process clone =
                new ProcessBuilder("sh", "-c", "umask 077 && git clone -q \"$1\" .", "sh", one.folder.toString())
                        .directory(other.folder.toFile())
                        .start();
        assertThat(clone.waitFor()).isZero();
        other.git("remote", "set-url", "origin", "https://git.example.com/team/iris.git");
        for (String file : List.of("app.py", "bin/start", "bin")) {
            Path path = other.folder.resolve(file);
            path.toFile().setReadable(false, false);
            path.toFile().setReadable(true, true);
            Files.setLastModifiedTime(path, FileTime.from(Instant.parse("2020-02-02T02:02:02Z")));
        }
        BuildOrder order = order("anywhere");
        Map<String, Object> requirements = Map.of("requirements", "requirements.txt");
        BuiltImage first = one.run(Orders.change(order, requirements));
        String user = System.getProperty("user.name");
        TimeZone zone = TimeZone.getDefault();
        Locale locale = Locale.getDefault();
        System.setProperty("user.name", "somebody-else");
        other.environment.put("TZ", "Asia/Tokyo");
        TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tokyo"));
        // whose lower case of I isn't i
        Locale.setDefault(Locale.forLanguageTag("tr-TR"));
        try {
            BuiltImage second = other.run(Orders.change(order, requirements));
            assertThat(second.digest()).isEqualTo(first.digest());
            assertThat(second.layersPushed()).isZero();
        } finally {
            System.setProperty("user.name", user);
            TimeZone.setDefault(zone);
            Locale.setDefault(locale);
        }
        assertThat(other.lines).anyMatch(line -> line.startsWith("dependencies: resolving"));
    }

    @Test
    void takesWhatGitTracksLessDockerignorePlusInclude() throws Exception {
        Project project =
                service("tracked")
                        .write(".gitignore", "dist/\n*.secret\n")
                        .write(".dockerignore", "# not for the image\ndocs\n!docs/keep.md\n*.md\n")
                        .write("docs/a.txt", "a")
                        // *.md is for the top alone, as Docker has it
                        .write("docs/keep.md", "k")
                        .write("README.md", "r")
                        .write("notebooks/Ünïcode with spaces.ipynb", "{}")
                        .write("bin/run", "#!/bin/sh\n");
        project.folder.resolve("bin/run").toFile().setExecutable(true);
        Files.createSymbolicLink(project.folder.resolve("passwd"), Path.of("../../passwd"));
        project.commit();
        project.write("untracked.py", "u").write("aws.secret", "AKIA").write("dist/a.js", "j");
        project.write("gone.py", "g").git("add", "gone.py");
        Files.delete(project.folder.resolve("gone.py"));

        BuiltImage image =
                project.run(Orders.change(order("tracked"), Map.of("include", List.of("dist/**"))));

        Map<String, TarArchiveEntry> app = layers(image, "tracked").get(3);
        assertThat(app)
                .containsOnlyKeys(
                        "app/",
                        "app/.dockerignore",
                        "app/.gitignore",
                        "app/app.py",
                        "app/bin/",
                        "app/bin/run",
                        "app/dist/",
                        "app/dist/a.js",
                        "app/docs/",
                        "app/docs/keep.md",
                        "app/notebooks/",
                        "app/notebooks/Ünïcode with spaces.ipynb",
                        "app/passwd",
                        "app/requirements.txt");
        assertThat(app.get("app/bin/run").getMode() & 0777).isEqualTo(0755);
        assertThat(app.get("app/app.py").getMode() & 0777).isEqualTo(0644);
        assertThat(app.get("app/passwd").isSymbolicLink()).isTrue();
        assertThat(image.tag()).contains("-dirty-");
    }

    /** A pyproject.toml, packages below src, an app that is a package, links in and out. */
    @Test
    void otherLayoutsOfRepositories() throws Exception {
        Project project =
                new Project(scratch.resolve("src-layout"), scratch.resolve("caches"))
                        .write(
                                "pyproject.toml",
                                "[project]\nname = 'iris'\nversion = '1'\ndependencies = ['click==8.1.7']\n")
                        .write("src/iris/__init__.py", "")
                        .write("app/__init__.py", "from iris import create_app\n")
                        .write("data/a.txt", "a");
        Files.createSymbolicLink(project.folder.resolve("inside"), Path.of("data/a.txt"));
        Files.createSymbolicLink(project.folder.resolve("outside"), Path.of("/mnt/models/a.pkl"));
        project.commit();
        BuiltImage image =
                project.run(
                        Orders.change(order("layouts"), Map.of("requirements", "pyproject.toml")));
        JsonNode config = config(image, "layouts").path("config");
        assertThat(config.path("Env").toString())
                .contains(
                        "PYTHONPATH=/opt/model-to-ecs/runtime:/opt/model-to-ecs/site-packages:/app/src");
        assertThat(config.path("Labels").has("io.modeltoecs.readiness")).isFalse();
        assertThat(config.path("Labels").path("io.modeltoecs.libraries").asText())
                .contains("\"click\":\"8.1.7\"");
        assertThat(project.lines)
                .anyMatch(line -> line.endsWith("served by its own Flask app"))
                .anyMatch(line -> line.contains("'outside' is a link to outside of '.'"))
                .noneMatch(line -> line.contains("'inside'"));
    }

    @Test
    void outsideGitTheUsualJunkStaysOut() throws Exception {
        Project project =
                service("plain")
                        .write(".env", "TOKEN=1")
                        .write(".venv/lib/a.py", "a")
                        .write("pkg/__pycache__/a.pyc", "a")
                        .write("pkg/a.py", "a");
        BuiltImage image = project.run(order("plain"));
        assertThat(layers(image, "plain").get(3))
                .containsOnlyKeys(
                        "app/", "app/app.py", "app/pkg/", "app/pkg/a.py", "app/requirements.txt");
        assertThat(image.tag()).isEqualTo("build-7");
        assertThat(config(image, "plain").path("created").asText())
                .isEqualTo("1970-01-01T00:00:00Z");
    }

    @Test
    void noSecretIsInTheImageOrTheLog() throws Exception {
        Project project = service("secret").commit();
        BuiltImage image = project.run(order("secret"));
        JsonNode manifest = registry.json("secret/manifests/" + image.digest());
        assertThat(manifest.toString() + config(image, "secret") + project.lines)
                .doesNotContain(LocalRegistry.LOGIN.password())
                .doesNotContain("token@");
        assertThat(LocalRegistry.LOGIN.toString()).doesNotContain("right password");
    }

    @Test
    void aModelBringsItsLibrariesAtTheirVersions() throws Exception {
        Project project = service("model").commit();
        TreeMap<String, String> libraries = new TreeMap<>();
        libraries.put("jinja2", "3.1.4");
        libraries.put("MarkupSafe", "2.1.5");
        libraries.put("itsdangerous", "2.1.0");
        BuiltImage image =
                project.run(
                        Orders.change(
                                order("model"),
                                Map.of(
                                        "model",
                                        new BuildOrder.ModelNeeds(
                                                "iris@20260101T000000Z-00000000",
                                                "3.11.7",
                                                libraries,
                                                new ArrayList<>(List.of("Jinja2"))))));
        String label =
                config(image, "model")
                        .path("config")
                        .path("Labels")
                        .path("io.modeltoecs.libraries")
                        .asText();
        // itsdangerous is the runtime's own: what the training had of it binds nothing
        assertThat(label)
                .isEqualTo(
                        "{\"itsdangerous\":\"2.2.0\",\"jinja2\":\"3.1.4\",\"markupsafe\":\"2.1.5\"}");
    }
}
