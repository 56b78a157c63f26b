package io.modeltoecs.cloud;

import static io.modeltoecs.cloud.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.modeltoecs.cloud.registry.Registry;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.ecs.model.ClientException;
import software.amazon.awssdk.services.ecs.model.ContainerDefinition;
import software.amazon.awssdk.services.ecs.model.Deployment;
import software.amazon.awssdk.services.ecs.model.DeploymentRolloutState;
import software.amazon.awssdk.services.ecs.model.DesiredStatus;
import software.amazon.awssdk.services.ecs.model.EcsException;
import software.amazon.awssdk.services.ecs.model.KeyValuePair;
import software.amazon.awssdk.services.ecs.model.LogConfiguration;
import software.amazon.awssdk.services.ecs.model.LogDriver;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.ecs.model.ServiceDeploymentStatus;
import software.amazon.awssdk.services.ecs.model.ServiceEvent;
import software.amazon.awssdk.services.ecs.model.Task;
import software.amazon.awssdk.services.elasticloadbalancingv2.ElasticLoadBalancingV2Client;
import software.amazon.awssdk.services.elasticloadbalancingv2.model.ActionTypeEnum;
import software.amazon.awssdk.services.elasticloadbalancingv2.model.TargetTypeEnum;

/** ECS with real containers: what a deployment relies on. */
@ExtendWith(CloudFixture.class)
class EcsTest {
    private static final String CLUSTER = LocalCloud.CLUSTER;
    private static final String GROUP = "/test/app";

    private static final LogConfiguration AWSLOGS =
            LogConfiguration.builder()
                    .logDriver(LogDriver.AWSLOGS)
                    .options(
                            Map.of(
                                    "awslogs-group", GROUP,
                                    "awslogs-create-group", "true",
                                    "awslogs-region", "us-east-1",
                                    "awslogs-stream-prefix", "ecs"))
                    .build();

    /** Answers with VERSION; keeps connections open; ends what it works on when it is told to stop. */
    private static final String APP =
            """
            import os, signal, sys, threading
            from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
            class App(BaseHTTPRequestHandler):
                protocol_version = 'HTTP/1.1'
                def answer(self):
                    self.rfile.read(int(self.headers.get('Content-Length', 0)))
                    body = os.environ['VERSION'].encode()
                    self.send_response(200)
                    self.send_header('Content-Length', str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                do_GET = do_POST = answer
                def log_message(self, *args): pass
            server = ThreadingHTTPServer(('', 8080), App)
            signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
            print('serving', os.environ['VERSION'], flush=True)
            server.serve_forever()
            """;

    private final EcsClient ecs = CloudFixture.ecs();
    private final ElasticLoadBalancingV2Client elb = CloudFixture.elb();
    private final List<String> services = new ArrayList<>();
    private String targetGroup;
    private String url;

