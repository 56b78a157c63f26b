package io.modeltoecs.engine.image;

import io.modeltoecs.engine.registry.Login;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each thing that can go wrong is one clear error, and nothing is in the registry. */
class ImageFailuresTest {
    @TempDir static Path shared;
    static LocalRegistry registry;
    static String base;

    @TempDir Path scratch;
    Project project;

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
        project =
                new Project(scratch.resolve("service"), shared.resolve("caches"))
                        .write("app.py", "app = None\n");
    }

    private static BuildOrder order(String repository) {
        return Orders.on(registry.host(), repository, base);
    }

    private void fails(BuildOrder order, Login login, String... words) throws IOException {
        assertThatThrownBy(() -> project.build().assemble(order, login, project.lines::add))
                .isInstanceOf(StepException.class)
                // types of a library don't cross to a controller
                .hasNoCause()
                .hasMessageContainingAll(words);
        assertThat(registry.requests(".*POST /v2/" + order.repository() + "/.*")).isEmpty();
    }

    @Test
    void aWrongLogin() throws Exception {
        fails(
                order("denied"),
                new Login("builder", "wrong password"),
                registry.host(),
                "refuses the login of user 'builder'");
        assertThat(project.lines.toString()).doesNotContain("wrong password");
    }

    @Test
    void noLogin() throws Exception {
        fails(order("nobody"), null, "wants a login", "'registryCredentialsId'");
    }

    @Test
    void aRegistryThatIsDown() throws Exception {
        String nothing;
        try (ServerSocket free = new ServerSocket(0)) {
            nothing = "127.0.0.1:" + free.getLocalPort();
        }
        fails(
                Orders.change(order("down"), Map.of("registry", nothing)),
                LocalRegistry.LOGIN,
                nothing,
                "can't be reached");
        fails(
                Orders.change(order("down"), Map.of("registry", "registry.invalid")),
                LocalRegistry.LOGIN,
                "registry.invalid",
                "no such host");
    }

    @Test
    void aBaseThatIsMissing() throws Exception {
        String missing = registry.host() + "/base/python:3.99";
        fails(
                Orders.change(order("no-base"), Map.of("base", missing)),
                LocalRegistry.LOGIN,
                "the base image '" + missing + "' doesn't exist");
        String elsewhere = registry.host() + "/no/such:image";
        fails(
                Orders.change(order("no-base"), Map.of("base", elsewhere)),
                LocalRegistry.LOGIN,
                "the base image '" + elsewhere + "' doesn't exist");
    }

    @Test
    void aBaseThatDoesNotSayItsPython() throws Exception {
        String bare = registry.base("base/bare:1", Map.of("LANG", "C.UTF-8"));
        fails(
                Orders.change(order("bare"), Map.of("base", bare)),
                LocalRegistry.LOGIN,
                "PYTHON_VERSION");
    }

    @Test
    void aBaseForAnotherPlatform() throws Exception {
        fails(
                Orders.change(order("arm"), Map.of("platforms", List.of("linux/arm64"))),
                LocalRegistry.LOGIN,
                base,
                "linux/amd64",
                "linux/arm64");
    }

    @Test
    void aRequirementThatDoesNotResolve() throws Exception {
        project.write("requirements.txt", "click==8.1.8\nclick<8\n");
        fails(
                Orders.change(order("conflict"), Map.of("requirements", "requirements.txt")),
                LocalRegistry.LOGIN,
                "can't be resolved from requirements.txt",
                "click==8.1.8",
                "unsatisfiable");
    }

    @Test
    void filesThatAreMissing() throws Exception {
        fails(
                Orders.change(order("missing"), Map.of("requirements", "nope.txt")),
                LocalRegistry.LOGIN,
                "'requirements' is 'nope.txt'");
        fails(
                Orders.change(order("missing"), Map.of("app", "nowhere")),
                LocalRegistry.LOGIN,
                "'app' is 'nowhere'");
        fails(
                Orders.change(order("missing"), Map.of("include", List.of("dist/**"))),
                LocalRegistry.LOGIN,
                "'include'",
                "dist/**");
    }

    @Test
    void aModelOfAnotherPythonOrLibrary() throws Exception {
        BuildOrder.ModelNeeds needs =
                new BuildOrder.ModelNeeds(
                        "iris@20260101T000000Z-00000000",
                        "3.12.1",
                        new TreeMap<>(Map.of("click", "8.0.4")),
                        new ArrayList<>(List.of("click")));
        fails(
                Orders.change(order("other"), Map.of("model", needs)),
                LocalRegistry.LOGIN,
                "3.12.1",
                "3.11.2");
        project.write("requirements.txt", "click==8.1.8\n");
        fails(
                Orders.change(
                        order("other"),
                        Map.of(
                                "requirements",
                                "requirements.txt",
                                "model",
                                new BuildOrder.ModelNeeds(
                                        needs.name(), "3.11.7", needs.libraries(), needs.imports()))),
                LocalRegistry.LOGIN,
                "click 8.0.4",
                "8.1.8");
    }

    @Test
    void anImmutableTagKeepsItsContent() throws Exception {
        BuildOrder order =
                Orders.change(
                        order("immutable"), Map.of("immutable", true, "tags", List.of("v1")));
        BuiltImage first = project.run(order);
        assertThat(project.run(order).digest()).isEqualTo(first.digest());
        project.write("app.py", "app = 2\n");
        assertThatThrownBy(() -> project.run(order))
                .isInstanceOf(StepException.class)
                .hasMessageContainingAll("'v1'", first.digest());
    }

    /** As ECR does, also where the tag names the same content already. */
    @Test
    void aTagThatTheRegistryKeepsIsNamedWithBothDigests() throws Exception {
        BuildOrder order = Orders.change(order("kept"), Map.of("tags", List.of("v1")));
        BuiltImage first = project.run(order);
        AtomicBoolean hidden = new AtomicBoolean(true);
        try (Front front =
                new Front(
                        registry.host(),
                        exchange -> {
                            String path = exchange.getRequestURI().getPath();
                            boolean get = exchange.getRequestMethod().equals("GET");
                            boolean v1 = path.endsWith("/manifests/v1");
                            return v1 && get && hidden.getAndSet(false) ? 404 : v1 && !get ? 400 : 0;
                        })) {
            BuildOrder there = Orders.change(order, Map.of("registry", front.host()));
            assertThat(project.run(there).digest()).isEqualTo(first.digest());
            assertThat(hidden).isFalse();
            project.write("app.py", "app = 3\n");
            assertThatThrownBy(() -> project.run(there))
                    .isInstanceOf(StepException.class)
                    .hasNoCause()
                    .hasMessageContainingAll(
                            "the tag 'v1' of " + front.host() + "/kept names " + first.digest(),
                            ", not sha256:",
                            "it answers 400",
                            "give other 'tags'");
        }
        assertThat(registry.json("kept/manifests/v1").path("config"))
                .isEqualTo(registry.json("kept/manifests/" + first.digest()).path("config"));
    }

    @Test
    void whatPassesIsTriedAgain() throws Exception {
        Set<String> failing = Set.of("POST", "PUT", "HEAD");
        Map<String, AtomicInteger> left = new TreeMap<>();
        failing.forEach(method -> left.put(method, new AtomicInteger(2)));
        try (Front front =
                new Front(
                        registry.host(),
                        exchange -> {
                            AtomicInteger count = left.get(exchange.getRequestMethod());
                            return count != null && count.getAndDecrement() > 0 ? 503 : 0;
                        })) {
            BuildOrder order = Orders.on(front.host(), "flaky", front.host() + "/base/python:3.11");
            BuiltImage image = project.run(order);
            assertThat(image.layersPushed()).isEqualTo(3);
            assertThat(left.values()).allMatch(count -> count.get() <= 0);
            assertThat(registry.json("flaky/manifests/" + image.digest()).path("layers"))
                    .hasSize(4);
        }
    }

    @Test
    void tooManyRequestsAreRepeatedWhenTheRegistrySays() throws Exception {
        AtomicInteger left = new AtomicInteger(4);
        try (Front front =
                new Front(
                        registry.host(),
                        exchange ->
                                exchange.getRequestMethod().equals("POST")
                                                && left.getAndDecrement() > 0
                                        ? 429
                                        : 0)) {
            BuildOrder order = Orders.on(front.host(), "busy", front.host() + "/base/python:3.11");
            BuiltImage image = project.run(order);
            assertThat(registry.json("busy/manifests/" + image.digest()).path("layers"))
                    .hasSize(4);
        }
    }

    @Test
    void twoBuildsPushOneRepository() throws Exception {
        BuildOrder order = Orders.change(order("both"), Map.of("tags", List.of("v1")));
        CompletableFuture<BuiltImage> other =
                CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return project.run(order);
                            } catch (IOException | InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        });
        assertThat(project.run(order).digest()).isEqualTo(other.get().digest());
        assertThat(registry.json("both/manifests/v1").path("layers")).hasSize(4);
    }

    @Test
    void aRegistryThatOnlyFails() throws Exception {
        try (Front front =
                new Front(
                        registry.host(),
                        exchange -> isUpload(exchange) ? 500 : 0)) {
            BuildOrder order = Orders.on(front.host(), "broken", front.host() + "/base/python:3.11");
            assertThatThrownBy(() -> project.run(order))
                    .isInstanceOf(StepException.class)
                    .hasMessageContainingAll(front.host(), "500");
            assertThat(registry.requests(".*PUT /v2/broken/manifests.*")).isEmpty();
        }
    }

    private static boolean isUpload(HttpExchange exchange) {
        return exchange.getRequestMethod().equals("PUT")
                && exchange.getRequestURI().getPath().contains("/blobs/");
    }

    @Test
    void stopsWhenItIsInterrupted() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        try (Front front =
                new Front(
                        registry.host(),
                        exchange -> {
                            if (isUpload(exchange)) {
                                hanging.countDown();
                                over.await(60, TimeUnit.SECONDS);
                            }
                            return 0;
                        })) {
            BuildOrder order = Orders.on(front.host(), "stopped", front.host() + "/base/python:3.11");
            AtomicReference<Throwable> end = new AtomicReference<>();
            Thread step =
                    new Thread(
                            () -> {
                                try {
                                    project.run(order);
                                } catch (Throwable e) {
                                    end.set(e);
                                }
                            });
            step.start();
            assertThat(hanging.await(60, TimeUnit.SECONDS)).isTrue();
            step.interrupt();
            step.join(10_000);
            over.countDown();
            assertThat(end.get()).isInstanceOf(InterruptedException.class);
        }
    }

    @Test
    void anInterruptedInstallationLeavesNoProcess() throws Exception {
        Path mark = scratch.resolve("started");
        Thread step =
                new Thread(
                        () -> {
                            try {
                                Command.run(
                                        List.of("sh", "-c", "sleep 987 & touch " + mark + "; wait"),
                                        scratch,
                                        System.getenv(),
                                        line -> {});
                            } catch (IOException | InterruptedException e) {
                                // as it should
                            }
                        });
        step.start();
        while (!Files.exists(mark)) {
            Thread.sleep(20);
        }
        List<ProcessHandle> started =
                ProcessHandle.current().descendants().filter(ImageFailuresTest::sleeps).toList();
        assertThat(started).isNotEmpty();
        step.interrupt();
        step.join(10_000);
        for (ProcessHandle process : started) {
            process.onExit().get(10, TimeUnit.SECONDS);
        }
    }

    private static boolean sleeps(ProcessHandle process) {
        return process.info().commandLine().orElse("").contains("sleep 987");
    }
}
