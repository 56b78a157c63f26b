package io.modeltoecs.engine.image;

import io.modeltoecs.engine.registry.Login;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.aws.AwsKeys;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.BuildOptions;
import io.modeltoecs.engine.options.Settings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole step: what the controller does, with the workplace on the far side of a wire. */
class ServingImageTest {
    @TempDir static Path shared;
    static LocalRegistry registry;
    static String base;

    @TempDir Path scratch;
    Project project;
    Ecr ecr;

    @BeforeAll
    static void start() throws Exception {
        registry = new LocalRegistry(shared);
        base = registry.base("base/python:3.11", Map.of("PYTHON_VERSION", "3.11.2"));
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @BeforeEach
    void service() throws Exception {
        ecr = new Ecr();
        project =
                new Project(scratch.resolve("service"), shared.resolve("caches"))
                        .write("app.py", "app = None\n");
    }

    @AfterEach
    void close() {
        ecr.close();
    }

    private Map<String, Object> run(Object... arguments) throws Exception {
        Map<String, Object> given = new HashMap<>(Map.of("repository", "team/iris", "base", base));
        for (int i = 0; i < arguments.length; i += 2) {
            given.put((String) arguments[i], arguments[i + 1]);
        }
        BuildOptions options =
                BuildOptions.from(
                        given,
                        Settings.of(
                                Map.of("endpoint", ecr.endpoint(), "region", "eu-central-1"),
                                Map.of()));
        try (AwsAccess aws =
                ServingImage.needsAws(options)
                        ? new AwsAccess(options.aws(), new AwsKeys("key", "secret", null), false)
                        : null) {
            Login login = options.registryCredentialsId() == null ? null : LocalRegistry.LOGIN;
            BuildInfo build = new BuildInfo("iris/main", 12, null, Instant.now());
            return new ServingImage(options, aws, build, login, null, project.lines::add)
                    .run(new Remote());
        }
    }

    @Test
    void pushesToEcrAndMakesTheRepository() throws Exception {
        Map<String, Object> result = run();
        assertThat(ecr.repositories).containsExactly("team/iris");
        assertThat(ecr.policies).hasSize(1);
        assertThat(new ObjectMapper().readTree(ecr.policies.get(0)).path("rules"))
                .hasSize(1)
                .allMatch(
                        rule ->
                                rule.path("selection")
                                        .path("tagStatus")
                                        .asText()
                                        .equals("untagged"));
        assertThat(result)
                .containsEntry("repository", registry.host() + "/team/iris")
                .containsEntry("tag", "build-12");
        assertThat((String) result.get("reference"))
                .isEqualTo(registry.host() + "/team/iris@" + result.get("digest"));
        JsonNode manifest = registry.json("team/iris/manifests/build-12");
        JsonNode config =
                registry.json(
                        "team/iris/blobs/" + manifest.path("config").path("digest").asText());
        JsonNode libraries =
                new ObjectMapper()
                        .readTree(
                                config.path("config")
                                        .path("Labels")
                                        .path("io.modeltoecs.libraries")
                                        .asText());
        assertThat(libraries.fieldNames())
                .toIterable()
                .contains("flask", "gunicorn", "boto3", "prometheus_client");
        byte[] runtime =
                registry.get(
                        "team/iris/blobs/"
                                + manifest.path("layers").get(2).path("digest").asText());
        assertThat(Project.entries(runtime))
                .containsKeys(
                        "opt/model-to-ecs/runtime/model_to_ecs/__main__.py",
                        "opt/model-to-ecs/runtime/allowed-imports.txt");
        assertThat(project.lines).noneMatch(line -> line.contains(LocalRegistry.LOGIN.password()));
    }

    @Test
    void aTokenThatEndsInAPushIsRefreshed() throws Exception {
        AtomicInteger manifests = new AtomicInteger();
        try (Front front =
                new Front(
                        registry.host(),
                        exchange ->
                                exchange.getRequestMethod().equals("PUT")
                                                && exchange.getRequestURI()
                                                        .getPath()
                                                        .contains("/manifests/")
                                                && manifests.getAndIncrement() == 0
                                        ? 401
                                        : 0)) {
            ecr.registry = front.host();
            Map<String, Object> result =
                    run("repository", "team/late", "base", base.replace(registry.host(), front.host()));
            assertThat(registry.json("team/late/manifests/" + result.get("digest")).path("layers"))
                    .hasSize(4);
        }
        assertThat(project.lines).anyMatch(line -> line.startsWith("push: goes on with a new token"));
        assertThat(ecr.asked).filteredOn("GetAuthorizationToken"::equals).hasSize(3);
    }

    /** Before anything is uploaded; without 'immutable', which is for repositories that are made. */
    @Test
    void aRepositoryWhoseTagsAreImmutableKeepsThem() throws Exception {
        ecr.repositories.add("team/kept");
        ecr.mutability = "IMMUTABLE";
        Map<String, Object> first = run("repository", "team/kept", "tags", List.of("v1"));
        assertThat(run("repository", "team/kept", "tags", List.of("v1")))
                .containsEntry("digest", first.get("digest"))
                .containsEntry("layersPushed", 0);
        project.write("app.py", "app = 2\n");
        int uploads = registry.requests(".*\"POST .*/team/kept/.*").size();
        assertThatThrownBy(() -> run("repository", "team/kept", "tags", List.of("v1")))
                .isInstanceOf(StepException.class)
                .hasMessageContainingAll(
                        "the tag 'v1' of " + registry.host() + "/team/kept names " + first.get("digest"),
                        ", not sha256:",
                        "give other 'tags'");
        assertThat(registry.requests(".*\"POST .*/team/kept/.*")).hasSize(uploads);
        ecr.mutability = "IMMUTABLE_WITH_EXCLUSION";
        assertThat(run("repository", "team/kept", "tags", List.of("v1")).get("digest"))
                .isNotEqualTo(first.get("digest"));
    }

    @Test
    void nothingIsMadeInEcrForAnImageThatCannotBeBuilt() {
        assertThatThrownBy(() -> run("base", registry.host() + "/base/python:3.99"))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("doesn't exist");
        assertThat(ecr.repositories).isEmpty();
    }

    @Test
    void aRepositoryThatIsNotToBeMade() {
        assertThatThrownBy(() -> run("createRepository", false))
                .isInstanceOf(StepException.class)
                .hasMessageContainingAll("'team/iris'", "eu-central-1", "'createRepository'");
        assertThat(ecr.repositories).isEmpty();
        assertThat(project.lines).isEmpty();
    }

    @Test
    void anAccessThatIsDenied() {
        ecr.deny = "DescribeRepositories";
        assertThatThrownBy(this::run)
                .isInstanceOf(StepException.class)
                .hasMessageContainingAll("ecr:DescribeRepositories", "team/iris", "not allowed");
    }

    @Test
    void pushesToAnyRegistryBelowItsPath() throws Exception {
        Map<String, Object> result =
                run("registry", registry.host() + "/proxy", "registryCredentialsId", "nexus");
        assertThat(result).containsEntry("repository", registry.host() + "/proxy/team/iris");
        assertThat(ecr.asked).isEmpty();
    }

    @Test
    void whatAScanFindsFailsTheStep() throws Exception {
        ecr.scan =
                """
                {"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"findings":[
                {"name":"CVE-2026-1","severity":"HIGH","attributes":[
                {"key":"package_name","value":"openssl"},{"key":"package_version","value":"3.0"}]}]}}
                """;
        assertThat(run("failOn", "CRITICAL")).containsKey("digest");
        assertThat(project.lines.toString()).contains("none of them CRITICAL");
        assertThatThrownBy(() -> run("failOn", "HIGH"))
                .isInstanceOf(StepException.class)
                .hasMessageContainingAll("'failOn' HIGH", "CVE-2026-1", "openssl 3.0");
        ecr.scan = "{\"imageScanStatus\":{\"status\":\"UNSUPPORTED_IMAGE\"}}";
        assertThatThrownBy(() -> run("failOn", "HIGH"))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("can't scan this kind of image");
    }

    @Test
    void whereNothingIsScannedFailOnIsRefused() {
        for (Map.Entry<String, String> registry :
                Map.of("registry.example.com", "HIGH", "ecr", "SEVERE").entrySet()) {
            assertThatThrownBy(
                            () ->
                                    run(
                                            "registry",
                                            registry.getKey(),
                                            "failOn",
                                            registry.getValue()))
                    .isInstanceOf(StepException.class)
                    .hasMessageContaining("'failOn'");
        }
        assertThat(ecr.asked).isEmpty();
    }

    /** As far away as an agent: all that passes is serialised. */
    private final class Remote implements ImageWorkplace {
        @Override
        public Assembly assemble(
                BuildOrder order, Login login, io.modeltoecs.engine.progress.Progress progress)
                throws IOException, InterruptedException {
            assertThat(order.toString()).doesNotContain(LocalRegistry.LOGIN.password());
            return sent(project.build().assemble(sent(order), sent(login), progress));
        }

        @Override
        public BuiltImage push(
                Assembly assembly, Login login, io.modeltoecs.engine.progress.Progress progress)
                throws IOException, InterruptedException {
            return sent(project.build().push(sent(assembly), sent(login), progress));
        }

        @SuppressWarnings("unchecked")
        private <T> T sent(T object) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            new ObjectOutputStream(bytes).writeObject(object);
            try {
                return (T)
                        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))
                                .readObject();
            } catch (ClassNotFoundException e) {
                throw new IOException(e);
            }
        }
    }

    /** The three actions of ECR, as its JSON protocol has them. */
    private static final class Ecr implements AutoCloseable {
        final Set<String> repositories = new ConcurrentSkipListSet<>();
        final List<String> asked = new ArrayList<>();
        final List<String> policies = new ArrayList<>();
        volatile String mutability = "MUTABLE";
        volatile String scan = "";
        volatile String deny = "";
        volatile String registry = ServingImageTest.registry.host();
        private final HttpServer server;

        Ecr() throws IOException {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", this::answer);
            server.start();
        }

        String endpoint() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        private void answer(HttpExchange exchange) throws IOException {
            JsonNode request = new ObjectMapper().readTree(exchange.getRequestBody());
            String action =
                    exchange.getRequestHeaders().getFirst("X-Amz-Target").replaceAll(".*\\.", "");
            asked.add(action);
            String body;
            int status = 200;
            if (action.equals(deny)) {
                status = 400;
                body = "{\"__type\":\"AccessDeniedException\",\"message\":\"not allowed\"}";
            } else if (action.equals("GetAuthorizationToken")) {
                String token =
                        LocalRegistry.LOGIN.user() + ":" + LocalRegistry.LOGIN.password();
                body =
                        "{\"authorizationData\":[{\"authorizationToken\":\"%s\",\"proxyEndpoint\":\"http://%s\"}]}"
                                .formatted(
                                        Base64.getEncoder().encodeToString(token.getBytes()),
                                        registry);
            } else if (action.equals("CreateRepository")) {
                repositories.add(request.path("repositoryName").asText());
                body = "{\"repository\":{}}";
            } else if (action.equals("PutLifecyclePolicy")) {
                policies.add(request.path("lifecyclePolicyText").asText());
                body = "{}";
            } else if (action.equals("DescribeImageScanFindings")) {
                body = scan;
            } else if (action.equals("BatchGetImage")) {
                body = "{\"images\":[{\"imageManifest\":\"{}\"}]}";
            } else if (repositories.contains(request.path("repositoryNames").path(0).asText())) {
                body = "{\"repositories\":[{\"imageTagMutability\":\"%s\"}]}".formatted(mutability);
            } else {
                status = 400;
                body = "{\"__type\":\"RepositoryNotFoundException\",\"message\":\"none\"}";
            }
            exchange.getResponseHeaders().add("Content-Type", "application/x-amz-json-1.1");
            exchange.sendResponseHeaders(status, body.length());
            exchange.getResponseBody().write(body.getBytes());
            exchange.close();
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
