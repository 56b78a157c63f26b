package io.modeltoecs.engine.image;

import io.modeltoecs.engine.registry.BlobSource;
import io.modeltoecs.engine.registry.Hashes;
import io.modeltoecs.engine.registry.Login;
import io.modeltoecs.engine.registry.Manifest;
import io.modeltoecs.engine.registry.RegistryRepository;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.http.Outbound;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Debian's docker-registry as a process on a free port of the loopback, behind a login. */
final class LocalRegistry implements AutoCloseable {
    static final Login LOGIN = new Login("builder", "right password");

    // htpasswd -nbB builder 'right password'
    private static final String HTPASSWD =
            "builder:$2y$05$.Uu7a7uuwBVt68Fc9fL/oO8OjUr70fWXCdk.IA8v35lnrJzXbjlyS\n";

    private final Path log;
    private final Process process;
    private final int port;
    private final HttpClient client = HttpClient.newHttpClient();

    /** Behind a password. */
    LocalRegistry(Path folder) throws IOException, InterruptedException {
        this(
                folder,
                "",
                "htpasswd: {realm: test, path: %s}"
                        .formatted(Files.writeString(folder.resolve("htpasswd"), HTPASSWD)));
    }

    /**
     * @param http more settings of its HTTP server
     * @param login its settings of {@code auth}
     * @param around a command that starts another one, which follows it
     */
    LocalRegistry(Path folder, String http, String login, String... around)
            throws IOException, InterruptedException {
        log = folder.resolve("registry.log");
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path configuration =
                Files.writeString(
                        folder.resolve("registry.yml"),
                        """
                        version: 0.1
                        log: {level: info, accesslog: {disabled: false}}
                        storage:
                          filesystem: {rootdirectory: %s}
                        http: {addr: '127.0.0.1:%d'%s}
                        auth:
                          %s
                        """
                                .formatted(
                                        Files.createDirectories(folder.resolve("data")),
                                        port,
                                        http,
                                        login));
        List<String> command = new ArrayList<>(List.of(around));
        command.addAll(List.of(program(), "serve", configuration.toString()));
        process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        for (int i = 0; i < 100 && !answers(); i++) {
            Thread.sleep(100);
        }
    }

    /** What src/local-cloud/setup found or fetched, or what is installed. */
    private static String program() throws IOException {
        Path machine = Path.of("../../.local/machine.env");
        List<String> settings = Files.exists(machine) ? Files.readAllLines(machine) : List.of();
        Stream<String> known =
                settings.stream()
                        .filter(line -> line.startsWith("REGISTRY_BIN="))
                        .map(line -> line.substring("REGISTRY_BIN=".length()).replace("'", ""));
        Stream<String> installed =
                Stream.of("docker-registry", "registry")
                        .flatMap(name -> Command.find(name, System.getenv()).stream())
                        .map(Path::toString);
        Optional<String> program = Stream.concat(known, installed).findFirst();
        Assumptions.assumeTrue(
                program.isPresent(), "there is no docker-registry: run src/local-cloud/setup");
        return program.orElseThrow();
    }

    private boolean answers() {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    String host() {
        return "127.0.0.1:" + port;
    }

    /** Puts an image of one small file there, as the official Python images are in what counts. */
    String base(String name, Map<String, String> environment) throws Exception {
        return base(name, environment, "amd64");
    }

    /** The same for some architectures; for several of them there is an index. */
    String base(String name, Map<String, String> environment, String... architectures)
            throws Exception {
        LayerFiles files = new LayerFiles();
        files.content("etc/issue", "a base, in a test\n".getBytes(), false);
        return base(name, files, environment, architectures);
    }

    /** The same with these files. */
    String base(
            String name,
            LayerFiles files,
            Map<String, String> environment,
            String... architectures)
            throws Exception {
        ObjectMapper json = new ObjectMapper();
        files.content("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n".getBytes(), false);
        files.content(
                "var/lib/dpkg/status",
                """
                Package: libc6
                Status: install ok installed
                Architecture: amd64
                Version: 2.36-9+deb12u7
                Description: GNU C Library
                 Version: not this

                Package: left-over
                Status: deinstall ok config-files
                Version: 1
                """
                        .getBytes(),
                false);
        LayerCache cache = new LayerCache(log.resolveSibling("base-layers"));
        LayerCache.Layer layer = cache.write(files);
        String repository = name.replaceFirst(":.*", "");
        ObjectNode index = Manifest.form(Manifest.OCI_INDEX);
        try (RegistryRepository target =
                new RegistryRepository(
                        host(), repository, null, LOGIN, true, Outbound.of(Map.of()))) {
            target.push(
                    layer.digest(),
                    layer.bytes(),
                    BlobSource.of(cache.file(layer.digest())),
                    null,
                    n -> {});
            Manifest manifest = null;
            for (String architecture : architectures) {
                ObjectNode root = json.createObjectNode();
                root.put("os", "linux").put("architecture", architecture);
                ArrayNode variables = root.putObject("config").putArray("Env");
                environment.forEach((key, value) -> variables.add(key + "=" + value));
                root.putObject("rootfs").put("type", "layers").putArray("diff_ids").add(layer.diffId());
                root.putArray("history").addObject().put("created_by", "the test");
                byte[] config = json.writeValueAsBytes(root);
                target.push(
                        Hashes.name(config), config.length, BlobSource.of(config), null, n -> {});
                ObjectNode content = Manifest.form(Manifest.OCI);
                content.set(
                        "config",
                        Manifest.descriptor(
                                "application/vnd.oci.image.config.v1+json",
                                config.length,
                                Hashes.name(config)));
                content.putArray("layers")
                        .add(
                                Manifest.descriptor(
                                        Assembly.GZIP, layer.bytes(), layer.digest()));
                manifest = Manifest.of(content);
                target.put(manifest, manifest.digest());
                ObjectNode entry = manifest.descriptor();
                entry.putObject("platform").put("os", "linux").put("architecture", architecture);
                index.withArray("manifests").add(entry);
            }
            target.put(
                    architectures.length == 1 ? manifest : Manifest.of(index),
                    name.replaceFirst(".*:", ""));
        }
        return host() + "/" + name;
    }

    /** What the registry has under a path. */
    byte[] get(String path) {
        String login = LOGIN.user() + ":" + LOGIN.password();
        try {
            HttpResponse<byte[]> answer =
                    client.send(
                            HttpRequest.newBuilder(URI.create("http://" + host() + "/v2/" + path))
                                    .header(
                                            "Authorization",
                                            "Basic "
                                                    + Base64.getEncoder()
                                                            .encodeToString(login.getBytes()))
                                    .header(
                                            "Accept",
                                            Manifest.OCI + ", " + Manifest.OCI_INDEX)
                                    .build(),
                            HttpResponse.BodyHandlers.ofByteArray());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(path + ": " + answer.statusCode());
            }
            return answer.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    JsonNode json(String path) throws IOException {
        return new ObjectMapper().readTree(get(path));
    }

    /** The requests since the registry started that match. */
    List<String> requests(String regex) throws IOException {
        return Files.readAllLines(log, StandardCharsets.UTF_8).stream()
                .filter(line -> line.matches(regex))
                .toList();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