    @BeforeEach
    void balance() throws IOException {
        String name = "t" + System.nanoTime();
        targetGroup =
                elb.createTargetGroup(
                                b ->
                                        b.name(name)
                                                .targetType(TargetTypeEnum.IP)
                                                .protocol("HTTP")
                                                .port(80)
                                                .healthCheckIntervalSeconds(1)
                                                .healthCheckTimeoutSeconds(1)
                                                .healthyThresholdCount(2)
                                                .unhealthyThresholdCount(5))
                        .targetGroups()
                        .get(0)
                        .targetGroupArn();
        elb.modifyTargetGroupAttributes(
                b ->
                        b.targetGroupArn(targetGroup)
                                .attributes(
                                        a ->
                                                a.key("deregistration_delay.timeout_seconds")
                                                        .value("1")));
        String balancer =
                elb.createLoadBalancer(b -> b.name(name).subnets("a", "b"))
                        .loadBalancers()
                        .get(0)
                        .loadBalancerArn();
        int port = freePort();
        elb.createListener(
                b ->
                        b.loadBalancerArn(balancer)
                                .port(port)
                                .protocol("HTTP")
                                .defaultActions(
                                        a ->
                                                a.type(ActionTypeEnum.FORWARD)
                                                        .targetGroupArn(targetGroup)));
        url = "http://127.0.0.1:" + port + "/";
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @AfterEach
    void removeServices() {
        services.forEach(s -> ecs.deleteService(b -> b.cluster(CLUSTER).service(s).force(true)));
        ecs.close();
        elb.close();
    }

    @Test
    void rollsToANewRevisionWithoutLosingARequest() throws Exception {
        String service = create("roll", 2, app("v1"), true);
        Service first = stable(service);
        assertThat(first.deployments().get(0).rolloutState())
                .isEqualTo(DeploymentRolloutState.COMPLETED);
        assertThat(first.events()).extracting(ServiceEvent::message)
                .contains("(service " + service + ") has reached a steady state.");
        try (Load load = new Load(url)) {
            eventually(load::answers, a -> a.contains("v1"));
            String next = register(app("v2"));
            ecs.updateService(b -> b.cluster(CLUSTER).service(service).taskDefinition(next));
            Service second = stable(service);
            assertThat(second.taskDefinition()).isEqualTo(next);
            eventually(load::answers, a -> a.contains("v2"));
            eventually(() -> tasks(service, DesiredStatus.STOPPED), this::allStopped);
            load.close();
            assertThat(load.failed()).isEmpty();
            assertThat(load.sent()).isGreaterThan(100);
        }
        assertThat(tasks(service, DesiredStatus.STOPPED))
                .allMatch(t -> t.stoppedReason().startsWith("Scaling activity initiated by"));
    }

    @Test
    void replacesAKilledContainerAndLosesNoMoreThanWasInFlight() throws Exception {
        String service = create("killed", 2, app("v1"), true);
        stable(service);
        try (Load load = new Load(url)) {
            eventually(load::answers, a -> a.contains("v1"));
            Task victim = tasks(service, DesiredStatus.RUNNING).get(0);
            CloudFixture.cloud()
                    .engine()
                    .run(Duration.ofMinutes(1), "kill", victim.containers().get(0).runtimeId());
            eventually(
                    () -> tasks(service, DesiredStatus.STOPPED),
                    t -> t.size() == 1 && allStopped(t));
            stable(service);
            load.close();
            assertThat(load.failures()).as(load.failed().toString()).isLessThanOrEqualTo(4);
            Task dead = tasks(service, DesiredStatus.STOPPED).get(0);
            assertThat(dead.taskArn()).isEqualTo(victim.taskArn());
            assertThat(dead.stopCodeAsString()).isEqualTo("EssentialContainerExited");
            assertThat(dead.stoppedReason()).isEqualTo("Essential container in task exited");
            assertThat(dead.containers().get(0).exitCode()).isEqualTo(137);
            assertThat(dead.containers().get(0).reason()).isNull();
        }
    }

    @Test
    void theBreakerRollsBackToTheLastCompletedRevision() throws Exception {
        String good = app("v1").toString();
        String service = create("breaker", 1, app("v1"), true);
        Deployment before = stable(service).deployments().get(0);
        try (Load load = new Load(url)) {
            String bad =
                    register(
                            container("app")
                                    .command("python3", "-c", "import sys; sys.exit(72)")
                                    .portMappings(p -> p.containerPort(8080))
                                    .build());
            ecs.updateService(b -> b.cluster(CLUSTER).service(service).taskDefinition(bad));
            Service after =
                    eventually(
                            () -> describe(service),
                            s ->
                                    s.events().stream()
                                                    .anyMatch(
                                                            e ->
                                                                    e.message()
                                                                            .contains(
                                                                                    "rolling back"))
                                            && s.deployments().size() == 1
                                            && s.deployments().get(0).rolloutState()
                                                    == DeploymentRolloutState.COMPLETED);
            assertThat(after.deployments().get(0).id()).isEqualTo(before.id());
            assertThat(after.taskDefinition()).isEqualTo(before.taskDefinition());
            load.close();
            assertThat(load.failed()).as(good).isEmpty();
        }
        assertThat(describe(service).events())
                .extracting(ServiceEvent::message)
                .anyMatch(m -> m.endsWith("deployment failed: tasks failed to start."))
                .anyMatch(m -> m.endsWith("rolling back to deployment " + before.id() + "."));
        var record =
                ecs.listServiceDeployments(b -> b.cluster(CLUSTER).service(service))
                        .serviceDeployments()
                        .get(0);
        assertThat(record.status()).isEqualTo(ServiceDeploymentStatus.ROLLBACK_SUCCESSFUL);
        var full =
                ecs.describeServiceDeployments(
                                b -> b.serviceDeploymentArns(record.serviceDeploymentArn()))
                        .serviceDeployments()
                        .get(0);
        assertThat(full.deploymentCircuitBreaker().statusAsString()).isEqualTo("TRIGGERED");
        assertThat(full.deploymentCircuitBreaker().failureCount()).isEqualTo(3);
        assertThat(tasks(service, DesiredStatus.STOPPED))
                .filteredOn(t -> "EssentialContainerExited".equals(t.stopCodeAsString()))
                .allMatch(t -> t.containers().get(0).exitCode() == 72)
                .hasSizeGreaterThanOrEqualTo(3);
    }

    @Test
    void tellsThatAnImageIsNotThere() {
        String image = CloudFixture.environment().get("REGISTRY") + "/none:v9";
        Task task = run(container("app").image(image).build());
        assertThat(task.stopCodeAsString()).isEqualTo("TaskFailedToStart");
        assertThat(task.containers().get(0).reason())
                .isEqualTo(
                        "CannotPullContainerError: pull image manifest has been retried 1 time(s):"
                                + " failed to resolve ref "
                                + image
                                + ": "
                                + image
                                + ": not found");
        assertThat(task.containers().get(0).exitCode()).isNull();
    }

    @Test
    void endsAContainerThatUsesTooMuchMemory() {
        Task task =
                run(
                        container("app")
                                .memory(32)
                                .command("python3", "-c", "x = bytearray(300 << 20)")
                                .build());
        assertThat(task.containers().get(0).exitCode()).isEqualTo(137);
        assertThat(task.containers().get(0).reason())
                .isEqualTo("OutOfMemoryError: Container killed due to memory usage");
    }

    @Test
    void keepsLogsAndHonoursTheDefinition() {
        try (CloudWatchLogsClient logs = CloudFixture.logs()) {
            String program =
                    """
                    import os
                    print(os.getuid(), os.environ['COLOUR'], 'AWS_ENDPOINT_URL' in os.environ)
                    try:
                        open('/x', 'w')
                    except OSError as e:
                        print(e.strerror)
                    """;
            Task task =
                    run(
                            container("app")
                                    .user("10001:10001")
                                    .readonlyRootFilesystem(true)
                                    .environment(
                                            KeyValuePair.builder()
                                                    .name("COLOUR")
                                                    .value("dark\ngreen")
                                                    .build())
                                    .entryPoint("python3", "-c")
                                    .command(program)
                                    .logConfiguration(AWSLOGS)
                                    .build());
            assertThat(task.containers().get(0).exitCode()).isEqualTo(0);
            String id = task.taskArn().substring(task.taskArn().lastIndexOf('/') + 1);
            assertThat(
                            logs.getLogEvents(
                                            b ->
                                                    b.logGroupName(GROUP)
                                                            .logStreamName("ecs/app/" + id)
                                                            .startFromHead(true))
                                    .events())
                    .extracting(e -> e.message())
                    .containsExactly("10001 dark", "green False", "Read-only file system");
        }
    }

    @Test
    void reachesTheCloudWithATaskRoleOnly() {
        String program =
                """
                import os, sys, urllib.request
                url = os.environ['ECS_CONTAINER_METADATA_URI_V4'] + '/task'
                if 'TaskARN' not in urllib.request.urlopen(url).read().decode(): sys.exit(3)
                sys.exit(40 if 'AWS_ACCESS_KEY_ID' in os.environ else 41)
                """;
        ContainerDefinition asks = container("app").command("python3", "-c", program).build();
        assertThat(run(asks).containers().get(0).exitCode()).isEqualTo(41);
        String definition =
                ecs.registerTaskDefinition(
                                b ->
                                        b.family("role")
                                                .taskRoleArn("arn:aws:iam::000000000000:role/r")
                                                .containerDefinitions(asks))
                        .taskDefinition()
                        .taskDefinitionArn();
        assertThat(runDefinition(definition).containers().get(0).exitCode()).isEqualTo(40);
        assertThat(
                        ecs.describeTaskDefinition(b -> b.taskDefinition(definition))
                                .taskDefinition()
                                .containerDefinitions()
                                .get(0)
                                .environment())
                .isEmpty();
    }

    @Test
    void containersOfOneTaskShareLocalhostAndStartInOrder() {
        ContainerDefinition serves =
                container("serves")
                        .command("python3", "-c", APP)
                        .environment(KeyValuePair.builder().name("VERSION").value("v1").build())
                        .essential(false)
                        .healthCheck(
                                h ->
                                        h.command("CMD-SHELL", "python3 -c \"" + ASK + "\"")
                                                .interval(5)
                                                .retries(3))
                        .build();
        ContainerDefinition asks =
                container("asks")
                        .command("python3", "-c", ASK)
                        .dependsOn(d -> d.containerName("serves").condition("HEALTHY"))
                        .build();
        Task task = run(serves, asks);
        assertThat(task.containers())
                .filteredOn(c -> c.name().equals("asks"))
                .allMatch(c -> c.exitCode() == 0);
    }

    @Test
    void aDependencyThatFailsStopsTheTask() {
        ContainerDefinition fails =
                container("init").command("python3", "-c", "raise SystemExit(3)").essential(false).build();
        ContainerDefinition app =
                app("v1").toBuilder()
                        .dependsOn(d -> d.containerName("init").condition("SUCCESS"))
                        .build();
        Task task = run(fails, app);
        assertThat(task.stopCodeAsString()).isEqualTo("TaskFailedToStart");
        assertThat(task.stoppedReason()).isEqualTo("Task failed to start");
        assertThat(task.containers())
                .extracting(c -> c.name(), c -> c.exitCode(), c -> c.reason())
                .containsExactlyInAnyOrder(
                        tuple("init", 3, null),
                        tuple(
                                "app",
                                null,
                                "dependency graph: failed to resolve container ordering dependency"
                                        + " [init] for target [app] as dependency did not exit"
                                        + " successfully."));
    }

    @Test
    void containersStopInReverseOrderOfTheirDependencies() {
        ContainerDefinition side =
                app("v1").toBuilder()
                        .name("side")
                        .essential(false)
                        .logConfiguration(AWSLOGS)
                        .build();
        String last =
                """
                import signal, sys, time, urllib.request
                def end(*_):
                    urllib.request.urlopen('http://localhost:8080/')
                    sys.exit(42)
                signal.signal(signal.SIGTERM, end)
                print('ready', flush=True)
                while True: time.sleep(1)
                """;
        ContainerDefinition app =
                container("app")
                        .command("python3", "-c", last)
                        .dependsOn(d -> d.containerName("side").condition("START"))
                        .logConfiguration(AWSLOGS)
                        .build();
        String arn = start(register(app, side));
        eventually(() -> printed(arn, "app"), lines -> lines.contains("ready"));
        eventually(() -> printed(arn, "side"), lines -> lines.contains("serving v1"));
        ecs.stopTask(b -> b.cluster(CLUSTER).task(arn));
        assertThat(eventually(() -> task(arn), t -> t.lastStatus().equals("STOPPED")).containers())
                .filteredOn(c -> c.name().equals("app"))
                .as("side still answered when app was told to end")
                .allMatch(c -> c.exitCode() == 42);
    }

    private static final String ASK =
            "import urllib.request as r; r.urlopen('http://localhost:8080/')";

    @Test
    void aMissingSecretAndLogGroupStopTheTaskBeforeItStarts() {
        String secret = "arn:aws:secretsmanager:us-east-1:000000000000:secret:none";
        String withSecret =
                ecs.registerTaskDefinition(
                                b ->
                                        b.family("secret")
                                                .executionRoleArn("arn:aws:iam::000000000000:role/x")
                                                .containerDefinitions(
                                                        container("app")
                                                                .secrets(
                                                                        s ->
                                                                                s.name("S")
                                                                                        .valueFrom(
                                                                                                secret))
                                                                .build()))
                        .taskDefinition()
                        .taskDefinitionArn();
        Task task = runDefinition(withSecret);
        assertThat(task.stoppedReason())
                .startsWith("ResourceInitializationError: unable to pull secrets")
                .contains(secret);
        assertThat(task.stopCodeAsString()).isEqualTo("TaskFailedToStart");
        LogConfiguration nowhere =
                LogConfiguration.builder()
                        .logDriver(LogDriver.AWSLOGS)
                        .options(Map.of("awslogs-group", "/none", "awslogs-stream-prefix", "ecs"))
                        .build();
        task = run(container("app").logConfiguration(nowhere).build());
        assertThat(task.stoppedReason())
                .startsWith(
                        "ResourceInitializationError: failed to validate logger args: create stream"
                                + " has been retried 1 times: failed to create Cloudwatch log"
                                + " stream: ResourceNotFoundException: The specified log group does"
                                + " not exist.");
        assertThat(task.stopCodeAsString()).isEqualTo("TaskFailedToStart");
    }

    @Test
    void aServiceKeepsToTheDigestThatItsTagHadUntilANewDeployment() throws Exception {
        Registry images = CloudFixture.cloud().images();
        String base = CloudFixture.environment().get("BASE_IMAGE");
        int at = base.indexOf('@');
        String repository = base.substring(base.indexOf('/') + 1, at);
        Registry.Manifest first =
                images.manifest(repository, base.substring(at + 1)).orElseThrow();
        byte[] same = first.body().getBytes(StandardCharsets.UTF_8);
        images.putManifest(repository, "moves", first.type(), same);
        ContainerDefinition app =
                container("app").image(base.substring(0, at) + ":moves").command("sleep", "600").stopTimeout(1).build();
        String name = "moves";
        ecs.createService(b -> b.cluster(CLUSTER).serviceName(name).taskDefinition(register(app)).desiredCount(1));
        services.add(name);
        eventually(() -> digests(name), d -> d.size() == 1 && d.contains(first.digest()));

        String body = first.body().replaceFirst("\\{", "{\"annotations\":{\"moved\":\"1\"},");
        images.putManifest(
                repository, "moves", first.type(), body.getBytes(StandardCharsets.UTF_8));
        String second = images.manifest(repository, "moves").orElseThrow().digest();
        assertThat(second).isNotEqualTo(first.digest());
        ecs.updateService(b -> b.cluster(CLUSTER).service(name).desiredCount(2));
        assertThat(eventually(() -> digests(name), d -> d.size() == 2))
                .containsOnly(first.digest());
        Task own = run(app.toBuilder().command("true").build());
        assertThat(own.containers().get(0).imageDigest()).isEqualTo(second);
        ecs.updateService(b -> b.cluster(CLUSTER).service(name).forceNewDeployment(true));
        eventually(() -> digests(name), d -> d.contains(second));
    }

    private List<String> digests(String service) {
        return tasks(service, DesiredStatus.RUNNING).stream()
                .map(t -> t.containers().get(0).imageDigest())
                .filter(d -> d != null)
                .toList();
    }

    @Test
    void refusesInTheWordsOfEcs() {
        assertThatThrownBy(() -> ecs.describeServices(b -> b.cluster("none").services("x")))
                .isInstanceOfSatisfying(
                        EcsException.class,
                        e ->
                                assertThat(e.awsErrorDetails().errorCode())
                                        .isEqualTo("ClusterNotFoundException"));
        assertThatThrownBy(
                        () ->
                                ecs.registerTaskDefinition(
                                        b ->
                                                b.family("f")
                                                        .requiresCompatibilitiesWithStrings(
                                                                "FARGATE")
                                                        .networkMode("awsvpc")
                                                        .cpu("1024")
                                                        .memory("1024")
                                                        .executionRoleArn("arn:x")
                                                        .containerDefinitions(
                                                                container("app").build())))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining(
                        "No Fargate configuration exists for given values: 1024 CPU, 1024"
                                + " memory.");
        assertThat(
                        ecs.describeServices(b -> b.cluster(CLUSTER).services("none"))
                                .failures()
                                .get(0)
                                .reason())
                .isEqualTo("MISSING");
    }

    @Test
    void tasksRunOnOverARestartOfTheCloud() throws Exception {
        ContainerDefinition checked =
                app("v1").toBuilder()
                        .healthCheck(
                                h ->
                                        h.command("CMD-SHELL", "test ! -e /tmp/ill")
                                                .interval(5)
                                                .retries(1))
                        .logConfiguration(AWSLOGS)
                        .build();
        String service = create("restart", 2, checked, true);
        stable(service);
        List<Task> before = tasks(service, DesiredStatus.RUNNING);
        String lives = before.get(0).taskArn();
        String dies = before.get(1).taskArn();
        CloudFixture.cloud().close();
        engine("kill", before.get(1).containers().get(0).runtimeId());
        CloudFixture.cloud().start();
        stable(service);

        Task dead = eventually(() -> task(dies), t -> t.lastStatus().equals("STOPPED"));
        assertThat(dead.containers().get(0).exitCode()).isEqualTo(137);
        assertThat(dead.stopCodeAsString()).isEqualTo("EssentialContainerExited");
        Task alive = task(lives);
        assertThat(alive.lastStatus()).isEqualTo("RUNNING");
        assertThat(alive.startedAt()).isEqualTo(before.get(0).startedAt());
        assertThat(alive.containers().get(0).runtimeId())
                .isEqualTo(before.get(0).containers().get(0).runtimeId());
        assertThat(tasks(service, DesiredStatus.RUNNING)).extracting(Task::taskArn).contains(lives);
        try (Load load = new Load(url)) {
            eventually(load::answers, a -> a.contains("v1"));
        }

        // Its logs, its health check and its stop go on too.
        assertThat(printed(lives, "app")).contains("serving v1");
        engine("exec", alive.containers().get(0).runtimeId(), "touch", "/tmp/ill");
        Task ill = eventually(() -> task(lives), t -> t.lastStatus().equals("STOPPED"));
        assertThat(ill.stoppedReason()).isEqualTo("Task failed container health checks");
        assertThat(ill.containers().get(0).exitCode()).isZero();
    }

    @Test
    void whatWasBeingStoppedOrStartedAtARestartIsStoppedOrStarted() throws Exception {
        ContainerDefinition slow =
                container("app")
                        .command("python3", "-c", "import time, signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(600)")
                        .stopTimeout(10)
                        .build();
        String definition = register(slow);
        String stopping = start(definition);
        eventually(() -> task(stopping), t -> t.lastStatus().equals("RUNNING"));
        ecs.stopTask(b -> b.cluster(CLUSTER).task(stopping));
        String starting = start(definition);
        CloudFixture.restart();
        eventually(() -> task(starting), t -> t.lastStatus().equals("RUNNING"));
        assertThat(eventually(() -> task(stopping), t -> t.lastStatus().equals("STOPPED")).containers())
                .allMatch(c -> c.exitCode() == 137);
        ecs.stopTask(b -> b.cluster(CLUSTER).task(starting));
    }

    @Test
    void aServiceReplacesATaskWhoseTargetGoesBadAndWaitsForCapacity() {
        Admin.fault("{'fault': 'slow-start', 'service': 'ill', 'seconds': 1, 'times': 1}");
        String service = create("ill", 1, app("v1"), true);
        eventually(() -> states(service, DesiredStatus.RUNNING), s -> s.equals(List.of("ACTIVATING")));
        stable(service);
        ecs.updateService(
                b -> b.cluster(CLUSTER).service(service).healthCheckGracePeriodSeconds(0));
        try {
            Admin.fault("{'fault': 'unhealthy', 'service': 'ill', 'times': 1}");
            eventually(
                    () -> states(service, DesiredStatus.STOPPED),
                    s -> s.equals(List.of("DEACTIVATING")));
            List<Task> stopped =
                    eventually(
                            () -> tasks(service, DesiredStatus.STOPPED),
                            t -> t.size() == 1 && allStopped(t));
            assertThat(stopped.get(0).stoppedReason())
                    .isEqualTo(
                            "Task failed ELB health checks in (target-group " + targetGroup + ")");
            assertThat(stopped.get(0).stopCodeAsString()).isEqualTo("ServiceSchedulerInitiated");
            stable(service);
            Admin.fault("{'fault': 'no-capacity', 'cluster': 'demo', 'times': 1}");
            ecs.updateService(b -> b.cluster(CLUSTER).service(service).desiredCount(2));
            assertThat(stable(service).events())
                    .extracting(ServiceEvent::message)
                    .anyMatch(m -> m.contains(") (port 8080) is unhealthy in (target-group "))
                    .anyMatch(
                            m ->
                                    m.contains(
                                            "was unable to place a task. Reason: Capacity is"
                                                    + " unavailable at this time."));
        } finally {
            Admin.clear();
        }
    }

    private void engine(String... arguments) {
        assertThat(CloudFixture.cloud().engine().run(Duration.ofMinutes(1), arguments).ok()).isTrue();
    }

    /** What a container of a task has printed; nothing before it was started. */
    private static List<String> printed(String task, String container) {
        String stream = "ecs/" + container + "/" + task.substring(task.lastIndexOf('/') + 1);
        try (CloudWatchLogsClient logs = CloudFixture.logs()) {
            return logs
                    .filterLogEvents(b -> b.logGroupName(GROUP).logStreamNames(stream))
                    .events()
                    .stream()
                    .map(e -> e.message())
                    .toList();
        }
    }

    private Task task(String arn) {
        return ecs.describeTasks(b -> b.cluster(CLUSTER).tasks(arn)).tasks().get(0);
    }

    private static ContainerDefinition app(String version) {
        return container("app")
                .command("python3", "-c", APP)
                .environment(KeyValuePair.builder().name("VERSION").value(version).build())
                .portMappings(p -> p.containerPort(8080))
                .stopTimeout(5)
                .build();
    }

    private static ContainerDefinition.Builder container(String name) {
        return ContainerDefinition.builder()
                .name(name)
                .image(CloudFixture.environment().get("BASE_IMAGE"))
                .memory(128);
    }

    private String register(ContainerDefinition... containers) {
        return ecs.registerTaskDefinition(
                        b -> b.family("test").containerDefinitions(containers))
                .taskDefinition()
                .taskDefinitionArn();
    }

    private Task run(ContainerDefinition... containers) {
        return runDefinition(register(containers));
    }

    /** Runs a task to its end. */
    private Task runDefinition(String definition) {
        String arn = start(definition);
        return eventually(() -> task(arn), t -> t.lastStatus().equals("STOPPED"));
    }

    private String start(String definition) {
        return ecs.runTask(b -> b.cluster(CLUSTER).taskDefinition(definition))
                .tasks()
                .get(0)
                .taskArn();
    }

    private String create(String name, int count, ContainerDefinition app, boolean breaker) {
        String definition = register(app);
        ecs.createService(
                b ->
                        b.cluster(CLUSTER)
                                .serviceName(name)
                                .taskDefinition(definition)
                                .desiredCount(count)
                                .healthCheckGracePeriodSeconds(30)
                                .loadBalancers(
                                        l ->
                                                l.targetGroupArn(targetGroup)
                                                        .containerName("app")
                                                        .containerPort(8080))
                                .deploymentConfiguration(
                                        d ->
                                                d.deploymentCircuitBreaker(
                                                        c -> c.enable(breaker).rollback(breaker))));
        services.add(name);
        return name;
    }

    private Service describe(String name) {
        return ecs.describeServices(b -> b.cluster(CLUSTER).services(name)).services().get(0);
    }

    /** Waits until one deployment is there and completed, with all tasks healthy. */
    private Service stable(String name) {
        return eventually(
                () -> describe(name),
                s ->
                        s.deployments().size() == 1
                                && s.runningCount().equals(s.desiredCount())
                                && s.deployments().get(0).rolloutState()
                                        == DeploymentRolloutState.COMPLETED
                                && s.events().get(0).message().endsWith("a steady state."));
    }

    private List<Task> tasks(String service, DesiredStatus status) {
        List<String> arns =
                ecs.listTasks(b -> b.cluster(CLUSTER).serviceName(service).desiredStatus(status))
                        .taskArns();
        return arns.isEmpty()
                ? List.of()
                : ecs.describeTasks(b -> b.cluster(CLUSTER).tasks(arns)).tasks();
    }

    private List<String> states(String service, DesiredStatus status) {
        return tasks(service, status).stream().map(Task::lastStatus).toList();
    }

    private boolean allStopped(List<Task> tasks) {
        return tasks.stream().allMatch(t -> t.lastStatus().equals("STOPPED"));
    }
}
