package io.modeltoecs.engine.image;

import io.modeltoecs.engine.registry.BlobSource;
import io.modeltoecs.engine.registry.Hashes;
import io.modeltoecs.engine.registry.Login;
import io.modeltoecs.engine.registry.LoginRefused;
import io.modeltoecs.engine.registry.RegistryRepository;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.Outbound;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** What a registry and the way to it may do to a push, with Distribution where it can do it. */
class RegistryFaultsTest {
    private static final int SIZE = 8 << 20;
    private static final long CUT = 5 << 20;

    @TempDir Path scratch;
    private final byte[] blob = new byte[SIZE];

    {
        new Random(1).nextBytes(blob);
    }

    private static RegistryRepository repository(
            String host, Login login, Map<String, String> environment) {
        return new RegistryRepository(
                host, "team/iris", null, login, true, Outbound.of(environment));
    }

    private void push(RegistryRepository repository) throws InterruptedException {
        repository.push(Hashes.name(blob), blob.length, BlobSource.of(blob), null, n -> {});
    }

    private static int port(String host) {
        return Integer.parseInt(host.replaceFirst(".*:", ""));
    }

    /** Distribution gives up an upload that ended where it didn't sign it. */
    @Test
    void anUploadThatIsCutOffStartsAgainWithDistribution() throws Exception {
        try (LocalRegistry registry = new LocalRegistry(scratch);
                Wire wire = new Wire(port(registry.host()), CUT);
                RegistryRepository repository =
                        repository(wire.host(), LocalRegistry.LOGIN, Map.of())) {
            push(repository);
            assertThat(repository.read(Hashes.name(blob))).isEqualTo(blob);
            assertThat(wire.up()).isBetween(SIZE + CUT, SIZE + CUT + (1 << 20));
        }
    }

    @Test
    void anUploadThatIsCutOffGoesOnWhereTheRegistryHasIt() throws Exception {
        try (Uploads uploads = new Uploads();
                Wire wire = new Wire(uploads.port(), CUT);
                RegistryRepository repository = repository(wire.host(), null, Map.of())) {
            push(repository);
            assertThat(uploads.content.toByteArray()).isEqualTo(blob);
            // all of it once, and what was on the wire when it broke
            assertThat(wire.up()).isBetween((long) SIZE, SIZE + (1L << 20));
        }
    }

    @Test
    void tooManyRequestsAreRepeatedAfterTheTimeThatTheRegistryWants() throws Exception {
        AtomicInteger refused = new AtomicInteger();
        try (LocalRegistry registry = new LocalRegistry(scratch);
                Front front =
                        new Front(
                                registry.host(),
                                exchange ->
                                        exchange.getRequestMethod().equals("PATCH")
                                                        && refused.getAndIncrement() < 1
                                                ? 429
                                                : 0);
                RegistryRepository repository =
                        repository(front.host(), LocalRegistry.LOGIN, Map.of())) {
            front.retryAfter = "2";
            Instant start = Instant.now();
            push(repository);
            assertThat(Instant.now()).isAfterOrEqualTo(start.plusSeconds(2));
            assertThat(repository.has(Hashes.name(blob))).isTrue();
        }
    }

    /** A registry says no more of it than 500, which is tried again for some time. */
    @Test
    @EnabledIfSystemProperty(named = "long", matches = "true")
    void aRegistryWithoutSpaceIsSaid() throws Exception {
        Assumptions.assumeTrue(
                new ProcessBuilder("unshare", "-rm", "mount", "-t", "tmpfs", "t", "/mnt")
                                .start()
                                .waitFor()
                        == 0,
                "no file system of a given size can be mounted here");
        Path data = scratch.resolve("data");
        try (LocalRegistry registry =
                        new LocalRegistry(
                                scratch,
                                "",
                                "none: {}",
                                "unshare",
                                "-rm",
                                "sh",
                                "-c",
                                "mount -t tmpfs -o size=4m t " + data + " && exec \"$@\"",
                                "sh");
                RegistryRepository repository = repository(registry.host(), null, Map.of())) {
            assertThatThrownBy(() -> push(repository))
                    .isInstanceOf(StepException.class)
                    .hasNoCause()
                    .hasMessageContainingAll(registry.host(), "500", "team/iris");
        }
    }

