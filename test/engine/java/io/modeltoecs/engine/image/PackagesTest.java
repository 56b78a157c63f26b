package io.modeltoecs.engine.image;

import io.modeltoecs.engine.registry.Login;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Dependencies from a package index that asks for a password, on machines with other Pythons. */
class PackagesTest {
    private static final Login LOGIN = new Login("me@team", "p@ss word/1");

    @TempDir static Path shared;
    static LocalRegistry registry;
    static String base;
    static HttpServer index;

    @TempDir Path scratch;

    @BeforeAll
    static void start() throws Exception {
        registry = new LocalRegistry(shared);
        base = registry.base("base/python:3.11", Map.of("PYTHON_VERSION", "3.11.2"));
        index = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        serve("own-lib", "own_lib-1.0-py3-none-any.whl", wheel("own-lib"));
        serve("itsdangerous", "itsdangerous-2.2.0-py3-none-any.whl", wheel("itsdangerous==2.2.0"));
        serve("only-source", "only_source-1.0.tar.gz", new byte[] {1});
        for (String minor : List.of("310", "311", "312")) {
            serve(
                    "for-" + minor,
                    "for_%1$s-1.0-cp%1$s-cp%1$s-manylinux2014_x86_64.whl".formatted(minor),
                    wheel("for-" + minor));
        }
        index.start();
    }

    @AfterAll
    static void stop() {
        registry.close();
        index.stop(0);
    }

    /** A wheel of {@code name==version}, with version 1.0 where none is named. */
    private static byte[] wheel(String requirement) throws IOException {
        String name = requirement.replaceFirst("==.*", "");
        String version = requirement.contains("==") ? requirement.replaceFirst(".*==", "") : "1.0";
        String module = name.replace('-', '_');
        String info = "%s-%s.dist-info/".formatted(module, version);
        Map<String, String> files = new TreeMap<>();
        files.put(module + ".py", "x = 1\n");
        files.put(
                info + "METADATA",
                "Metadata-Version: 2.1\nName: %s\nVersion: %s\n".formatted(name, version));
        files.put(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n");
        files.put(info + "RECORD", "");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, String> file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue().getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }

    private static void serve(String name, String file, byte[] content) {
        byte[] page = "<a href=\"/files/%1$s\">%1$s</a>".formatted(file).getBytes();
        for (Map.Entry<String, byte[]> each :
                Map.of("/simple/" + name + "/", page, "/files/" + file, content).entrySet()) {
            index.createContext(
                            each.getKey(),
                            exchange -> {
                                exchange.getResponseHeaders().set("Content-Type", "text/html");
                                boolean head = exchange.getRequestMethod().equals("HEAD");
                                int length = each.getValue().length;
                                exchange.sendResponseHeaders(200, head ? -1 : length);
                                if (!head) {
                                    exchange.getResponseBody().write(each.getValue());
                                }
                                exchange.close();
                            })
                    .setAuthenticator(
                            new BasicAuthenticator("packages") {
                                @Override
                                public boolean checkCredentials(String user, String password) {
                                    return user.equals(LOGIN.user())
                                            && password.equals(LOGIN.password());
                                }
                            });
        }
    }

    private Project service(String name, String requirements) throws Exception {
        Project project = new Project(scratch.resolve(name), scratch.resolve(name + "-caches"));
        project.environment.remove("PIP_FIND_LINKS");
        project.environment.put("UV_CACHE_DIR", scratch.resolve(name + "-uv").toString());
        project.environment.put(
                "PIP_INDEX_URL", "http://127.0.0.1:" + index.getAddress().getPort() + "/simple/");
        return project.write("requirements.txt", requirements).write("app.py", "app = 1\n");
    }

    private static BuiltImage run(Project project, Login login) throws Exception {
        BuildOrder order =
                Orders.change(
                        Orders.on(registry.host(), project.folder.getFileName().toString(), base),
                        Map.of("requirements", "requirements.txt"));
        ImageBuild build = new ImageBuild(project.folder, project.environment, login);
        Assembly assembly = build.assemble(order, LocalRegistry.LOGIN, project.lines::add);
        return build.push(assembly, LocalRegistry.LOGIN, project.lines::add);
    }

    private static List<byte[]> layers(BuiltImage image, String repository) throws IOException {
        List<byte[]> layers = new ArrayList<>();
        JsonNode manifest = registry.json(repository + "/manifests/" + image.digest());
        for (JsonNode layer : manifest.path("layers")) {
            layers.add(registry.get(repository + "/blobs/" + layer.path("digest").asText()));
        }
        return layers;
    }

    @Test
    void aPrivateIndexLeavesNoPassword() throws Exception {
        Project project = service("private", "own-lib\n");
        BuiltImage image = run(project, LOGIN);
        byte[] dependencies = layers(image, "private").get(1);
        assertThat(Project.entries(dependencies))
                .containsKey("opt/model-to-ecs/site-packages/own_lib.py");
        StringBuilder all = new StringBuilder(String.join("\n", project.lines));
        for (byte[] layer : layers(image, "private")) {
            for (String name : Project.entries(layer).keySet()) {
                all.append(Project.text(layer, name));
            }
        }
        all.append(registry.json("private/manifests/" + image.digest()));
        try (Stream<Path> files = Files.walk(LayerCache.root(project.environment))) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                all.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
        }
        String encoded =
                Base64.getEncoder()
                        .encodeToString((LOGIN.user() + ":" + LOGIN.password()).getBytes());
        assertThat(all)
                .doesNotContain(LOGIN.password())
                .doesNotContain("p%40ss%20word%2F1")
                .doesNotContain(encoded);
    }

