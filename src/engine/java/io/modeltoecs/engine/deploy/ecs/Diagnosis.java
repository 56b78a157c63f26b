package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import software.amazon.awssdk.services.ecs.model.DeploymentConfiguration;
import software.amazon.awssdk.services.ecs.model.DesiredStatus;
import software.amazon.awssdk.services.ecs.model.HealthStatus;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.ecs.model.ServiceEvent;
import software.amazon.awssdk.services.ecs.model.Task;

/** Finds out why a deployment's tasks don't serve. */
final class Diagnosis {
    /** A task that is given up sooner may only have been slow to start. */
    private static final Duration SOON_AFTER_START = Duration.ofMinutes(5);

    private final EcsApi ecs;
    private final LoadBalancing loadBalancing;
    private final LogTail logs;
    private final Progress progress;

    Diagnosis(EcsApi ecs, LoadBalancing loadBalancing, AwsAccess access, Progress progress) {
        this.ecs = ecs;
        this.loadBalancing = loadBalancing;
        this.logs = new LogTail(access);
        this.progress = progress;
    }

    /**
     * Says which tasks of the deployment have stopped since the last look; keeps the first cause.
     *
     * @return whether some are still stopping, so that their exit codes aren't known yet
     */
    boolean look(EcsState state, Service service) {
        List<Task> failing = failing(state);
        for (StoppedTask task :
                failing.stream()
                        .filter(task -> "STOPPED".equals(task.lastStatus()))
                        .map(StoppedTask::of)
                        .filter(task -> !state.stoppedTasks.contains(task.id()))
                        .toList()) {
            state.stoppedTasks.add(task.id());
            progress.say(task.facts());
            if (state.cause == null) {
                blame(state, service, task);
            }
        }
        return failing.stream().anyMatch(task -> !"STOPPED".equals(task.lastStatus()));
    }

    /**
     * The first cause: of a task that has stopped or is stopping, or of what the service's events
     * or its load balancer say, or nothing.
     *
     * @throws StepException if AWS refuses to show tasks
     */
    Optional<String> cause(EcsState state, Service service) {
        if (state.cause == null) {
            failing(state).stream()
                    .findFirst()
                    .ifPresent(task -> blame(state, service, StoppedTask.of(task)));
        }
        return Optional.ofNullable(state.cause).or(() -> fromOutside(state, service));
    }

    /** What the service's events or its load balancer say, where no task is seen to have failed. */
    Optional<String> fromOutside(EcsState state, Service service) {
        return Stream.concat(
                        Report.events(state, service).stream()
                                .sorted(Comparator.comparing(ServiceEvent::createdAt))
                                .map(ServiceEvent::message)
                                .map(Report::brief),
                        loadBalancing.complaints(service).stream())
                .flatMap(it -> Explanation.of(it).map(means -> means + "\n  " + it).stream())
                .findFirst()
                .map(it -> it + alarms(it, service));
    }

    private static String alarms(String cause, Service service) {
        DeploymentConfiguration configuration = service.deploymentConfiguration();
        return cause.contains("alarm detected")
                        && configuration != null
                        && configuration.alarms() != null
                ? "\n  its alarms: " + String.join(", ", configuration.alarms().alarmNames())
                : "";
    }

    /** The deployment's tasks that stop or have stopped unasked, the first to do so first. */
    private List<Task> failing(EcsState state) {
        return ecs.tasks(DesiredStatus.STOPPED).stream()
                .filter(task -> state.deploymentId.equals(task.startedBy()))
                .filter(task -> !StoppedTask.isNormal(task))
                .sorted(Comparator.comparing(Diagnosis::stoppedAt))
                .toList();
    }

    private void blame(EcsState state, Service service, StoppedTask task) {
        Optional<String> seen = seen(state, service, task);
        List<String> lines = lastLines(state, task);
        // the kernel's words for it; ECS only sees that the program ended
        String sentence =
                lines.stream()
                        .filter(it -> it.contains("exec format error"))
                        .findFirst()
                        .or(() -> seen)
                        .flatMap(Explanation::of)
                        .orElseGet(task::sentence);
        progress.say("  " + sentence);
        state.cause =
                sentence
                        + "\n  "
                        + task.facts()
                        + seen.map(it -> "\n  " + it).orElse("")
                        + tooSoon(state, service, task)
                        + LogTail.quoted(lines);
    }

    /** A program that is slow to start looks like one that never answers. */
    private String tooSoon(EcsState state, Service service, StoppedTask task) {
        Optional<Duration> life =
                task.judgedAfter().filter(it -> it.compareTo(SOON_AFTER_START) < 0);
        if (life.isEmpty()) {
            return "";
        }
        boolean balanced = LoadBalancing.targetGroup(service).isPresent();
        Integer grace = Objects.requireNonNullElse(service.healthCheckGracePeriodSeconds(), 0);
        return "\n  If it needs longer than %s to be ready, raise %s."
                .formatted(
                        Amounts.seconds(life.get()),
                        balanced
                                ? "the service's healthCheckGracePeriodSeconds (now %d)"
                                        .formatted(grace)
                                : "startPeriod of the container's check");
    }

    /** What the load balancer saw of a task says more than that its check failed. */
    private static Optional<String> seen(EcsState state, Service service, StoppedTask task) {
        return Report.events(state, service).stream()
                .map(ServiceEvent::message)
                .filter(it -> it.contains("(task " + task.id() + ")"))
                .filter(it -> it.contains("is unhealthy in (target-group"))
                .map(Report::brief)
                .findFirst();
    }

    /** How one of its tasks is that neither stops nor is healthy, with what it says; or nothing. */
    String waitingFor(EcsState state) {
        return ecs.tasks(DesiredStatus.RUNNING).stream()
                .filter(task -> state.deploymentId.equals(task.startedBy()))
                .filter(task -> task.healthStatus() != HealthStatus.HEALTHY)
                .filter(Task::hasContainers)
                .findFirst()
                .map(
                        task ->
                                "\n  task %s is %s, health %s"
                                                .formatted(
                                                        Names.last(task.taskArn()),
                                                        task.lastStatus(),
                                                        task.healthStatusAsString())
                                        + LogTail.quoted(lastLines(state, StoppedTask.of(task))))
                .orElse("");
    }

    private List<String> lastLines(EcsState state, StoppedTask task) {
        TaskDefinition definition =
                TaskDefinition.registered(ecs.taskDefinition(state.taskDefinition));
        return definition.containers().contains(task.container().name())
                ? logs.of(definition.container(task.container().name()), task.id())
                : List.of();
    }

    private static Instant stoppedAt(Task task) {
        return Stream.of(task.stoppedAt(), task.stoppingAt())
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(Instant.MAX);
    }
}
