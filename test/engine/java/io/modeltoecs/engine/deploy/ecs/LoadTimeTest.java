package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import io.modeltoecs.engine.aws.AwsAccess;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long a model took to load is read from the log of a task that runs. */
class LoadTimeTest {
    private Demo demo;
    private FakeAws aws;
    private AwsAccess access;

    @BeforeEach
    void start() throws IOException {
        demo = new Demo();
        aws = demo.aws;
        access = Run.access(aws);
    }

    @AfterEach
    void stop() {
        access.close();
        demo.close();
    }

    private Optional<Duration> measured() {
        TaskDefinition.Container container =
                TaskDefinition.registered(aws.taskDefinitions.get(demo.first)).container("web");
        EcsApi ecs = new EcsApi(access.ecs(new JsonBodies()), "demo", "iris");
        return LoadTime.of(ecs, new LogTail(access), container);
    }

    @Test
    void theLoaderSaysIt() {
        assertThat(
                        LoadTime.in(
                                List.of(
                                        "[INFO] Starting gunicorn",
                                        "model-to-ecs: loaded iris@20261123T101500Z-1a2b3c4d (sha256 "
                                                + "a".repeat(64)
                                                + ") in 12.34 s")))
                .contains(Duration.ofMillis(12_340));
        assertThat(LoadTime.in(List.of("loaded in 3 s"))).isEmpty();
    }

    @Test
    void aTaskThatRunsIsAsked() {
        aws.runningTask("t1", "ecs-svc/1", "HEALTHY");
        aws.logLines.add("model-to-ecs: loaded iris@v (sha256 ab) in 2.5 s, 10 MB");

        assertThat(measured()).contains(Duration.ofMillis(2500));
        assertThat(aws.called("GetLogEvents").get(0).path("startFromHead").asBoolean()).isTrue();
        assertThat(aws.called("GetLogEvents").get(0).path("logStreamName").asText()).isEqualTo("ecs/web/t1");
    }

    @Test
    void whereNothingIsKnownNothingIsSaid() {
        assertThat(measured()).isEmpty();
        aws.runningTask("t1", "ecs-svc/1", "HEALTHY");
        aws.deny("GetLogEvents");
        assertThat(measured()).isEmpty();
        aws.deny("ListTasks");
        assertThat(measured()).isEmpty();
    }

    @Test
    void aGracePeriodThatIsShorterIsAWarningWithBothNumbers() {
        aws.runningTask("t1", "ecs-svc/1", "HEALTHY");
        aws.logLines.add("model-to-ecs: loaded iris@v (sha256 ab) in 75.0 s");
        aws.service.put("healthCheckGracePeriodSeconds", 30);

        assertThat(demo.deploy().begin().said)
                .anyMatch(
                        it ->
                                it.startsWith("warning: the service's healthCheckGracePeriodSeconds is 30 s")
                                        && it.contains("took 75.0 s to load"));
    }
}
