package io.modeltoecs.cloud;

import static io.modeltoecs.cloud.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.retry.RetryPolicy;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.ecr.EcrClient;
import software.amazon.awssdk.services.ecr.model.ScanNotFoundException;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.ecs.model.ContainerDefinition;
import software.amazon.awssdk.services.ecs.model.HealthStatus;
import software.amazon.awssdk.services.ecs.model.Task;
import software.amazon.awssdk.services.elasticloadbalancingv2.ElasticLoadBalancingV2Client;
import software.amazon.awssdk.services.s3.S3Client;

/** Each fault does what FAULTS.md says of it. */
@ExtendWith(CloudFixture.class)
class FaultsTest {
    private static final String CLUSTER = LocalCloud.CLUSTER;
    private static final ClientOverrideConfiguration NO_RETRY =
            ClientOverrideConfiguration.builder().retryPolicy(RetryPolicy.none()).build();

    private final EcsClient ecs =
            CloudFixture.client(EcsClient.builder().overrideConfiguration(NO_RETRY));

    @AfterEach
    void clear() {
        Admin.clear();
        ecs.close();
    }

    @Test
    void aShareOfTheCallsOfOneActionIsThrottled() {
        Admin.fault("{'fault': 'throttle', 'action': 'ecs:ListClusters', 'share': 0.5}");
        Map<String, Integer> answers = new LinkedHashMap<>();
        for (int i = 0; i < 10; i++) {
            answers.merge(code(() -> ecs.listClusters()), 1, Integer::sum);
        }
        assertThat(answers).containsEntry("ok", 5).containsEntry("ThrottlingException", 5);
        assertThat(code(() -> ecs.listTaskDefinitions())).isEqualTo("ok");
        assertThat(Admin.faults().path(0).path("acted").asInt()).isEqualTo(5);
    }

    @Test
    void aCallIsDeniedInTheWordsOfItsProtocol() {
        Admin.fault("{'fault': 'deny', 'action': 'ecs:ListClusters'}");
        Admin.fault("{'fault': 'deny', 'action': 'elasticloadbalancing:*'}");
        Admin.fault("{'fault': 'deny', 'action': 's3:PutObject'}");
        assertThatThrownBy(() -> ecs.listClusters())
                .isInstanceOf(AwsServiceException.class)
                .hasMessageContaining("is not authorized to perform: ecs:ListClusters");
        assertThat(code(() -> ecs.listClusters())).isEqualTo("AccessDeniedException");
        try (ElasticLoadBalancingV2Client elb = CloudFixture.elb();
                S3Client s3 = CloudFixture.s3()) {
            assertThat(code(() -> elb.describeLoadBalancers())).isEqualTo("AccessDenied");
            byte[] large = new byte[5 << 20];
            assertThat(
                            code(
                                    () ->
                                            s3.putObject(
                                                    b -> b.bucket(LocalCloud.BUCKET).key("denied"),
                                                    RequestBody.fromBytes(large))))
                    .isEqualTo("AccessDenied");
            assertThat(code(() -> s3.listObjectsV2(b -> b.bucket(LocalCloud.BUCKET))))
                    .isEqualTo("ok");
        }
    }

    @Test
    void aCallMayTakeEffectBeforeItFails() {
        Admin.fault(
                "{'fault': 'fail', 'action': 'ecs:CreateCluster', 'code': 'ServerException',"
                        + " 'afterwards': true, 'times': 1}");
        assertThat(code(() -> ecs.createCluster(b -> b.clusterName("lost-answer"))))
                .isEqualTo("ServerException");
        assertThat(ecs.describeClusters(b -> b.clusters("lost-answer")).clusters()).hasSize(1);
        assertThat(code(() -> ecs.deleteCluster(b -> b.cluster("lost-answer")))).isEqualTo("ok");
    }

    @Test
    void aCallIsDelayed() {
        Admin.fault("{'fault': 'delay', 'action': 'ecs:*', 'milliseconds': 300}");
        long start = System.nanoTime();
        ecs.listClusters();
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(300_000_000L);
    }