    @Test
    void aWrongPasswordIsSaidWithoutIt() throws Exception {
        Project project = service("wrong", "own-lib\n");
        assertThatThrownBy(() -> run(project, new Login(LOGIN.user(), "guessed")))
                .hasMessageContaining("lack of valid authentication credentials (401")
                .hasMessageNotContaining("guessed");
    }

    @Test
    void aDistributionWithoutAWheelIsNamedWithWhatToDo() throws Exception {
        Project project = service("source", "own-lib\nonly-source==1.0\n");
        assertThatThrownBy(() -> run(project, LOGIN))
                .hasMessageContaining(
                        "there is no wheel of 'only-source' for the image's Python and platform")
                .hasMessageContaining("or install it in a 'dockerfile'");
    }

    /** Markers, Python and wheels are the base's, whatever Python resolves them. */
    @Test
    void everyPythonOfAMachineMakesTheSameImage() throws Exception {
        List<Path> pythons = otherPythons();
        assumeTrue(pythons.size() >= 2, "this machine has one Python alone");
        List<String> digests = new ArrayList<>();
        for (Path python : pythons.subList(0, 2)) {
            String version = python.getFileName().toString();
            Path path = Files.createDirectories(scratch.resolve("bin-" + version));
            Files.createSymbolicLink(path.resolve("python3"), python);
            Project project =
                    service(
                            "pythons",
                            """
                            for-310; python_version == "3.10"
                            for-311; python_full_version == "3.11.2" and sys_platform == "linux"
                            for-312; python_version >= "3.12"
                            """);
            project.environment.put("PATH", path + ":" + project.environment.get("PATH"));
            project.environment.put(
                    "XDG_CACHE_HOME", scratch.resolve("caches-" + version).toString());
            BuiltImage image = run(project, LOGIN);
            assertThat(Project.entries(layers(image, "pythons").get(1)))
                    .containsKey("opt/model-to-ecs/site-packages/for_311.py")
                    .doesNotContainKey("opt/model-to-ecs/site-packages/for_312.py");
            digests.add(image.digest());
        }
        assertThat(digests.get(1)).isEqualTo(digests.get(0));
    }

    /** Interpreters of other minor versions than the base's, first those that are installed. */
    private static List<Path> otherPythons() throws IOException {
        List<Path> found = new ArrayList<>();
        String home = System.getenv().getOrDefault("HOME", "/root");
        for (String minor : List.of("3.12", "3.10", "3.13", "3.9", "3.11")) {
            Stream<Path> places = Stream.of(Path.of("/usr/bin"), Path.of("/usr/local/bin"));
            Path pyenv = Path.of(home, ".pyenv", "versions");
            if (Files.isDirectory(pyenv)) {
                try (Stream<Path> versions = Files.list(pyenv)) {
                    List<Path> all = versions.map(each -> each.resolve("bin")).toList();
                    places = Stream.concat(places, all.stream());
                }
            }
            places.map(each -> each.resolve("python" + minor))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .ifPresent(found::add);
        }
        return found;
    }
}
