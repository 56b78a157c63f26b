package io.modeltoecs.engine.image;

import io.modeltoecs.engine.registry.Login;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of Dockerfiles, by the tool that this machine has and a registry behind a login. */
class DockerfileBuildTest {
    private static final Login INDEX = new Login("me", "pass word/1");

    @TempDir static Path shared;
    static LocalRegistry registry;
    static String base;

    @TempDir Path scratch;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(
                Command.find("buildah", System.getenv()).isPresent()
                        || Command.find("podman", System.getenv()).isPresent(),
                "there is neither buildah nor podman");
        registry = new LocalRegistry(shared);
        LayerFiles files = ShellBase.files();
        files.content(
                "usr/lib/python3.11/site-packages/old_one-1.2.dist-info/METADATA",
                "Name: old-one\n".getBytes(),
                false);
        base =
                registry.base(
                        "base/shell:3.11", files, Map.of("PYTHON_VERSION", "3.11.2"), "amd64");
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    private Project service(String name, String dockerfile) throws Exception {
        Project project = new Project(scratch.resolve(name), scratch.resolve("caches"));
        ShellBase.useStorage(project.environment, shared);
        return project.write("Dockerfile", dockerfile).write("app.py", "app = 1\n");
    }

    private static BuildOrder order(String repository, Map<String, ?> changes) {
        Map<String, Object> all = new TreeMap<>(Map.of("dockerfile", "Dockerfile"));
        all.putAll(changes);
        return Orders.change(Orders.on(registry.host(), repository, base), all);
    }

    private static JsonNode config(BuiltImage image, String repository) throws IOException {
        JsonNode manifest = registry.json(repository + "/manifests/" + image.digest());
        return registry.json(
                repository + "/blobs/" + manifest.path("config").path("digest").asText());
    }

    @Test
    void buildsOnTheBaseAndPushesWhatIsNew() throws Exception {
        Project project =
                service(
                                "layout",
                                """
                                ARG BASE
                                FROM $BASE
                                ARG WHO
                                RUN mkdir -p /srv/lib/site-packages/iris_lib-2.0.1.dist-info \\
                                 && echo 'Name: iris-lib' > /srv/lib/site-packages/iris_lib-2.0.1.dist-info/METADATA \\
                                 && rm -r /usr/lib/python3.11/site-packages/old_one-1.2.dist-info \\
                                 && echo "$WHO" > /srv/who
                                COPY app.py /srv/
                                CMD ["cat", "/srv/app.py"]
                                """)
                        .commit();
        BuildOrder order =
                order(
                        "layout",
                        Map.of(
                                "buildArgs",
                                new TreeMap<>(Map.of("WHO", "it is $HOME; \"me\"")),
                                "labels",
                                new TreeMap<>(Map.of("team", "flowers"))));
        BuiltImage image = project.run(order);

        assertThat(image.base()).startsWith(registry.host() + "/base/shell@sha256:");
        JsonNode manifest = registry.json("layout/manifests/" + image.tag());
        JsonNode baseManifest =
                registry.json("base/shell/manifests/" + image.base().replaceFirst(".*@", ""));
        assertThat(manifest.path("layers")).hasSize(3);
        assertThat(manifest.path("layers").get(0).path("digest"))
                .isEqualTo(baseManifest.path("layers").get(0).path("digest"));
        byte[] run =
                registry.get(
                        "layout/blobs/" + manifest.path("layers").get(1).path("digest").asText());
        assertThat(Project.text(run, "srv/who")).isEqualTo("it is $HOME; \"me\"\n");
        JsonNode config = config(image, "layout");
        assertThat(config.path("config").path("Cmd").toString())
                .isEqualTo("[\"cat\",\"/srv/app.py\"]");
        assertThat(config.path("created").asText()).isEqualTo("2026-01-02T03:04:05Z");
        JsonNode labels = config.path("config").path("Labels");
        assertThat(labels.path("team").asText()).isEqualTo("flowers");
        assertThat(labels.path("io.modeltoecs.python").asText()).isEqualTo("3.11");
        assertThat(labels.path("io.modeltoecs.libraries").asText())
                .isEqualTo("{\"iris-lib\":\"2.0.1\"}");
        assertThat(labels.path("org.opencontainers.image.revision").asText()).hasSize(40);

        // the tool's cache has all, and so has the registry
        BuiltImage again = project.run(order);
        assertThat(again.digest()).isEqualTo(image.digest());
        assertThat(again.layersPushed()).isZero();

        project.write("app.py", "app = 2\n").commit();
        BuiltImage changed = project.run(order);
        assertThat(changed.layersPushed()).isEqualTo(1);
        assertThat(changed.layersReused()).isEqualTo(2);
    }

