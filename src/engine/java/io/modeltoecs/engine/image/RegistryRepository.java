package io.modeltoecs.engine.image;

import io.modeltoecs.engine.http.Outbound;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
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
import org.apache.http.client.utils.URIBuilder;
import org.apache.http.entity.AbstractHttpEntity;
import org.apache.http.entity.ByteArrayEntity;

/**
 * One repository of a registry that speaks the OCI distribution protocol. What fails for a while is
 * tried again; what fails for good is a {@link io.modeltoecs.engine.StepException}.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
final class RegistryRepository implements AutoCloseable {
    private static final String TYPES =
            String.join(
                    ", ", Manifest.OCI, Manifest.OCI_INDEX, Manifest.DOCKER, Manifest.DOCKER_INDEX);
    private static final int OK = 200;
    private static final int CREATED = 201;
    private static final int ACCEPTED = 202;
    private static final int NO_CONTENT = 204;
    private static final int UNAUTHORIZED = 401;
    private static final int NOT_FOUND = 404;
    private static final int REDIRECTS = 5;
    private static final int BUFFER = 1 << 16;

    private final String name;
    private final RegistryFailures failures;
    private final RegistryHttp http;
    private final RegistryLogin login;

    /**
     * Connects.
     *
     * @param registry host and port, after {@code http://} for one without TLS
     * @param name the repository
     * @param mountFrom another repository of the registry that layers may be taken from, or null
     * @param login or null
     * @param pushing whether to push, or only to pull
     */
    static RegistryRepository open(
            String registry,
            String name,
            String mountFrom,
            Login login,
            boolean pushing,
            Outbound outbound)
            throws InterruptedException {
        RegistryFailures failures = new RegistryFailures(registry, name, login);
        RegistryHttp http = failures.call(() -> new RegistryHttp(registry, outbound));
        List<String> scopes = new ArrayList<>();
        scopes.add("repository:" + name + (pushing ? ":pull,push" : ":pull"));
        if (mountFrom != null) {
            scopes.add("repository:" + mountFrom + ":pull");
        }
        return new RegistryRepository(name, failures, http, new RegistryLogin(http, login, scopes));
    }

    private RegistryRepository(
            String name, RegistryFailures failures, RegistryHttp http, RegistryLogin login) {
        this.name = name;
        this.failures = failures;
        this.http = http;
        this.login = login;
    }

    /** Whether the registry is spoken to without TLS. */
    boolean isPlain() {
        return http.isPlain();
    }

    /** The manifest of a tag or digest, if it is there. */
    Optional<Manifest> manifest(String reference) throws InterruptedException {
        return failures.call(
                () -> {
                    RequestBuilder request =
                            RequestBuilder.get(at("manifests/" + reference))
                                    .setHeader("Accept", TYPES);
                    try (CloseableHttpResponse answer = send(request, OK, NOT_FOUND)) {
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

    /** Whether a blob is there. */
    boolean has(String digest) throws InterruptedException {
        return failures.call(
                () -> {
                    try (CloseableHttpResponse answer =
                            send(RequestBuilder.head(at("blobs/" + digest)), OK, NOT_FOUND)) {
                        return status(answer) == OK;
                    }
                });
    }

    /** A small blob. */
    byte[] read(String digest) throws InterruptedException {
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
    interface Reading<T> {
        T of(InputStream content) throws IOException;
    }

    /** Reads a blob while it comes in; again from its start where the connection is lost. */
    <T> T read(String digest, Reading<T> reading) throws InterruptedException {
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
    BlobSource blob(String digest) {
        return offset -> {
            CloseableHttpResponse answer = send(RequestBuilder.get(at("blobs/" + digest)), OK);
            InputStream in = answer.getEntity().getContent();
            in.skipNBytes(offset);
            return in;
        };
    }

    /**
     * Uploads a blob. What is lost on the way goes on where the registry has it, or from the start.
     *
     * @param mountFrom a repository of the same registry that may have it, or null
     * @param written told how many bytes were sent since the last call; less than 0 where some have
     *     to be sent again
     * @return false if it was taken from the other repository
     */
    boolean push(String digest, long bytes, BlobSource blob, String mountFrom, LongConsumer written)
            throws InterruptedException {
        Upload upload = new Upload(digest, bytes, blob, mountFrom, written);
        return failures.call(upload::run);
    }

    private final class Upload {
        private final String digest;
        private final long bytes;
        private final BlobSource blob;
        private final String mountFrom;
        private final LongConsumer written;
        private URI place;
        private long sent;

        Upload(String digest, long bytes, BlobSource blob, String mountFrom, LongConsumer written) {
            this.digest = digest;
            this.bytes = bytes;
            this.blob = blob;
            this.mountFrom = mountFrom;
            this.written = written;
        }

        boolean run() throws IOException {
            long offset = place == null ? -1 : received();
            if (offset < 0) {
                if (!begin()) {
                    return false;
                }
                offset = 0;
            }
            written.accept(offset - sent);
            sent = offset;
            RequestBuilder patch =
                    RequestBuilder.create("PATCH")
                            .setUri(place)
                            .setHeader("Content-Type", "application/octet-stream");
            if (offset > 0) {
                patch.setHeader("Content-Range", offset + "-" + (bytes - 1));
            }
            if (offset < bytes) {
                patch.setEntity(new Rest(offset));
                try (CloseableHttpResponse answer = send(patch, ACCEPTED, NO_CONTENT)) {
                    place = location(answer);
                }
            }
            RequestBuilder put = RequestBuilder.put(with(place, "digest", digest));
            place = null;
            send(put, CREATED, NO_CONTENT).close();
            return true;
        }

        /** Whether there is something to upload: the registry may take it from elsewhere. */
        private boolean begin() throws IOException {
            URI uploads = at("blobs/uploads/");
            if (mountFrom != null) {
                uploads = with(with(uploads, "mount", digest), "from", mountFrom);
            }
            RequestBuilder post = RequestBuilder.post(uploads);
            try (CloseableHttpResponse answer = send(post, CREATED, ACCEPTED)) {
                place = location(answer);
                return status(answer) == ACCEPTED;
            }
        }

        /** How much of an upload that was cut off the registry has, or -1 if it can't be told. */
        private long received() {
            try (CloseableHttpResponse answer = send(RequestBuilder.get(place), NO_CONTENT)) {
                Header range = answer.getFirstHeader("Range");
                if (range != null && range.getValue().matches("(bytes=)?0-[0-9]+")) {
                    place = location(answer);
                    long last = Long.parseLong(range.getValue().replaceFirst(".*-", ""));
                    return last == 0 || last >= bytes ? -1 : last + 1;
                }
                return -1;
            } catch (IOException e) {
                return -1;
            }
        }

        private URI location(CloseableHttpResponse answer) throws IOException {
            Header location = answer.getFirstHeader("Location");
            if (location == null) {
                throw new IOException("it doesn't say where an upload goes");
            }
            return http.at("/").resolve(location.getValue());
        }

        /** The rest of the blob as the body of a request. */
        private final class Rest extends AbstractHttpEntity {
            private final long offset;

            Rest(long offset) {
                this.offset = offset;
            }

            @Override
            public boolean isRepeatable() {
                return true;
            }

            @Override
            public boolean isStreaming() {
                return false;
            }

            @Override
            public long getContentLength() {
                return bytes - offset;
            }

            @Override
            public InputStream getContent() throws IOException {
                return blob.open(offset);
            }

            @Override
            public void writeTo(OutputStream out) throws IOException {
                written.accept(offset - sent);
                sent = offset;
                byte[] buffer = new byte[BUFFER];
                try (InputStream in = blob.open(offset)) {
                    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                        out.write(buffer, 0, n);
                        sent += n;
                        written.accept(n);
                    }
                }
            }
        }
    }

    /**
     * Puts a manifest under a tag or its digest.
     *
     * @return whether the registry lists it by what it refers to (its {@code subject})
     */
    boolean put(Manifest manifest, String reference) throws InterruptedException {
        return failures.call(
                () -> {
                    ByteArrayEntity body = new ByteArrayEntity(manifest.bytes());
                    RequestBuilder request =
                            RequestBuilder.put(at("manifests/" + reference))
                                    .setHeader("Content-Type", manifest.type())
                                    .setEntity(body);
                    try (CloseableHttpResponse answer = send(request, CREATED, ACCEPTED, OK)) {
                        return answer.getFirstHeader("OCI-Subject") != null;
                    }
                });
    }

    private URI at(String path) {
        return http.at("/v2/" + name + "/" + path);
    }

    private static URI with(URI uri, String parameter, String value) {
        try {
            return new URIBuilder(uri).addParameter(parameter, value).build();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static int status(CloseableHttpResponse answer) {
        return answer.getStatusLine().getStatusCode();
    }

    /** Sends with the login that the registry wants, which may change while it is used. */
    private CloseableHttpResponse send(RequestBuilder request, int... hopedFor) throws IOException {
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
                String authorization = login.authorization();
                if (authorization != null) {
                    next.setHeader("Authorization", authorization);
                }
            }
            answer = http.send(next);
        }
        return answer;
    }

    @Override
    public void close() {
        http.close();
    }
}
