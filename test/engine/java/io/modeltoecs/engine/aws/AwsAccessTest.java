package io.modeltoecs.engine.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.ConnectProxy;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.http.PrivateCa;
import io.modeltoecs.engine.options.AwsOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.s3.S3Client;

class AwsAccessTest {
    private static final AwsKeys KEYS = new AwsKeys("AKIATEST", "very-secret", null);

    @TempDir Path scratch;

    @Test
    void withoutKeysTheDefaultChainHasToBeAllowed() {
        assertThatThrownBy(() -> new AwsAccess(options("us-east-1"), null, false))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("no AWS credentials: give 'credentialsId'");
        new AwsAccess(options("us-east-1"), null, true).close();
    }

    @Test
    void aRegionIsNeeded() {
        assertThatThrownBy(() -> new AwsAccess(options(null), KEYS, false))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("no AWS region");
    }

    @Test
    void secretsAreNotShown() {
        assertThat(KEYS.toString()).doesNotContain("very-secret");
    }

    @Test
    void usesTheEndpointByPath() {
        try (AwsAccess aws = new AwsAccess(options("eu-west-1"), KEYS, false)) {
            S3Client s3 = aws.s3();
            assertThat(s3.utilities().getUrl(url -> url.bucket("models").key("a")).toString())
                    .isEqualTo("http://127.0.0.1:1/models/a");
            assertThat(s3.serviceClientConfiguration().endpointOverride())
                    .contains(URI.create("http://127.0.0.1:1"));
            assertThat(s3.serviceClientConfiguration().region().id()).isEqualTo("eu-west-1");
        }
    }

    @Test
    void theWayOutIsTheOneOfTheEnvironment() throws Exception {
        PrivateCa ca = new PrivateCa(scratch, "dns:ecs.corp.example");
        HttpsServer ecs = ca.server(exchange -> answer(exchange, "{\"clusterArns\":[\"c\"]}"));
        // me:p@ss
        try (ConnectProxy proxy =
                new ConnectProxy(ecs.getAddress().getPort(), "Basic bWU6cEBzcw==")) {
            String at = "127.0.0.1:" + proxy.port();
            String ours = ca.certificate.toString();
            Map<String, String> right =
                    Map.of("HTTPS_PROXY", "http://me:p%40ss@" + at, "SSL_CERT_FILE", ours);
            assertThat(clusters(right)).containsExactly("c");
            assertThat(proxy.tunnels).containsOnly("ecs.corp.example:443");

            assertThatThrownBy(
                            () ->
                                    clusters(
                                            Map.of(
                                                    "HTTPS_PROXY", "http://" + at,
                                                    "SSL_CERT_FILE", ours)))
                    .isInstanceOf(SdkException.class)
                    .hasStackTraceContaining("407");
            assertThatThrownBy(
                            () -> clusters(Map.of("HTTPS_PROXY", "http://me:p%40ss@" + at)))
                    .isInstanceOf(SdkClientException.class)
                    .hasStackTraceContaining("SSLHandshakeException");
            int before = proxy.tunnels.size();
            Map<String, String> past = new HashMap<>(right);
            past.put("NO_PROXY", "corp.example");
            assertThatThrownBy(() -> clusters(past)).hasStackTraceContaining("UnknownHost");
            assertThat(proxy.tunnels).hasSize(before);
        } finally {
            ecs.stop(0);
        }
    }

    private static List<String> clusters(Map<String, String> environment) {
        try (AwsAccess aws =
                new AwsAccess(
                        options("us-east-1", null, "https://ecs.corp.example"),
                        KEYS,
                        false,
                        Outbound.of(environment))) {
            return aws.ecs().listClusters().clusterArns();
        }
    }

    @Test
    void aRolesCredentialsAreAskedForAgainBeforeTheyEnd() throws Exception {
        List<String> signers = new ArrayList<>();
        AtomicInteger assumed = new AtomicInteger();
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    String form = new String(exchange.getRequestBody().readAllBytes());
                    if (form.contains("Action=AssumeRole")) {
                        answer(exchange, role("ASIA" + assumed.incrementAndGet()));
                    } else {
                        signers.add(
                                exchange.getRequestHeaders()
                                        .getFirst("Authorization")
                                        .replaceAll(".*Credential=([^/]+)/.*", "$1"));
                        answer(exchange, "{}");
                    }
                });
        server.start();
        String endpoint = "http://127.0.0.1:" + server.getAddress().getPort();
        String role = "arn:aws:iam::000000000000:role/deployer";
        try (AwsAccess aws = new AwsAccess(options("us-east-1", role, endpoint), KEYS, false)) {
            EcsClient ecs = aws.ecs();
            ecs.listClusters();
            ecs.listClusters();
            assertThat(signers).containsExactly("ASIA1", "ASIA2");
        } finally {
            server.stop(0);
        }
    }

    /** Keys that are good for a few seconds only. */
    private static String role(String id) {
        return """
               <AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>%s</AccessKeyId>
               <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
               <Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
                .formatted(id, Instant.now().plusSeconds(20).truncatedTo(ChronoUnit.SECONDS));
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static AwsOptions options(String region) {
        return options(region, null, "http://127.0.0.1:1");
    }

    private static AwsOptions options(String region, String role, String endpoint) {
        return new AwsOptions("models", "models", region, null, role, null, endpoint);
    }
}