    @Test
    void pushesAndPullsOverTlsOfAPrivateCa() throws Exception {
        Keys keys = new Keys(scratch);
        String tls = ", tls: {certificate: %s, key: %s}".formatted(keys.certificate, keys.key);
        try (LocalRegistry registry = new LocalRegistry(scratch, tls, "none: {}");
                RegistryRepository unknown = repository(registry.host(), null, Map.of());
                RegistryRepository trusted =
                        repository(
                                registry.host(),
                                null,
                                Map.of("SSL_CERT_FILE", keys.certificate.toString()))) {
            assertThatThrownBy(() -> push(unknown)).hasMessageContainingAll("TLS", "SSL_CERT_FILE");
            push(trusted);
            assertThat(trusted.isPlain()).isFalse();
            assertThat(trusted.read(Hashes.name(blob))).isEqualTo(blob);
        }
    }

    @Test
    void aTokenThatEndsInAPushIsFetchedAgain() throws Exception {
        Keys keys = new Keys(scratch);
        AtomicInteger delayed = new AtomicInteger();
        try (Tokens tokens = new Tokens(keys);
                LocalRegistry registry = new LocalRegistry(scratch, "", tokens.settings());
                Front front =
                        new Front(
                                registry.host(),
                                exchange -> {
                                    if (exchange.getRequestMethod().equals("PATCH")
                                            && delayed.getAndIncrement() == 0) {
                                        // longer than the token lives
                                        Thread.sleep(3500);
                                    }
                                    return 0;
                                });
                RegistryRepository repository =
                        repository(front.host(), LocalRegistry.LOGIN, Map.of());
                RegistryRepository wrong =
                        repository(registry.host(), new Login("builder", "other"), Map.of())) {
            push(repository);
            assertThat(tokens.given.get()).isGreaterThan(1);
            assertThat(repository.read(Hashes.name(blob))).isEqualTo(blob);
            assertThatThrownBy(() -> push(wrong))
                    .isInstanceOf(LoginRefused.class)
                    .hasMessageContaining("refuses the login of user 'builder'")
                    .hasMessageNotContaining("other");
        }
    }

    @Test
    void aBaseThatWantsALoginOfItsOwn() throws Exception {
        try (LocalRegistry registry = new LocalRegistry(scratch);
                RegistryRepository base =
                        new RegistryRepository(
                                registry.host(), "base/python", null, null, false,
                                Outbound.of(Map.of()))) {
            assertThatThrownBy(() -> base.manifest("3.11"))
                    .hasMessageContainingAll("base/python", "give a 'base' from there");
        }
    }

    /** It may be known from earlier, so that the push of its layers finds out. */
    @Test
    void aBaseWhoseLayersWantALoginOfItsOwn() throws Exception {
        Path elsewhere = Files.createDirectory(scratch.resolve("elsewhere"));
        try (LocalRegistry registry = new LocalRegistry(scratch, "", "none: {}");
                LocalRegistry bases = new LocalRegistry(elsewhere);
                RegistryRepository base =
                        new RegistryRepository(
                                bases.host(), "base/python", null, null, false,
                                Outbound.of(Map.of()));
                RegistryRepository target = repository(registry.host(), null, Map.of())) {
            String digest = Hashes.name(blob);
            assertThatThrownBy(
                            () -> target.push(digest, SIZE, base.source(digest), null, n -> {}))
                    .isInstanceOf(StepException.class)
                    .hasMessageContainingAll(bases.host(), "base/python", "give a 'base' from there");
        }
    }

    /** A key, and a certificate of its own for 127.0.0.1. */
    private static final class Keys {
        private static final char[] PASSWORD = "password".toCharArray();
        final Path certificate;
        final Path key;
        final PrivateKey secret;
        final byte[] encoded;

        Keys(Path folder) throws Exception {
            Path file = folder.resolve("keys.p12");
            String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
            Process process =
                    new ProcessBuilder(
                                    keytool, "-genkeypair", "-alias", "a", "-keyalg", "RSA", "-keysize", "2048",
                                    "-dname", "CN=registry", "-ext", "san=ip:127.0.0.1",
                                    "-validity", "2", "-keystore", file.toString(),
                                    "-storepass", "password", "-storetype", "PKCS12")
                            .redirectErrorStream(true)
                            .start();
            String output = new String(process.getInputStream().readAllBytes());
            assertThat(process.waitFor()).as(output).isZero();
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(file)) {
                store.load(in, PASSWORD);
            }
            secret = (PrivateKey) store.getKey("a", PASSWORD);
            encoded = store.getCertificate("a").getEncoded();
            certificate = pem(folder.resolve("certificate.pem"), "CERTIFICATE", encoded);
            key = pem(folder.resolve("key.pem"), "PRIVATE KEY", secret.getEncoded());
        }

