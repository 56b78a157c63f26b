package io.modeltoecs.engine.image;

import io.modeltoecs.engine.registry.Manifest;
import io.modeltoecs.engine.registry.RegistryRepository;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.http.PrivateCa;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a registry is reached: certificates, tokens, proxies. */
class RegistryAccessTest {
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
        PrivateCa ca = new PrivateCa(scratch, "ip:127.0.0.1");
        HttpsServer server =
                ca.server(
                        exchange -> {
                            exchange.sendResponseHeaders(404, -1);
                            exchange.close();
                        });
        try {
            assertThatThrownBy(() -> manifest(server, Map.of()))
                    .isInstanceOf(StepException.class)
                    .hasMessageContainingAll("TLS", "SSL_CERT_FILE");
            for (String variable : List.of("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")) {
                assertThat(manifest(server, Map.of(variable, ca.certificate.toString()))).isEmpty();
            }
        } finally {
            server.stop(0);
        }
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
                                "NO_PROXY", "internal.example.com, 10.0.0.0/8,.lan,192.168.*,*.corp.*"));
        Outbound.Proxy proxy = outbound.proxy(URI.create("https://ghcr.io/v2/")).orElseThrow();
        assertThat(proxy.user()).isEqualTo("me");
        assertThat(proxy.password()).isEqualTo("p@ss");
        assertThat(proxy.toString()).isEqualTo("proxy.example.com:3128");
        for (String direct :
                List.of("https://a.internal.example.com", "https://10.1.2.3:5000", "https://r.lan",
                        "https://192.168.3.4", "https://a.corp.example",
                        "https://127.0.0.1:5000", "http://ghcr.io")) {
            assertThat(outbound.proxy(URI.create(direct))).as(direct).isEmpty();
        }
        assertThat(outbound.proxy(URI.create("https://corp.example"))).isPresent();
        assertThat(
                        Outbound.of(
                                        Outbound.variables(
                                                new Outbound.Proxy("p", 1, "m e", "a:@%+/"),
                                                List.of("*.lan")))
                                .proxy(URI.create("https://ghcr.io")))
                .contains(new Outbound.Proxy("p", 1, "m e", "a:@%+/"));
        assertThat(Outbound.complete(Map.of("HTTPS_PROXY", "http://p:1")))
                .containsEntry("https_proxy", "http://p:1");
    }
}