    @Test
    void tasksGoWrong() {
        Map<String, String> tasks = new LinkedHashMap<>();
        Map<String, String> faults =
                Map.of(
                        "f-exits", "'exits', 'exitCode': 42, 'afterSeconds': 1",
                        "f-memory", "'out-of-memory'",
                        "f-hangs", "'hangs'",
                        "f-vanishes", "'vanishes'",
                        "f-unhealthy", "'unhealthy'",
                        "f-pull", "'pull-fails', 'reason': 'denied'");
        faults.forEach(
                (family, fault) -> {
                    Admin.fault("{'fault': " + fault + ", 'family': '" + family + "'}");
                    tasks.put(family, run(family));
                });
        String spared = run("f-spared");

        Task exited = stopped(tasks.get("f-exits"));
        assertThat(exited.containers().get(0).exitCode()).isEqualTo(42);
        assertThat(exited.stopCodeAsString()).isEqualTo("EssentialContainerExited");

        Task memory = stopped(tasks.get("f-memory"));
        assertThat(memory.containers().get(0).exitCode()).isEqualTo(137);
        assertThat(memory.containers().get(0).reason())
                .isEqualTo("OutOfMemoryError: Container killed due to memory usage");

        Task vanished = stopped(tasks.get("f-vanishes"));
        assertThat(vanished.containers().get(0).exitCode()).isNull();
        assertThat(vanished.stopCodeAsString()).isEqualTo("EssentialContainerExited");

        Task pull = stopped(tasks.get("f-pull"));
        assertThat(pull.stopCodeAsString()).isEqualTo("TaskFailedToStart");
        assertThat(pull.containers().get(0).reason())
                .isEqualTo(
                        "CannotPullContainerError: The task can’t pull the image. Check that the"
                                + " role has the permissions to pull images from the registry.");

        eventually(() -> task(tasks.get("f-unhealthy")).healthStatus(), HealthStatus.UNHEALTHY::equals);

        // A program that hangs doesn't hear SIGTERM: it is killed when its time is over.
        String hanging = task(tasks.get("f-hangs")).containers().get(0).runtimeId();
        eventually(() -> processState(hanging), s -> s.contains("T (stopped)"));
        ecs.stopTask(b -> b.cluster(CLUSTER).task(tasks.get("f-hangs")));
        assertThat(stopped(tasks.get("f-hangs")).containers().get(0).exitCode()).isEqualTo(137);

        assertThat(task(spared).lastStatus()).isEqualTo("RUNNING");
        for (String left : new String[] {spared, tasks.get("f-unhealthy")}) {
            ecs.stopTask(b -> b.cluster(CLUSTER).task(left));
            assertThat(stopped(left).containers().get(0).exitCode()).isEqualTo(0);
        }
    }

    private static String processState(String container) {
        return CloudFixture.cloud()
                .engine()
                .exec(container, List.of("grep", "State", "/proc/1/status"), Duration.ofMinutes(1))
                .out();
    }

    @Test
    void aTaskFindsNoCapacityOrStartsSlowly() {
        Admin.fault("{'fault': 'no-capacity', 'times': 1}");
        String definition = register("f-capacity");
        var refused = ecs.runTask(b -> b.cluster(CLUSTER).taskDefinition(definition));
        assertThat(refused.tasks()).isEmpty();
        assertThat(refused.failures().get(0).reason()).isEqualTo("RESOURCE:FARGATE");
        Admin.fault("{'fault': 'slow-start', 'seconds': 3, 'family': 'f-capacity'}");
        String arn = run("f-capacity");
        Task slow = eventually(() -> task(arn), t -> t.lastStatus().equals("RUNNING"));
        assertThat(slow.startedAt()).isAfterOrEqualTo(slow.pullStoppedAt().plusSeconds(3));
        ecs.stopTask(b -> b.cluster(CLUSTER).task(arn));
        stopped(arn);
    }

