package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What goes with a rollout: a task before it, a look at what serves after it, old revisions. */
class StagesTest {
    private Demo demo;
    private FakeAws aws;
    private HttpServer app;
    private final List<String> requests = new ArrayList<>();

    /** What the app answers to the n-th request, by path: "200 body". */
    private final Map<String, List<String>> answers = new LinkedHashMap<>();

    @BeforeEach
    void start() throws IOException {
        demo = new Demo();
        aws = demo.aws;
        app = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        app.createContext("/", this::answer);
        app.start();
        aws.listenerPort = app.getAddress().getPort();
    }

    @AfterEach
    void stop() {
        app.stop(0);
        demo.close();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String body =
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String key = exchange.getRequestHeaders().getFirst("Authorization");
            requests.add(
                    exchange.getRequestMethod() + " " + path + " " + body + (key == null ? "" : key));
            List<String> left = answers.getOrDefault(path, List.of("404 "));
            String answer = left.size() > 1 ? left.remove(0) : left.get(0);
            byte[] bytes = answer.substring(4).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(
                    Integer.parseInt(answer.substring(0, 3)), bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private void answers(String path, String... each) {
        answers.put(path, new ArrayList<>(List.of(each)));
    }

    private Run deploy(Map<String, ?> more) {
        Map<String, Object> all = new LinkedHashMap<>(Map.of("image", demo.image));
        all.putAll(more);
        return Run.deploy(aws, all);
    }

    @Test
    void whatServesIsVerifiedThoughNothingChangedAndIsLeftAsItIs() {
        rolls(Map.of());
        aws.calls.clear();
        answers("/ready", "200 {}");
        Map<String, Object> check = Map.of("path", "/ready");

        Run well = deploy(Map.of("verify", List.of(check), "runTask", Map.of("command", "migrate")));
        assertThat(well.all()).containsEntry("state", "UNCHANGED");
        assertThat(requests).contains("GET /ready ");

        answers("/ready", "500 broken");
        assertThatThrownBy(() -> deploy(Map.of("verify", List.of(check))).all())
                .hasMessageContaining(
                        "demo/iris serves iris:2, to which nothing was rolled out, but fails its"
                                + " verification")
                .hasMessageContaining("500");
        assertThat(aws.changes()).isEmpty();
    }

    private Map<String, Object> rolls(Map<String, ?> more) {
        demo.rollsWell();
        return deploy(more).all();
    }

    /** The rollout completes, and then goes back. */
    private String goesBack(Map<String, ?> more) {
        demo.rollsWell();
        Run run = deploy(more).begin();
        String[] message = new String[1];
        assertThatThrownBy(
                        () -> {
                            while (!run.look()) {
                                if (aws.called("UpdateService").size() == 2) {
                                    aws.complete();
                                }
                            }
                        })
                .isInstanceOf(StepException.class)
                .satisfies(e -> message[0] = e.getMessage());
        assertThat(aws.called("UpdateService").get(1).path("taskDefinition").asText())
                .isEqualTo(demo.first);
        assertThat(message[0]).contains("Rolled back: iris:1 serves");
        return message[0];
    }

    private void refused(Map<String, ?> more, String... messages) {
        assertThatThrownBy(() -> deploy(more).begin())
                .isInstanceOf(StepException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(messages));
        assertThat(aws.changes()).isEmpty();
    }

    // ---- runTask

    @Test
    void aTaskRunsToItsEndBeforeTheServiceIsTouched() {
        aws.service
                .putObject("networkConfiguration")
                .putObject("awsvpcConfiguration")
                .putArray("subnets")
                .add("subnet-1");
        aws.service.put("launchType", "FARGATE");
        Run run =
                deploy(
                        Map.of(
                                "runTask",
                                Map.of("command", "python migrate.py", "env", Map.of("A", "b"))))
                        .begin();
        for (int i = 0; i < 5; i++) {
            run.look();
        }
        assertThat(aws.called("UpdateService")).isEmpty();
        aws.runExit = 0;
        demo.rollsWell();

        run.toEnd();

        JsonNode request = aws.called("RunTask").get(0);
        assertThat(request.path("taskDefinition").asText()).endsWith("iris:2");
        assertThat(request.path("launchType").asText()).isEqualTo("FARGATE");
        assertThat(request.path("networkConfiguration").toString()).contains("subnet-1");
        assertThat(request.at("/overrides/containerOverrides/0").toString())
                .isEqualTo(
                        "{\"name\":\"web\",\"command\":[\"sh\",\"-c\",\"python migrate.py\"],"
                                + "\"environment\":[{\"name\":\"A\",\"value\":\"b\"}]}");
        assertThat(aws.changes())
                .containsSubsequence("RegisterTaskDefinition", "RunTask", "UpdateService");
    }

    @Test
    void aTaskThatFailsLeavesTheServiceAsItWas() {
        aws.runExit = 3;
        aws.logLines.add("no such table");

        assertThatThrownBy(
                        () -> deploy(Map.of("runTask", Map.of("command", List.of("migrate")))).all())
                .isInstanceOf(StepException.class)
                .hasMessageContaining("exit code 3")
                .hasMessageContaining("| no such table")
                .hasMessageContaining("as it was");
        assertThat(aws.called("UpdateService")).isEmpty();
    }

    @Test
    void aTaskThatTakesTooLongIsStopped() {
        assertThatThrownBy(
                        () ->
                                deploy(
                                                Map.of(
                                                        "runTask",
                                                        Map.of("command", "x", "timeoutMinutes", 1)))
                                        .all())
                .isInstanceOf(StepException.class)
                .hasMessageContaining("longer than 1 min 00 s");
        assertThat(aws.called("StopTask")).hasSize(1);
        assertThat(aws.called("UpdateService")).isEmpty();
    }

    @Test
    void anAbortStopsTheTask() {
        Run run = deploy(Map.of("runTask", Map.of("command", "x"))).begin();
        for (int i = 0; i < 5; i++) {
            run.look();
        }
        run.abort();

        assertThatThrownBy(run::toEnd).hasMessageContaining("nothing was changed");
        assertThat(aws.called("StopTask")).hasSize(1);
        assertThat(aws.called("UpdateService")).isEmpty();
    }

    @Test
    void theSameTaskIsAskedForAgainAfterACrash() {
        aws.runExit = 0;
        demo.rollsWell();
        Run run = deploy(Map.of("runTask", Map.of("command", "x"))).begin();
        run.look();
        run.lookAndDie();

        run.toEnd();

        assertThat(aws.called("RunTask")).hasSize(2);
        assertThat(aws.called("RunTask").get(0).path("clientToken").asText())
                .isNotEmpty()
                .isEqualTo(aws.called("RunTask").get(1).path("clientToken").asText());
    }

    @Test
    void refusesATaskThatCantBeRun() {
        refused(
                Map.of("runTask", Map.of("command", "x", "container", "wbe")),
                "no container 'wbe'",
                "web");
        refused(Map.of("runTask", Map.of("comand", "x")), "runTask", "did you mean 'command'?");
        refused(Map.of("runTask", Map.of("env", Map.of())), "'command' is missing");
    }

    // ---- verify

    @Test
    void requestsAreSentOnceTheDeploymentHasCompleted() {
        answers("/readyz", "200 ");
        answers("/predict", "200 {\"predictions\":[1.0000001,2],\"model\":{\"name\":\"iris\"}}");

        Map<String, Object> result =
                rolls(
                        Map.of(
                                "verify",
                                List.of(
                                        Map.of("path", "/readyz"),
                                        Map.of(
                                                "path", "/predict",
                                                "credentialsId", "api",
                                                "body", Map.of("instances", List.of(1)),
                                                "expect", "{\"predictions\":[1,2]}"))));

        assertThat(result).containsEntry("state", "COMPLETED").containsEntry("rolledBack", false);
        assertThat(requests)
                .contains("GET /readyz ", "POST /predict {\"instances\":[1]}Bearer of-api");
    }

    @Test
    void aWrongAnswerGoesBackToTheRevisionBefore() {
        answers("/predict", "200 {\"predictions\":[1,3]}");

        String message =
                goesBack(
                        Map.of(
                                "verify",
                                Map.of(
                                        "path", "/predict",
                                        "body", "{}",
                                        "expect", Map.of("predictions", List.of(1, 2)),
                                        "tolerance", 0.1)));

        assertThat(message)
                .contains("completed, but failed its verification")
                .contains("predictions[1] is 3, but should be 2");
    }

    @Test
    void aWrongCodeGoesBackToo() {
        answers("/predict", "503 {\"error\":\"overloaded\"}");

        assertThat(goesBack(Map.of("verify", Map.of("path", "/predict"))))
                .contains("it answers 503: {\"error\":\"overloaded\"}");
    }

    @Test
    void withoutRollbackItSaysWhatServes() {
        answers("/predict", "500 ");
        demo.rollsWell();

        assertThatThrownBy(
                        () ->
                                deploy(
                                                Map.of(
                                                        "rollback",
                                                        false,
                                                        "verify",
                                                        Map.of("path", "/predict")))
                                        .all())
                .hasMessageContaining("left as it is")
                .hasMessageContaining("iris:2 serves");
        assertThat(aws.called("UpdateService")).hasSize(1);
    }

    @Test
    void aRateOfErrorsIsBorneForATime() {
        answers("/a", "200 ", "500 ", "200 ", "200 ");
        Map<String, Object> check =
                Map.of("path", "/a", "seconds", 5, "maxErrorRate", 0.05);

        Map<String, Object> result = rolls(Map.of("verify", check));

        assertThat(result).containsEntry("state", "COMPLETED");
        assertThat(requests.stream().filter(it -> it.startsWith("GET /a")).count())
                .isGreaterThan(20L);
    }

    @Test
    void moreErrorsThanThatGoBack() {
        answers("/a", "200 ", "500 ", "500 ", "500 ", "500 ", "500 ", "500 ", "200 ");

        assertThat(
                        goesBack(
                                Map.of(
                                        "verify",
                                        Map.of(
                                                "path", "/a", "seconds", 20, "maxErrorRate",
                                                0.01))))
                .contains("answers were right");
    }

    @Test
    void anAddressThatCantBeReachedIsAnErrorBeforeTheRollout() throws IOException {
        app.stop(0);

        refused(Map.of("verify", Map.of("path", "/")), "can't be reached", "Nothing was changed");
        refused(
                Map.of("verify", Map.of("url", "http://no-such-host.invalid")),
                "there is no host no-such-host.invalid");
    }

    @Test
    void addressesThatGiveKeysAreNotAsked() {
        refused(Map.of("verify", Map.of("url", "http://169.254.169.254")), "can't be asked");
    }

    @Test
    void withoutATargetGroupAnAddressIsNeeded() {
        aws.service.remove("loadBalancers");
        aws.service.putArray("loadBalancers");

        refused(Map.of("verify", Map.of("path", "/")), "give 'url'");
    }

    @Test
    void refusesRequestsThatCantBeRight() {
        refused(Map.of("verify", Map.of("pth", "/")), "verify: no parameter 'pth'", "'path'");
        refused(Map.of("verify", Map.of("status", "abc")), "'status' is 'abc'");
        refused(Map.of("verify", Map.of("maxErrorRate", 2)), "'maxErrorRate' is '2'");
        refused(Map.of("verify", Map.of("expect", "{")), "'expect' isn't JSON");
        refused(Map.of("verify", Map.of("url", "ftp://x")), "'url' should be a URL");
    }

    @Test
    void eachTaskIsAskedForItsVersion() {
        aws.script.add(
                () -> {
                    aws.complete();
                    aws.runningTask("a", aws.primary().path("id").asText(), "HEALTHY");
                    aws.runningTask("b", aws.primary().path("id").asText(), "HEALTHY");
                });
        answers("/readyz", "200 ");
        String version = "200 {\"task\":\"arn:task/demo/%s\",\"model\":null}";
        answers("/version", version.formatted("a"), version.formatted("a"), version.formatted("b"));
        Run run = deploy(Map.of("verify", Map.of("path", "/readyz")));

        run.all();

        assertThat(run.said)
                .anyMatch(it -> it.contains("2 of 2 tasks have answered, by 3 requests"))
                .anyMatch(it -> it.startsWith("2 of 2 tasks run iris:2 and the image sha256:"));
    }

    @Test
    void aTaskWithAnotherImageGoesBack() {
        aws.script.add(
                () -> {
                    aws.complete();
                    aws.runningTask("a", aws.primary().path("id").asText(), "HEALTHY");
                    ((ObjectNode) aws.runningTasks.get(0).at("/containers/0"))
                            .put("imageDigest", "sha256:other");
                });
        Run run = deploy(Map.of()).begin();

        assertThatThrownBy(
                        () -> {
                            while (!run.look()) {
                                if (aws.called("UpdateService").size() == 2) {
                                    aws.complete();
                                }
                            }
                        })
                .hasMessageContaining("runs the image sha256:other, not sha256:")
                .hasMessageContaining("Rolled back: iris:1");
    }

    @Test
    void thatTasksCantBeSeenIsSaidAndNotFatal() {
        demo.rollsWell();
        aws.deny("ListTasks");
        Run run = deploy(Map.of());

        assertThat(run.all()).containsEntry("state", "COMPLETED");
        assertThat(run.said)
                .anyMatch(it -> it.contains("can't be compared") && it.contains("ecs:ListTasks"));
    }

    // ---- keep

    @Test
    void oldRevisionsGoButNoneThatIsInUseOrCompleted() {
        List<String> old = new ArrayList<>();
        for (int i = 0; i < 15; i++) {
            old.add(aws.taskDefinition("iris", "{\"name\":\"web\",\"image\":\"i" + i + "\"}"));
        }
        aws.taskDefinition("iris-other", "{\"name\":\"web\",\"image\":\"x\"}");
        aws.completed.add(0, old.get(3));
        aws.runningTask("scheduled", "cron", "UNKNOWN");
        aws.runningTasks.get(0).put("taskDefinitionArn", old.get(5));
        demo.rollsWell();
        // the last completed ones: iris:1 and this
        rolls(Map.of("keep", 2, "force", true));

        List<String> gone =
                aws.called("DeregisterTaskDefinition").stream()
                        .map(it -> it.path("taskDefinition").asText())
                        .toList();
        List<String> expected = new ArrayList<>(old);
        expected.remove(14); // the newest but the one that was deployed
        expected.remove(5);
        expected.remove(3);
        assertThat(gone).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void oldRevisionsThatCantGoAreSaid() {
        for (int i = 0; i < 3; i++) {
            aws.taskDefinition("iris", "{\"name\":\"web\",\"image\":\"i" + i + "\"}");
        }
        aws.deny("DeregisterTaskDefinition");
        demo.rollsWell();
        Run run = deploy(Map.of("keep", 1));

        assertThat(run.all()).containsEntry("state", "COMPLETED");
        assertThat(run.said).anyMatch(it -> it.contains("old revisions stay (keep): access denied"));
    }

    @Test
    void aDryRunSaysAllAndDoesNothing() {
        Run run =
                deploy(
                        Map.of(
                                "dryRun", true,
                                "keep", 1,
                                "runTask", Map.of("command", "x"),
                                "verify", Map.of("path", "/readyz", "seconds", 30)));

        assertThat(run.all()).containsEntry("state", "PLANNED");
        assertThat(run.said)
                .anyMatch(it -> it.contains("before the rollout a task runs"))
                .anyMatch(it -> it.contains("after the rollout: GET http://127.0.0.1"));
        assertThat(aws.changes()).isEmpty();
    }
}
