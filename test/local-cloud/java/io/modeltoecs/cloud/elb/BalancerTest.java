package io.modeltoecs.cloud.elb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A listener treats requests and targets as an Application Load Balancer does. */
class BalancerTest {
    private static final String GROUP = "arn:group";
    private static final int IDLE_SECONDS = 1;

    private final HttpClient http = HttpClient.newHttpClient();
    private final TargetGroups groups = new TargetGroups();
    private final ListenerPorts ports = new ListenerPorts(groups);
    private final List<App> apps = new ArrayList<>();
    private int port;

    BalancerTest() throws IOException {
        TargetGroup group = new TargetGroup();
        group.arn = GROUP;
        group.healthCheckPath = "/health";
        group.intervalSeconds = 1;
        group.timeoutSeconds = 1;
        group.healthyThreshold = 2;
        groups.add(group);
        groups.setInUse(Set.of(GROUP));
        port = open("arn:listener", IDLE_SECONDS);
    }

    private int open(String arn, int idleSeconds) throws IOException {
        Listener listener = new Listener();
        listener.arn = arn;
        listener.targetGroupWeights = Map.of(GROUP, 1);
        try (ServerSocket socket = new ServerSocket(0)) {
            listener.port = socket.getLocalPort();
        }
        ports.open(listener, idleSeconds);
        return listener.port;
    }

    @AfterEach
    void close() throws IOException {
        ports.close();
        groups.close();
        for (App app : apps) {
            app.server.close();
        }
    }

