package io.modeltoecs.engine.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.Outbound;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a registry is reached: certificates, tokens, proxies. */
class RegistryAccessTest {
    private static final char[] PASSWORD = "password".toCharArray();

    @TempDir Path scratch;

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private Optional<Manifest> manifest(HttpServer server, Map<String, String> environment)
            throws Exception {
        try (RegistryRepository repository =
                new RegistryRepository(
                        "127.0.0.1:" + server.getAddress().getPort(),
                        "team/iris",
                        null,
                        LocalRegistry.LOGIN,
                        false,
                        Outbound.of(environment))) {
            repository.manifest("v1");
            return repository.manifest("v1");
        }
    }

    @Test
    void aPrivateCaIsTrustedWhereItIsNamed() throws Exception {
        Path store = scratch.resolve("server.p12");
        Path certificate = scratch.resolve("ca.pem");
        String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        run(keytool, "-genkeypair", "-alias", "a", "-keyalg", "EC", "-dname", "CN=registry",
                "-ext", "san=ip:127.0.0.1", "-validity", "2", "-keystore", store.toString(),
                "-storepass", "password", "-storetype", "PKCS12");
        run(keytool, "-exportcert", "-rfc", "-alias", "a", "-keystore", store.toString(),
                "-storepass", "password", "-file", certificate.toString());
        HttpsServer server = HttpsServer.create(loopback(), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls(store)));
        server.createContext(
                "/",
                exchange -> {
                    exchange.sendResponseHeaders(404, -1);
                    exchange.close();
                });
        server.start();
        try {
            assertThatThrownBy(() -> manifest(server, Map.of()))
                    .isInstanceOf(StepException.class)
                    .hasMessageContainingAll("TLS", "SSL_CERT_FILE");
            for (String variable : List.of("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")) {
                assertThat(manifest(server, Map.of(variable, certificate.toString()))).isEmpty();
            }
        } finally {
            server.stop(0);
        }
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(output).isZero();
    }

    private static SSLContext tls(Path file) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    @Test
    void aTokenThatEndsIsFetchedAgain() throws Exception {
        AtomicInteger tokens = new AtomicInteger();
        HttpServer server = HttpServer.create(loopback(), 0);
        String root = "http://127.0.0.1:" + server.getAddress().getPort();
        server.createContext(
                "/token",
                exchange -> {
                    String basic = exchange.getRequestHeaders().getFirst("Authorization");
                    String login = new String(Base64.getDecoder().decode(basic.substring(6)));
                    boolean right =
                            login.equals("builder:" + LocalRegistry.LOGIN.password())
                                    && exchange.getRequestURI()
                                            .getQuery()
                                            .contains("scope=repository:team/iris:pull");
                    byte[] body = ("{\"token\":\"t" + tokens.incrementAndGet() + "\"}").getBytes();
                    exchange.sendResponseHeaders(right ? 200 : 401, right ? body.length : -1);
                    if (right) {
                        exchange.getResponseBody().write(body);
                    }
                    exchange.close();
                });
        server.createContext(
                "/v2/",
                exchange -> {
                    String sent = exchange.getRequestHeaders().getFirst("Authorization");
                    // each token is good for one request
                    boolean good = ("Bearer t" + tokens.get()).equals(sent);
                    if (good) {
                        tokens.incrementAndGet();
                    } else {
                        exchange.getResponseHeaders()
                                .add(
                                        "WWW-Authenticate",
                                        "Bearer realm=\"" + root + "/token\",service=\"test\"");
                    }
                    exchange.sendResponseHeaders(good ? 404 : 401, -1);
                    exchange.close();
                });
        server.start();
        try {
            assertThat(manifest(server, Map.of())).isEmpty();
            assertThat(tokens.get()).isEqualTo(4);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void proxiesAreUsedWhereTheyShould() {
        Outbound outbound =
                Outbound.of(
                        Map.of(
                                "https_proxy", "http://me:p%40ss@proxy.example.com:3128",
                                "NO_PROXY", "internal.example.com, 10.0.0.0/8,.lan"));
        Outbound.Proxy proxy = outbound.proxy(URI.create("https://ghcr.io/v2/")).orElseThrow();
        assertThat(proxy.user()).isEqualTo("me");
        assertThat(proxy.password()).isEqualTo("p@ss");
        assertThat(proxy.toString()).isEqualTo("proxy.example.com:3128");
        for (String direct :
                List.of("https://a.internal.example.com", "https://10.1.2.3:5000", "https://r.lan",
                        "https://127.0.0.1:5000", "http://ghcr.io")) {
            assertThat(outbound.proxy(URI.create(direct))).as(direct).isEmpty();
        }
        assertThat(Outbound.complete(Map.of("HTTPS_PROXY", "http://p:1")))
                .containsEntry("https_proxy", "http://p:1");
    }
}
