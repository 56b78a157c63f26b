package io.modeltoecs.cloud.registry;

import at.favre.lib.crypto.bcrypt.BCrypt;
import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.Passwords;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The OCI registry behind ECR: CNCF Distribution on loopback, with a login that changes with each
 * start.
 */
public final class Registry {
    public static final String USER = "AWS";

    // Each request is checked anew: the cost only has to satisfy the registry's bcrypt.
    private static final int BCRYPT_COST = 4;
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration UPLOAD_LIMIT = Duration.ofMinutes(10);
    private static final int OK = 200;
    private static final int CREATED = 201;
    private static final int ACCEPTED = 202;
    private static final List<String> MANIFEST_TYPES =
            List.of(
                    "application/vnd.oci.image.index.v1+json",
                    "application/vnd.docker.distribution.manifest.list.v2+json",
                    "application/vnd.oci.image.manifest.v1+json",
                    "application/vnd.docker.distribution.manifest.v2+json");

    private final Path folder;
    private final int port;
    private final String password;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    /**
     * A manifest.
     *
     * @param digest its digest
     * @param type its media type
     * @param body its bytes as text
     */
    public record Manifest(String digest, String type, String body) {}

    private Registry(Path folder, int port, String password) {
        this.folder = folder;
        this.port = port;
        this.password = password;
    }

    /** Writes the registry's configuration and a new login. */
    public static Registry prepare(Path folder, int port) throws IOException {
        String password = Passwords.random();
        Registry registry = new Registry(folder, port, password);
        Files.createDirectories(registry.storage());
        // The Go library behind the registry knows version 2a; the answer is the same.
        String hash =
                BCrypt.with(BCrypt.Version.VERSION_2A)
                        .hashToString(BCRYPT_COST, password.toCharArray());
        StateFile.write(
                folder.resolve("htpasswd"),
                (USER + ":" + hash + "\n").getBytes(StandardCharsets.UTF_8));
        String login =
                Base64.getEncoder()
                        .encodeToString((USER + ":" + password).getBytes(StandardCharsets.UTF_8));
        var auths = Json.object();
        auths.putObject("auths").putObject(registry.host()).put("auth", login);
        Files.createDirectories(authFolder(folder));
        StateFile.write(authFolder(folder).resolve("config.json"), Json.bytes(auths));
        return registry;
    }

    /** Host and port, as image references name them. */
    public String host() {
        return "127.0.0.1:" + port;
    }

    public int port() {
        return port;
    }

    public String password() {
        return password;
    }

    /** The folder of the logins file that docker and podman read. */
    public static Path authFolder(Path folder) {
        return folder.resolve("login");
    }

    Path folder() {
        return folder;
    }

    Path storage() {
        return folder.resolve("storage");
    }

    /** Whether it answers. */
    public boolean isUp() {
        try {
            return send(request("").GET()).statusCode() == OK;
        } catch (IOException e) {
            return false;
        }
    }