    @Test
    void requestsTakeTurnsOverConnectionsThatAreKept() throws Exception {
        App one = healthy("one");
        App two = healthy("two");
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            answers.add(get("/").body());
        }
        assertThat(answers).containsOnly("one", "two").hasSize(6);
        assertThat(List.of(one.requests, two.requests)).allMatch(r -> r.equals(List.of("/", "/", "/")));
        assertThat(one.connections).hasSize(1);
        // Nothing goes over it for the idle time: the load balancer closes it.
        await(() -> one.closed == 1);
        assertThat(get("/").statusCode()).isEqualTo(200);
        awaitCount("RequestCount", 7);
        awaitCount("HTTPCode_Target_2XX_Count", 7);
        assertThat(counted().path("targets").findValuesAsText("RequestCount"))
                .containsExactlyInAnyOrder("3", "4");
        assertThat(counted().path("targets").findValuesAsText("mostInFlight")).containsOnly("1");
    }

    @Test
    void whoWatchesTargetsIsToldWhenAConnectionEnds() throws Exception {
        App one = healthy("one");
        AtomicInteger ends = new AtomicInteger();
        groups.onConnectionEnd(ends::incrementAndGet);
        get("/");
        get("/");
        assertThat(ends).hasValue(0);
        for (Socket kept : one.connections) {
            kept.close();
        }
        await(() -> ends.get() == 1);
        one.server.close();
        assertThat(get("/").statusCode()).isEqualTo(502);
        assertThat(ends).hasValue(2);
    }

    @Test
    void aRequestWhoseTargetBreaksOffIsNotRepeated() throws Exception {
        App one = healthy("one");
        App two = healthy("two");
        assertThat(List.of(get("/break").statusCode(), get("/break").statusCode()))
                .containsOnly(502);
        assertThat(one.requests.size() + two.requests.size()).isEqualTo(2);
        awaitCount("HTTPCode_ELB_502_Count", 2);
        assertThat(counted().has("HTTPCode_Target_5XX_Count")).isFalse();
    }

    @Test
    void aTargetThatRefusesConnectionsIsNotReplacedByAnother() throws Exception {
        healthy("one");
        App gone = healthy("two");
        gone.server.close();
        assertThat(List.of(get("/").statusCode(), get("/").statusCode()))
                .containsExactlyInAnyOrder(200, 502);
        awaitCount("TargetConnectionErrorCount", 1);
    }

    @Test
    void aTargetThatDoesNotAnswerInTimeIs504() throws Exception {
        App slow = healthy("slow");
        assertThat(get("/hold").statusCode()).isEqualTo(504);
        assertThat(slow.requests).containsExactly("/hold");
        slow.release.countDown();
    }

    @Test
    void theIdleTimeoutCanBeChangedWhileTheListenerIsOpen() throws Exception {
        port = open("arn:patient", 3600);
        App slow = healthy("slow");
        assertThat(get("/").statusCode()).isEqualTo(200);
        ports.idleSeconds("arn:patient", 1);
        assertThat(get("/hold").statusCode()).isEqualTo(504);
        slow.release.countDown();
        assertThat(get("/").statusCode()).isEqualTo(200);
        JsonNode counted = ports.counts().path(1);
        assertThat(counted.at("/targets/0/RequestCount").asInt())
                .as("counts go on")
                .isGreaterThanOrEqualTo(3);
        await(() -> slow.closed >= 1);
    }

    @Test
    void aTargetsOwn503IsTheTargets() throws Exception {
        healthy("one");
        HttpResponse<String> answer = get("/503");
        assertThat(answer.statusCode()).isEqualTo(503);
        awaitCount("HTTPCode_Target_5XX_Count", 1);
        assertThat(counted().has("HTTPCode_ELB_5XX_Count")).isFalse();
    }

    @Test
    void withoutATargetItIs503() throws Exception {
        assertThat(get("/").statusCode()).isEqualTo(503);
        awaitCount("HTTPCode_ELB_503_Count", 1);
    }

    @Test
    void aDrainedTargetFinishesWhatItHas() throws Exception {
        App old = healthy("old");
        CompletableFuture<HttpResponse<String>> inFlight =
                http.sendAsync(request("/hold"), HttpResponse.BodyHandlers.ofString());
        await(() -> old.requests.contains("/hold"));
        groups.drain(GROUP, old.target());
        assertThat(counted().at("/targets/0/inFlight").asInt()).isEqualTo(1);
        assertThat(get("/").statusCode()).isEqualTo(503);
        healthy("new");
        assertThat(get("/").body()).isEqualTo("new");
        old.release.countDown();
        assertThat(inFlight.get(10, TimeUnit.SECONDS).body()).isEqualTo("old");
        assertThat(old.requests).containsExactly("/hold");
    }

    @Test
    void whereAllAreUnhealthyAllGetRequests() throws Exception {
        App ill = healthy("ill");
        App well = healthy("well");
        ill.healthy = false;
        await(() -> groups.health(GROUP, ill.target()).isUnhealthy());
        assertThat(List.of(get("/").body(), get("/").body())).containsOnly("well");
        well.healthy = false;
        await(() -> groups.health(GROUP, well.target()).isUnhealthy());
        assertThat(List.of(get("/").body(), get("/").body()))
                .containsExactlyInAnyOrder("ill", "well");
    }

    @Test
    void targetsAreSaidToBeWhatTheyAre() throws Exception {
        App app = new App("app");
        apps.add(app);
        assertState(app, "unused Target.NotRegistered");
        app.healthy = false;
        groups.register(GROUP, app.target(), () -> {});
        await(() -> state(app).equals("initial Elb.InitialHealthChecking"));
        await(() -> state(app).equals("unhealthy Target.ResponseCodeMismatch"));
        assertThat(groups.health(GROUP, app.target()).description())
                .isEqualTo("Health checks failed with these codes: [503]");
        app.healthy = true;
        await(() -> state(app).equals("healthy null"));
        App gone = new App("gone");
        gone.server.close();
        groups.register(GROUP, gone.target(), () -> {});
        await(() -> state(gone).equals("unhealthy Target.FailedHealthChecks"));
        groups.setInUse(Set.of());
        assertState(app, "unused Target.NotInUse");
        groups.setInUse(Set.of(GROUP));
        groups.drain(GROUP, app.target());
        assertState(app, "draining Target.DeregistrationInProgress");
    }

    private String state(App app) {
        TargetHealth health = groups.health(GROUP, app.target());
        return health.state() + " " + health.reason();
    }

    private void assertState(App app, String expected) {
        assertThat(state(app)).isEqualTo(expected);
    }

    private App healthy(String name) throws IOException {
        App app = new App(name);
        apps.add(app);
        groups.register(GROUP, app.target(), () -> {});
        await(() -> groups.health(GROUP, app.target()).isHealthy());
        return app;
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
    }

    private HttpResponse<String> get(String path) throws Exception {
        return http.send(request(path), HttpResponse.BodyHandlers.ofString());
    }

    /** A request is counted when it is over, just after its answer came. */
    private void awaitCount(String name, int count) {
        await(() -> counted().path(name).asInt() == count);
    }

    private JsonNode counted() {
        return ports.counts().path(0);
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    /** A target that keeps connections, and does what paths say. */
    private static final class App {
        final ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        final String name;
        final List<String> requests = new java.util.concurrent.CopyOnWriteArrayList<>();
        final Set<Socket> connections = java.util.Collections.synchronizedSet(new HashSet<>());
        final CountDownLatch release = new CountDownLatch(1);
        volatile int closed;
        volatile boolean healthy = true;

        App(String name) throws IOException {
            this.name = name;
            thread(this::accept);
        }

        Target target() {
            return new Target("127.0.0.1", server.getLocalPort());
        }

        private static void thread(Runnable work) {
            Thread thread = new Thread(work);
            thread.setDaemon(true);
            thread.start();
        }

        private void accept() {
            try {
                while (true) {
                    Socket socket = server.accept();
                    thread(() -> serve(socket));
                }
            } catch (IOException e) {
                // The test is over.
            }
        }

        private void serve(Socket socket) {
            try (socket) {
                BufferedReader in =
                        new BufferedReader(
                                new InputStreamReader(
                                        socket.getInputStream(), StandardCharsets.US_ASCII));
                for (String path = path(in); path != null; path = path(in)) {
                    int status = path.equals("/503") || path.equals("/health") && !healthy ? 503 : 200;
                    if (!path.equals("/health")) {
                        requests.add(path);
                        connections.add(socket);
                    }
                    if (path.equals("/break")) {
                        return;
                    }
                    if (path.equals("/hold")) {
                        release.await();
                    }
                    String answer =
                            "HTTP/1.1 " + status + " X\r\nContent-Length: " + name.length()
                                    + "\r\n\r\n" + name;
                    socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                }
                if (connections.contains(socket)) {
                    closed++;
                }
            } catch (IOException | InterruptedException e) {
                // The client sees it.
            }
        }

        private static String path(BufferedReader in) throws IOException {
            String first = in.readLine();
            for (String line = first; line != null && !line.isEmpty(); ) {
                line = in.readLine();
            }
            return first == null ? null : first.split(" ")[1];
        }
    }
}
