package io.modeltoecs.engine.registry;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.Outbound;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.URI;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.apache.http.Header;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.RequestBuilder;
import org.apache.http.entity.ByteArrayEntity;

/**
 * One repository of a registry that speaks the OCI distribution protocol. What fails for a while is
 * tried again; what fails for good is a {@link StepException}.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
public final class RegistryRepository implements AutoCloseable {
    private static final String TYPES =
            String.join(
                    ", ", Manifest.OCI, Manifest.OCI_INDEX, Manifest.DOCKER, Manifest.DOCKER_INDEX);
    private static final int OK = 200;
    private static final int CREATED = 201;
    private static final int ACCEPTED = 202;
    private static final int BAD_REQUEST = 400;
    private static final int UNAUTHORIZED = 401;
    private static final int NOT_FOUND = 404;
    private static final int NOT_ALLOWED = 405;
    private static final int CONFLICT = 409;
    private static final int PRECONDITION_FAILED = 412;
    private static final int REDIRECTS = 5;

    private final String registry;
    private final String name;
    private final List<String> scopes;
    private final Login user;
    private final Outbound outbound;
    private final RegistryFailures failures;
    private Connection connection;

    private record Connection(RegistryHttp http, RegistryLogin login) {}

    /**
     * Names it; it is connected to when it is first asked something.
     *
     * @param registry host and port, after {@code http://} for one without TLS
     * @param name the repository
     * @param mountFrom another repository of the registry that layers may be taken from, or null
     * @param login or null
     * @param pushing whether to push, or only to pull
     */
    public RegistryRepository(
            String registry,
            String name,
            String mountFrom,
            Login login,
            boolean pushing,
            Outbound outbound) {
        this.registry = registry;
        this.name = name;
        this.user = login;
        this.outbound = outbound;
        this.failures = new RegistryFailures(registry, name, login, pushing);
        this.scopes = new ArrayList<>();
        scopes.add("repository:" + name + (pushing ? ":pull,push" : ":pull"));
        if (mountFrom != null) {
            scopes.add("repository:" + mountFrom + ":pull");
        }
    }

    private synchronized Connection connection() throws IOException {
        if (connection == null) {
            RegistryHttp http = new RegistryHttp(registry, outbound);
            connection = new Connection(http, new RegistryLogin(http, user, scopes));
        }
        return connection;
    }

    /** Whether the registry is spoken to without TLS. */
    public boolean isPlain() throws InterruptedException {
        return failures.call(() -> connection().http().isPlain());
    }

    /** The manifest of a tag or digest, if it is there. */
    public Optional<Manifest> manifest(String reference) throws InterruptedException {
        return failures.call(
                () -> {
                    RequestBuilder request =
                            RequestBuilder.get(at("manifests/" + reference))
                                    .setHeader("Accept", TYPES);
                    try (CloseableHttpResponse answer = ask(request, OK, NOT_FOUND)) {
                        if (status(answer) == NOT_FOUND) {
                            return Optional.empty();
                        }
                        byte[] bytes = answer.getEntity().getContent().readAllBytes();
                        Manifest manifest = new Manifest(type(answer, bytes), bytes);
                        if (reference.startsWith("sha256:")
                                && !manifest.digest().equals(reference)) {
                            throw new IOException(
                                    "its manifest %s has another digest: %s"
                                            .formatted(reference, manifest.digest()));
                        }
                        return Optional.of(manifest);
                    }
                });
    }

    private static String type(CloseableHttpResponse answer, byte[] bytes) throws IOException {
        String inside = new Manifest("", bytes).json().path("mediaType").asText();
        Header header = answer.getFirstHeader("Content-Type");
        return inside.isEmpty() && header != null
                ? header.getValue().replaceFirst(";.*", "").strip()
                : inside;
    }

    /**
     * The registry's own list of what refers to a manifest; nothing if it keeps none.
     * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
     */
    public Optional<Manifest> referrers(String digest) throws InterruptedException {
        return failures.call(
                () -> {
                    RequestBuilder request =
                            RequestBuilder.get(at("referrers/" + digest))
                                    .setHeader("Accept", Manifest.OCI_INDEX);
                    try (CloseableHttpResponse answer =
                            ask(request, OK, NOT_FOUND, BAD_REQUEST, NOT_ALLOWED)) {
                        Header type = answer.getFirstHeader("Content-Type");
                        boolean list =
                                status(answer) == OK
                                        && type != null
                                        && type.getValue().startsWith(Manifest.OCI_INDEX);
                        return list
                                ? Optional.of(
                                        new Manifest(
                                                Manifest.OCI_INDEX,
                                                answer.getEntity().getContent().readAllBytes()))
                                : Optional.empty();
                    }
                });
    }

    /** Whether a blob is there. */
    public boolean has(String digest) throws InterruptedException {
        return failures.call(
                () -> {
                    try (CloseableHttpResponse answer =
                            ask(RequestBuilder.head(at("blobs/" + digest)), OK, NOT_FOUND)) {
                        return status(answer) == OK;
                    }
                });
    }

    /** A small blob. */
    public byte[] read(String digest) throws InterruptedException {
        return failures.call(
                () -> {
                    try (InputStream in = blob(digest).open(0)) {
                        byte[] bytes = in.readAllBytes();
                        if (!Hashes.name(bytes).equals(digest)) {
                            throw new IOException("its blob " + digest + " has other content");
                        }
                        return bytes;
                    }
                });
    }

    /** How the content of a blob is read. */
    @FunctionalInterface
    public interface Reading<T> {
        T of(InputStream content) throws IOException;
    }

    /** Reads a blob while it comes in; again from its start where the connection is lost. */
    public <T> T read(String digest, Reading<T> reading) throws InterruptedException {
        return failures.call(
                () -> {
                    MessageDigest hash = Hashes.sha256();
                    try (InputStream in = new DigestInputStream(blob(digest).open(0), hash)) {
                        T result = reading.of(in);
                        in.transferTo(OutputStream.nullOutputStream());
                        if (!Hashes.name(hash).equals(digest)) {
                            throw new IOException("its blob " + digest + " has other content");
                        }
                        return result;
                    }
                });
    }

    /** A blob, which is fetched when it is read. */
    public BlobSource blob(String digest) {
        return offset -> {
            CloseableHttpResponse answer = ask(RequestBuilder.get(at("blobs/" + digest)), OK);
            InputStream in = answer.getEntity().getContent();
            in.skipNBytes(offset);
            return in;
        };
    }

    /** A blob to be pushed elsewhere: what keeps it from being opened is told as of here. */
    public BlobSource source(String digest) {
        BlobSource blob = blob(digest);
        return offset -> {
            try {
                return failures.call(() -> blob.open(offset));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException();
            }
        };
    }

    /**
     * Uploads a small blob, if it isn't there.
     *
     * @return whether it wasn't
     */
    public boolean push(byte[] blob) throws InterruptedException {
        return !has(Hashes.name(blob)) && upload(blob);
    }

    /** Uploads a small blob that isn't likely there; nothing is lost if it is. */
    public boolean upload(byte[] blob) throws InterruptedException {
        return push(Hashes.name(blob), blob.length, BlobSource.of(blob), null, n -> {});
    }

    /**
     * Uploads a blob. What is lost on the way goes on where the registry has it, or from the start.
     *
     * @param mountFrom a repository of the same registry that may have it, or null
     * @param written told how many bytes were sent since the last call; less than 0 where some have
     *     to be sent again
     * @return false if it was taken from the other repository
     */
    public boolean push(
            String digest, long bytes, BlobSource blob, String mountFrom, LongConsumer written)
            throws InterruptedException {
        BlobUpload upload = new BlobUpload(this, digest, bytes, blob, mountFrom, written);
        return failures.call(upload::run);
    }

    /**
     * Puts a manifest under its digest, or under a tag that may move.
     *
     * @return whether the registry lists it by what it refers to (its {@code subject})
     */
    public boolean put(Manifest manifest, String reference) throws InterruptedException {
        return failures.call(
                () -> {
                    try (CloseableHttpResponse answer =
                            ask(putting(manifest, reference), CREATED, ACCEPTED, OK)) {
                        return answer.getFirstHeader("OCI-Subject") != null;
                    }
                });
    }

    /**
     * Gives a manifest a tag.
     *
     * @param advice what to do where the tag names another one and the registry doesn't move it
     * @throws StepException then, with both digests
     */
    public void tag(Manifest manifest, String tag, String advice) throws InterruptedException {
        Optional<RegistryAnswer> refusal =
                failures.call(
                        () -> {
                            try (CloseableHttpResponse answer =
                                    ask(
                                            putting(manifest, tag),
                                            CREATED,
                                            ACCEPTED,
                                            OK,
                                            BAD_REQUEST,
                                            CONFLICT,
                                            PRECONDITION_FAILED)) {
                                return status(answer) < BAD_REQUEST
                                        ? Optional.empty()
                                        : Optional.of(RegistryHttp.failure(answer));
                            }
                        });
        if (refusal.isEmpty()) {
            return;
        }
        Optional<String> named = manifest(tag).map(Manifest::digest);
        if (named.isEmpty()) {
            throw failures.explain(refusal.get());
        }
        // ECR refuses the same content, too: another build was faster
        if (!named.get().equals(manifest.digest())) {
            throw occupied(
                    tag,
                    named.get(),
                    manifest.digest(),
                    failures.explain(refusal.get()).getMessage() + ": " + advice);
        }
    }

    /** The error for a tag that names other content and keeps it. */
    public StepException occupied(String tag, String named, String digest, String why) {
        return new StepException(
                "buildServingImage: the tag '%s' of %s/%s names %s, not %s, and can't be moved, since %s"
                        .formatted(tag, registry, name, named, digest, why));
    }

    private RequestBuilder putting(Manifest manifest, String reference) throws IOException {
        return RequestBuilder.put(at("manifests/" + reference))
                .setHeader("Content-Type", manifest.type())
                .setEntity(new ByteArrayEntity(manifest.bytes()));
    }

    URI at(String path) throws IOException {
        return connection().http().at("/v2/" + name + "/" + path);
    }

    static int status(CloseableHttpResponse answer) {
        return answer.getStatusLine().getStatusCode();
    }

    /** Asks with the login that the registry wants, which may change while it is used. */
    CloseableHttpResponse ask(RequestBuilder request, int... hopedFor) throws IOException {
        RegistryLogin login = connection().login();
        for (int attempt = 1; ; attempt++) {
            String authorization = login.authorization();
            request.removeHeaders("Authorization");
            if (authorization != null) {
                request.setHeader("Authorization", authorization);
            }
            CloseableHttpResponse answer = follow(request);
            if (Arrays.stream(hopedFor).anyMatch(each -> each == status(answer))) {
                return answer;
            }
            try (answer) {
                if (status(answer) != UNAUTHORIZED) {
                    throw RegistryHttp.failure(answer);
                }
                if (attempt == 3) {
                    throw new RegistryLogin.Refused();
                }
                login.answer(
                        authorization,
                        Arrays.stream(answer.getHeaders("WWW-Authenticate"))
                                .map(Header::getValue)
                                .toList());
            }
        }
    }

    /** Blobs may lie elsewhere, where the registry's login isn't shown. */
    private CloseableHttpResponse follow(RequestBuilder request) throws IOException {
        RegistryHttp http = connection().http();
        CloseableHttpResponse answer = http.send(request);
        URI uri = request.getUri();
        boolean reading = List.of("GET", "HEAD").contains(request.getMethod());
        for (int i = 0; reading && i < REDIRECTS && status(answer) / 100 == 3; i++) {
            Header location = answer.getFirstHeader("Location");
            answer.close();
            if (location == null) {
                throw new IOException("it redirects to nowhere");
            }
            uri = uri.resolve(location.getValue());
            RequestBuilder next = RequestBuilder.create(request.getMethod()).setUri(uri);
            if (uri.getRawAuthority().equals(request.getUri().getRawAuthority())) {
                String authorization = connection().login().authorization();
                if (authorization != null) {
                    next.setHeader("Authorization", authorization);
                }
            }
            answer = http.send(next);
        }
        return answer;
    }

    @Override
    public synchronized void close() {
        if (connection != null) {
            connection.http().close();
        }
    }
}