        private static Path pem(Path file, String what, byte[] content) throws IOException {
            String lines = Base64.getMimeEncoder(64, "\n".getBytes()).encodeToString(content);
            return Files.writeString(
                    file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, lines, what));
        }
    }

    /** A server of tokens that Distribution takes for a second or two more. */
    private static final class Tokens implements AutoCloseable {
        // Distribution bears this much difference between clocks
        private static final int LEEWAY_SECONDS = 60;
        final AtomicInteger given = new AtomicInteger();
        private final Keys keys;
        private final HttpServer server;

        Tokens(Keys keys) throws IOException {
            this.keys = keys;
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/token", this::answer);
            server.start();
        }

        String settings() {
            return "token: {realm: 'http://127.0.0.1:%d/token', service: test, issuer: test, rootcertbundle: %s}"
                    .formatted(server.getAddress().getPort(), keys.certificate);
        }

        private void answer(HttpExchange exchange) throws IOException {
            try (exchange) {
                String sent = exchange.getRequestHeaders().getFirst("Authorization");
                boolean right = LocalRegistry.LOGIN.basic().equals(sent);
                byte[] body = ("{\"token\":\"" + token() + "\"}").getBytes();
                exchange.sendResponseHeaders(right ? 200 : 401, right ? body.length : -1);
                if (right) {
                    given.incrementAndGet();
                    exchange.getResponseBody().write(body);
                }
            } catch (GeneralSecurityException e) {
                throw new IOException(e);
            }
        }

        private String token() throws GeneralSecurityException {
            long now = Instant.now().getEpochSecond();
            String chain = Base64.getEncoder().encodeToString(keys.encoded);
            String text =
                    part("{\"typ\":\"JWT\",\"alg\":\"RS256\",\"x5c\":[\"" + chain + "\"]}")
                            + "."
                            + part(
                                    """
                                    {"iss":"test","sub":"builder","aud":"test","jti":"%d","iat":%d,"nbf":%d,"exp":%d,
                                     "access":[{"type":"repository","name":"team/iris","actions":["pull","push"]}]}
                                    """
                                            .formatted(
                                                    given.get(),
                                                    now - 300,
                                                    now - 300,
                                                    now - LEEWAY_SECONDS + 2));
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(keys.secret);
            signature.update(text.getBytes(StandardCharsets.US_ASCII));
            return text + "." + encoded(signature.sign());
        }

        private static String part(String json) {
            return encoded(json.getBytes(StandardCharsets.UTF_8));
        }

        private static String encoded(byte[] bytes) {
            return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    /** Uploads as the specification has them: what arrived of one that was cut off is kept. */
    private static final class Uploads implements AutoCloseable {
        final ByteArrayOutputStream content = new ByteArrayOutputStream();
        private final HttpServer server;

        Uploads() throws IOException {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(Executors.newCachedThreadPool());
            server.createContext("/", this::answer);
            server.start();
        }

        int port() {
            return server.getAddress().getPort();
        }

        private void answer(HttpExchange exchange) throws IOException {
            exchange.getResponseHeaders().add("Location", "/v2/team/iris/blobs/uploads/1");
            int status =
                    switch (exchange.getRequestMethod()) {
                        case "POST" -> 202;
                        case "PATCH" -> take(exchange);
                        case "PUT" -> 201;
                        default -> 204;
                    };
            synchronized (content) {
                if (content.size() > 0) {
                    exchange.getResponseHeaders().add("Range", "0-" + (content.size() - 1));
                }
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        }

        private int take(HttpExchange exchange) throws IOException {
            String range = exchange.getRequestHeaders().getFirst("Content-Range");
            synchronized (content) {
                if (range != null && !range.startsWith(content.size() + "-")) {
                    return 416;
                }
                InputStream in = exchange.getRequestBody();
                byte[] buffer = new byte[1 << 14];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    content.write(buffer, 0, n);
                }
                return 202;
            }
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
