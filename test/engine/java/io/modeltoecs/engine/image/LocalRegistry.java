package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.RegistryImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
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
    private final HttpClient http = HttpClient.newHttpClient();

    LocalRegistry(Path folder) throws IOException, InterruptedException {
        log = folder.resolve("registry.log");
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path users = Files.writeString(folder.resolve("htpasswd"), HTPASSWD);
        Path configuration =
                Files.writeString(
                        folder.resolve("registry.yml"),
                        """
                        version: 0.1
                        log: {level: info, accesslog: {disabled: false}}
                        storage:
                          filesystem: {rootdirectory: %s}
                        http: {addr: '127.0.0.1:%d'}
                        auth:
                          htpasswd: {realm: test, path: %s}
                        """
                                .formatted(folder.resolve("data"), port, users));
        process =
                new ProcessBuilder(program(), "serve", configuration.toString())
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
        Path file = Files.writeString(log.resolveSibling("etc-issue"), "a base, in a test\n");
        String image = host() + "/" + name;
        // jib's own switch; plain http within this machine
        System.setProperty("sendCredentialsOverHttp", "true");
        Jib.fromScratch()
                .addFileEntriesLayer(
                        FileEntriesLayer.builder()
                                .addEntry(file, AbsoluteUnixPath.get("/etc/issue"))
                                .build())
                .setEnvironment(environment)
                .setProgramArguments("python3")
                .containerize(
                        Containerizer.to(
                                        RegistryImage.named(image)
                                                .addCredential(LOGIN.user(), LOGIN.password()))
                                .setAllowInsecureRegistries(true));
        return image;
    }

    /** What the registry has under a path. */
    byte[] get(String path) {
        String login = LOGIN.user() + ":" + LOGIN.password();
        try {
            HttpResponse<byte[]> answer =
                    http.send(
                            HttpRequest.newBuilder(URI.create("http://" + host() + "/v2/" + path))
                                    .header(
                                            "Authorization",
                                            "Basic "
                                                    + Base64.getEncoder()
                                                            .encodeToString(login.getBytes()))
                                    .header(
                                            "Accept",
                                            "application/vnd.oci.image.manifest.v1+json")
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