    @Test
    void scansFindWhatIsSet() {
        String reference = CloudFixture.environment().get("BASE_IMAGE");
        String name = reference.substring(reference.indexOf('/') + 1, reference.indexOf('@'));
        String digest = reference.substring(reference.indexOf('@') + 1);
        try (EcrClient ecr = CloudFixture.ecr()) {
            ecr.createRepository(b -> b.repositoryName(name));
            assertThatThrownBy(() -> findings(ecr, name, digest))
                    .isInstanceOf(ScanNotFoundException.class);
            Admin.send(
                    "POST",
                    "scan-findings",
                    ("{'repositoryName': '" + name + "', 'findings': ["
                                    + "{'name': 'CVE-2026-1', 'severity': 'CRITICAL'},"
                                    + "{'name': 'CVE-2026-2', 'severity': 'LOW'}]}")
                            .replace('\'', '"'));
            var found = findings(ecr, name, digest);
            assertThat(found.imageScanStatus().statusAsString()).isEqualTo("COMPLETE");
            assertThat(found.imageScanFindings().findingSeverityCountsAsStrings())
                    .containsExactlyInAnyOrderEntriesOf(Map.of("CRITICAL", 1, "LOW", 1));
            assertThat(found.imageScanFindings().findings().get(0).name()).isEqualTo("CVE-2026-1");
        }
    }

    private static software.amazon.awssdk.services.ecr.model.DescribeImageScanFindingsResponse
            findings(EcrClient ecr, String name, String digest) {
        return ecr.describeImageScanFindings(
                b -> b.repositoryName(name).imageId(i -> i.imageDigest(digest)));
    }

    @Test
    void aFaultThatIsNotUnderstoodIsRefused() {
        assertThat(refusal("{'fault': 'explode'}")).contains("'fault' must be one of throttle,");
        assertThat(refusal("{'fault': 'throttle'}")).contains("'action' must be like");
        assertThat(refusal("{'fault': 'throttle', 'action': 'ecs:*', 'chance': 1}"))
                .contains("throttle has no 'chance'; it may have action, fault, share, times");
        assertThat(refusal("{'fault': 'exits', 'afterSeconds': '5'}"))
                .contains("'afterSeconds' must be a whole number from 0");
        assertThat(refusal("{'fault': 'pull-fails', 'reason': 'bad mood'}"))
                .contains("'reason' must be one of [not-found, denied,");
        assertThat(Admin.faults()).isEmpty();
    }

    private static String refusal(String json) {
        var answer = Admin.send("POST", "faults", json.replace('\'', '"'));
        assertThat(answer.statusCode()).isEqualTo(400);
        return Admin.json(answer).path("message").asText();
    }

    private static String code(Runnable call) {
        try {
            call.run();
            return "ok";
        } catch (AwsServiceException e) {
            return e.awsErrorDetails().errorCode();
        }
    }

    private String register(String family) {
        String program = "import signal, sys; signal.signal(15, lambda *_: sys.exit(0)); signal.pause()";
        return ecs.registerTaskDefinition(
                        b ->
                                b.family(family)
                                        .containerDefinitions(
                                                ContainerDefinition.builder()
                                                        .name("app")
                                                        .image(
                                                                CloudFixture.environment()
                                                                        .get("BASE_IMAGE"))
                                                        .memory(64)
                                                        .stopTimeout(3)
                                                        .command("python3", "-c", program)
                                                        .healthCheck(
                                                                h ->
                                                                        h.command("CMD", "true")
                                                                                .interval(5)
                                                                                .retries(1))
                                                        .build()))
                .taskDefinition()
                .taskDefinitionArn();
    }

    private String run(String family) {
        String definition = register(family);
        return ecs.runTask(b -> b.cluster(CLUSTER).taskDefinition(definition))
                .tasks()
                .get(0)
                .taskArn();
    }

    private Task task(String arn) {
        return ecs.describeTasks(b -> b.cluster(CLUSTER).tasks(arn)).tasks().get(0);
    }

    private Task stopped(String arn) {
        return eventually(() -> task(arn), t -> t.lastStatus().equals("STOPPED"));
    }
}