    /** The manifest of a tag or digest. */
    public Optional<Manifest> manifest(String repository, String reference) {
        try {
            HttpRequest.Builder request =
                    request(repository + "/manifests/" + reference)
                            .header("Accept", String.join(", ", MANIFEST_TYPES))
                            .GET();
            HttpResponse<String> answer = send(request);
            return answer.statusCode() == OK
                    ? Optional.of(
                            new Manifest(
                                    answer.headers().firstValue("Docker-Content-Digest").orElse(""),
                                    answer.headers().firstValue("Content-Type").orElse(""),
                                    answer.body()))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** A small blob, e.g. an image's configuration. */
    public Optional<JsonNode> json(String repository, String digest) {
        try {
            HttpResponse<String> answer = send(request(repository + "/blobs/" + digest).GET());
            return answer.statusCode() == OK
                    ? Optional.of(Json.MAPPER.readTree(answer.body()))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * A blob, to be read and closed.
     *
     * @throws IOException where it is not there
     */
    public InputStream blob(String repository, String digest) throws IOException {
        HttpResponse<InputStream> answer =
                send(request(repository + "/blobs/" + digest).GET(), BodyHandlers.ofInputStream());
        if (answer.statusCode() != OK) {
            answer.body().close();
            throw new IOException("the registry answers " + answer.statusCode() + " for " + digest);
        }
        return answer.body();
    }

    /** Stores a blob. */
    public void putBlob(String repository, String digest, HttpRequest.BodyPublisher content)
            throws IOException {
        HttpResponse<String> begun =
                send(request(repository + "/blobs/uploads/").POST(BodyPublishers.noBody()));
        String place = begun.headers().firstValue("Location").orElse("");
        if (begun.statusCode() != ACCEPTED || place.isEmpty()) {
            throw new IOException("the registry takes no upload: " + begun.statusCode());
        }
        URI uri = URI.create("http://" + host()).resolve(place);
        URI target = URI.create(uri + (uri.getQuery() == null ? "?" : "&") + "digest=" + digest);
        require(send(request(target).timeout(UPLOAD_LIMIT).PUT(content)));
    }

    /** Stores a manifest under a tag. */
    public void putManifest(String repository, String tag, String type, byte[] manifest)
            throws IOException {
        require(
                send(
                        request(repository + "/manifests/" + tag)
                                .header("Content-Type", type)
                                .PUT(BodyPublishers.ofByteArray(manifest))));
    }

    private static void require(HttpResponse<String> answer) throws IOException {
        if (answer.statusCode() != CREATED) {
            throw new IOException(
                    "the registry answers " + answer.statusCode() + ": " + answer.body());
        }
    }

    public boolean hasBlob(String repository, String digest) {
        try {
            HttpRequest.Builder request =
                    request(repository + "/blobs/" + digest)
                            .method("HEAD", HttpRequest.BodyPublishers.noBody());
            return send(request).statusCode() == OK;
        } catch (IOException e) {
            return false;
        }
    }

    /** The tags of a repository. */
    public List<String> tags(String repository) {
        try {
            HttpResponse<String> answer = send(request(repository + "/tags/list").GET());
            if (answer.statusCode() != OK) {
                return List.of();
            }
            JsonNode tags = Json.MAPPER.readTree(answer.body()).path("tags");
            return StreamSupport.stream(tags.spliterator(), false).map(JsonNode::asText).toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /**
     * The digests of a repository's manifests, tagged or not. The registry's API lists only tags,
     * so they are read from where it keeps them.
     */
    public List<String> digests(String repository) {
        Path revisions = repositoryFolder(repository).resolve("_manifests/revisions/sha256");
        if (!Files.isDirectory(revisions)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(revisions)) {
            return all.filter(p -> Files.exists(p.resolve("link")))
                    .map(p -> "sha256:" + p.getFileName())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** When a manifest was pushed, in milliseconds since the epoch. */
    public long pushedAt(String repository, String digest) {
        String hex = digest.substring(digest.indexOf(':') + 1);
        Path link =
                repositoryFolder(repository)
                        .resolve("_manifests/revisions/sha256/" + hex + "/link");
        try {
            return Files.getLastModifiedTime(link).toMillis();
        } catch (IOException e) {
            return System.currentTimeMillis();
        }
    }

    private Path repositoryFolder(String repository) {
        return storage().resolve("docker/registry/v2/repositories").resolve(repository);
    }

    /** Deletes a manifest with the tags that point to it. */
    public boolean delete(String repository, String digest) {
        try {
            return send(request(repository + "/manifests/" + digest).DELETE()).statusCode()
                    == ACCEPTED;
        } catch (IOException e) {
            return false;
        }
    }

    private HttpRequest.Builder request(String path) {
        return request(URI.create("http://" + host() + "/v2/" + path));
    }

    private HttpRequest.Builder request(URI uri) {
        String login =
                Base64.getEncoder()
                        .encodeToString((USER + ":" + password).getBytes(StandardCharsets.UTF_8));
        return HttpRequest.newBuilder(uri).timeout(LIMIT).header("Authorization", "Basic " + login);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        return send(request, BodyHandlers.ofString());
    }

    private <T> HttpResponse<T> send(
            HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler) throws IOException {
        try {
            return http.send(request.build(), handler);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
