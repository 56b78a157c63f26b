package io.modeltoecs.engine.image;

import io.modeltoecs.engine.registry.Login;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.aws.AwsKeys;
import io.modeltoecs.engine.options.RollbackEcsOptions;
import io.modeltoecs.engine.options.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked of ECR beside its registry, and what its refusals become. */
class EcrRepositoryTest {
    private final Map<String, String> errors = new HashMap<>();
    private final List<String> called = new ArrayList<>();
    private HttpServer server;
    private AwsAccess aws;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        String endpoint = "http://127.0.0.1:" + server.getAddress().getPort();
        aws =
                new AwsAccess(
                        RollbackEcsOptions.from(
                                        Map.of("cluster", "c", "service", "s"),
                                        Settings.of(
                                                Map.of("region", "us-east-1", "endpoint", endpoint),
                                                Map.of()))
                                .aws(),
                        new AwsKeys("key", "secret", null),
                        false);
    }

    @AfterEach
    void stop() {
        aws.close();
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String action = exchange.getRequestHeaders().getFirst("X-Amz-Target").split("\\.")[1];
            called.add(action);
            String token =
                    Base64.getEncoder().encodeToString("AWS:p".getBytes(StandardCharsets.UTF_8));
            String error = errors.get(action);
            String body =
                    error == null
                            ? "{\"authorizationData\":[{\"authorizationToken\":\"%s\",\"proxyEndpoint\":\"https://r.example\"}]}"
                                    .formatted(token)
                            : "{\"__type\":\"%s\",\"message\":\"no\"}".formatted(error);
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(error == null ? 200 : 400, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private EcrRepository repository() {
        return new EcrRepository(aws, "ecr", "team/iris");
    }

    @Test
    void tellsHostAndLogin() {
        assertThat(repository().access())
                .isEqualTo(new EcrRepository.Access("r.example", new Login("AWS", "p")));
    }

    @Test
    void aHostNamesAnotherAccount() {
        String host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
        assertThat(EcrRepository.isEcr(host)).isTrue();
        assertThat(EcrRepository.isEcr("registry.example.com")).isFalse();
        assertThat(new EcrRepository(aws, host, "team/iris").access().registry()).isEqualTo(host);
    }

    @Test
    void makesWhatIsMissingAndBearsThatAnotherBuildWasFaster() {
        errors.put("DescribeRepositories", "RepositoryNotFoundException");
        assertThat(repository().immutable()).isEmpty();
        repository().create(true, line -> {});
        errors.put("CreateRepository", "RepositoryAlreadyExistsException");
        repository().create(true, line -> {});

        assertThat(called).containsExactly("DescribeRepositories", "CreateRepository", "PutLifecyclePolicy", "CreateRepository");
    }

    @Test
    void aRefusalNamesTheActionAndTheRepository() {
        errors.put("CreateRepository", "AccessDeniedException");

        assertThatThrownBy(() -> repository().create(false, line -> {}))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("ecr:CreateRepository for 'team/iris' in ECR, us-east-1, was refused: no");
    }
}
