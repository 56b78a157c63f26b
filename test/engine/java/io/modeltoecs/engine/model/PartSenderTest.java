package io.modeltoecs.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsServer;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.ConnectProxy;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.http.PrivateCa;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of sending parts doesn't depend on S3. */
class PartSenderTest {
    private static final String URL =
            "https://s3.corp.example/models/a%2Fb//c%20d/model.pkl?partNumber=1&X-Amz-Signature=ab%2F";

    @TempDir Path folder;
    private final List<String> requests = new ArrayList<>();
    private HttpsServer s3;
    private ConnectProxy proxy;
    private Map<String, String> environment;

    @BeforeEach
    void start() throws Exception {
        Files.writeString(folder.resolve("model.pkl"), "0123456789");
        PrivateCa ca =
                new PrivateCa(Files.createDirectory(folder.resolve("ca")), "dns:s3.corp.example");
        s3 = ca.server(this::take);
        // me:p@ss
        proxy = new ConnectProxy(s3.getAddress().getPort(), "Basic bWU6cEBzcw==");
        environment =
                Map.of(
                        "HTTPS_PROXY", "http://me:p%40ss@127.0.0.1:" + proxy.port(),
                        "SSL_CERT_FILE", ca.certificate.toString());
    }

    @AfterEach
    void stop() throws Exception {
        proxy.close();
        s3.stop(0);
    }

    @Test
    void partsGoByTheProxyAndTrustThePrivateCaOfTheEnvironment() throws Exception {
        assertThat(send(3, 4)).containsExactly("\"e\"");
        assertThat(send(0, 0)).containsExactly("\"e\"");

        String line = URL.substring("https://s3.corp.example".length()) + " aaa= ";
        assertThat(requests).containsExactly(line + "3456", line);
        // the connection was kept
        assertThat(proxy.tunnels).containsExactly("s3.corp.example:443");
    }

    @Test
    void aFileThatHasBecomeShorterIsNotSentAgainAndAgain() {
        assertThatThrownBy(() -> send(8, 4))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("'model.pkl' can't be read to its end")
                .hasMessageContaining("it has become shorter");
    }

    private List<String> send(long offset, long bytes) throws Exception {
        Map<String, String> headers = new LinkedHashMap<>(Map.of("Content-MD5", "aaa="));
        PartOrder part = new PartOrder("model.pkl", offset, bytes, URL, headers);
        return new LocalWorkplace(folder, Outbound.of(environment))
                .send(new SendOrder(new ArrayList<>(List.of(part))), line -> {});
    }

    private void take(HttpExchange exchange) throws IOException {
        requests.add(
                exchange.getRequestURI()
                        + " "
                        + exchange.getRequestHeaders().getFirst("Content-MD5")
                        + " "
                        + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        exchange.getResponseHeaders().set("ETag", "\"e\"");
        exchange.sendResponseHeaders(200, -1);
        exchange.close();
    }
}