    @Test
    void pipsCredentialsAreMountedAndNowhereElse() throws Exception {
        Project project =
                service(
                        "secret",
                        """
                        ARG BASE
                        FROM $BASE
                        RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \\
                            --mount=type=secret,id=netrc,target=/root/.netrc \\
                            case "$(cat /etc/pip.conf)" in *"index-url = https://me:pass"%20"word%2F1@pip.example.com/simple") echo pip > /seen;; esac; \\
                            case "$(cat /root/.netrc)" in 'machine pip.example.com login me password "pass'\\ 'word/1"') echo netrc >> /seen;; esac; \\
                            cat /etc/pip.conf /root/.netrc
                        """);
        project.environment.put("PIP_INDEX_URL", "https://pip.example.com/simple");
        ImageBuild build = new ImageBuild(project.folder, project.environment, INDEX);
        Assembly assembly =
                build.assemble(order("secret", Map.of()), LocalRegistry.LOGIN, project.lines::add);
        BuiltImage image = build.push(assembly, LocalRegistry.LOGIN, project.lines::add);

        JsonNode manifest = registry.json("secret/manifests/" + image.digest());
        byte[] run =
                registry.get(
                        "secret/blobs/" + manifest.path("layers").get(1).path("digest").asText());
        assertThat(Project.text(run, "seen")).isEqualTo("pip\nnetrc\n");
        String all = project.lines + manifest.toString() + config(image, "secret");
        for (String name : Project.entries(run).keySet()) {
            all += Project.text(run, name);
        }
        assertThat(all)
                .doesNotContain("pass word/1")
                .doesNotContain("pass%20word%2F1")
                .doesNotContain(LocalRegistry.LOGIN.password());
        try (var files = Files.walk(scratch.resolve("caches"))) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .doesNotContain("pass%20word%2F1");
            }
        }
    }

    @Test
    void aFailureHasTheLastLines() throws Exception {
        Project project =
                service("broken", "ARG BASE\nFROM $BASE\nRUN echo it went wrong >&2; exit 3\n");
        assertThatThrownBy(() -> project.run(order("broken", Map.of())))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("can't build 'Dockerfile' for linux/amd64")
                .hasMessageContaining("it went wrong");
    }

    @Test
    void anotherPlatformThatTheMachineCannotRunIsSaid() throws Exception {
        assumeTrue(
                System.getProperty("os.arch").equals("amd64")
                        && !Files.exists(Path.of("/proc/sys/fs/binfmt_misc/qemu-aarch64")),
                "this machine runs programs of arm64");
        String both =
                registry.base(
                        "base/foreign:3.11",
                        new LayerFiles().content("bin/sh", foreignProgram(), true),
                        Map.of("PYTHON_VERSION", "3.11.2"),
                        "amd64",
                        "arm64");
        Project project = service("foreign", "ARG BASE\nFROM $BASE\nRUN echo hello\n");
        BuildOrder order =
                order(
                        "foreign",
                        Map.of(
                                "base",
                                both,
                                "platforms",
                                new ArrayList<>(List.of("linux/arm64"))));
        assertThatThrownBy(() -> project.run(order))
                .hasMessageContaining("this machine can't run programs of linux/arm64: install");
    }

    /** The header of an ELF program for arm64. */
    private static byte[] foreignProgram() {
        byte[] header = new byte[256];
        byte[] start = {0x7f, 'E', 'L', 'F', 2, 1, 1};
        System.arraycopy(start, 0, header, 0, start.length);
        header[16] = 2; // executable
        header[18] = (byte) 0xb7; // arm64
        header[20] = 1;
        return header;
    }

    @Test
    void anAbortEndsAllThatItStarted() throws Exception {
        Project project = service("slow", "ARG BASE\nFROM $BASE\nRUN sleep 4711\n");
        CountDownLatch running = new CountDownLatch(1);
        Thread build =
                new Thread(
                        () -> {
                            try {
                                project.build()
                                        .assemble(
                                                order("slow", Map.of()),
                                                LocalRegistry.LOGIN,
                                                line -> {
                                                    if (line.contains("RUN sleep")) {
                                                        running.countDown();
                                                    }
                                                });
                            } catch (Exception e) {
                                // as it should
                            }
                        });
        build.start();
        assertThat(running.await(60, TimeUnit.SECONDS)).isTrue();
        await(true);
        build.interrupt();
        build.join(20_000);
        assertThat(build.isAlive()).isFalse();
        await(false);
        assertThat(Files.readString(shared.resolve("storage/vfs-containers/containers.json")))
                .as("working containers that are left")
                .isIn("[]", "null");
    }

    private static void await(boolean alive) throws InterruptedException {
        for (int i = 0; i < 200 && sleeps() != alive; i++) {
            Thread.sleep(50);
        }
        assertThat(sleeps()).isEqualTo(alive);
    }

    private static boolean sleeps() {
        return ProcessHandle.allProcesses()
                .anyMatch(
                        each ->
                                each.info().commandLine().orElse("").endsWith("sleep 4711"));
    }

    @Test
    void aDockerfileWithItsOwnBaseIsBuiltAsItIs() throws Exception {
        Project project = service("own", "FROM scratch\nCOPY app.py /srv/\n");
        BuiltImage image = project.run(order("own", Map.of()));
        assertThat(image.base()).isNull();
        assertThat(image.layersPushed()).isEqualTo(1);
        assertThat(config(image, "own").path("config").path("Labels").has("io.modeltoecs.python"))
                .isFalse();
    }

    @Test
    void aToolThatDoesNotWorkIsPassedOver() throws Exception {
        Project project = service("tools", "FROM scratch\nCOPY app.py /srv/\n");
        Path broken = Files.createDirectories(scratch.resolve("broken"));
        Path buildah = broken.resolve("buildah");
        Files.writeString(buildah, "#!/bin/sh\necho 'no subuid ranges' >&2\nexit 125\n");
        buildah.toFile().setExecutable(true);
        project.environment.put("PATH", broken + ":" + project.environment.get("PATH"));
        if (Command.find("podman", System.getenv()).isPresent()) {
            project.run(order("tools", Map.of()));
            assertThat(project.lines)
                    .contains("Dockerfile: buildah doesn't work here: no subuid ranges")
                    .anyMatch(line -> line.endsWith("for linux/amd64 with podman"));
        }
        project.environment.put("PATH", broken.toString());
        assertThatThrownBy(() -> BuildTool.find(project.environment, line -> {}))
                .hasMessageContaining("needs buildah, podman or docker")
                .hasMessageContaining("buildah says: no subuid ranges")
                .hasMessageContaining("docker isn't on the PATH");
    }

    @Test
    void argBaseIsFoundWhereItCounts() throws IOException {
        assertThat(dockerfile("ARG BASE\nFROM $BASE\n")).isEqualTo(new Dockerfile(true, false));
        assertThat(dockerfile("# x\narg A=1 BASE=debian:12 C\nFROM $BASE\n"))
                .isEqualTo(new Dockerfile(true, true));
        assertThat(dockerfile("FROM debian:12\nARG BASE\n")).isEqualTo(new Dockerfile(false, false));
        assertThat(dockerfile("ARG BASEMENT\nARG A=BASE\nFROM debian:12\n"))
                .isEqualTo(new Dockerfile(false, false));
    }

    private Dockerfile dockerfile(String text) throws IOException {
        return Dockerfile.read(Files.writeString(scratch.resolve("Dockerfile.x"), text));
    }
}
