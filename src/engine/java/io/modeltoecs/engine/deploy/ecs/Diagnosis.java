package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.progress.Progress;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.ecs.model.DesiredStatus;
import software.amazon.awssdk.services.ecs.model.HealthStatus;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.ecs.model.ServiceEvent;
import software.amazon.awssdk.services.ecs.model.Task;

/** Finds out why a deployment's tasks don't serve. */
final class Diagnosis {
    private final EcsApi ecs;
    private final LogTail logs;
    private final Progress progress;

    Diagnosis(EcsApi ecs, AwsAccess access, Progress progress) {
        this.ecs = ecs;
        this.logs = new LogTail(access);
        this.progress = progress;
    }

    /**
     * Says which tasks of the deployment have stopped since the last look; keeps the first cause.
     *
     * @return whether some are still stopping, so that their exit codes aren't known yet
     */
    boolean look(EcsState state, Service service) {
        List<Task> failing =
                ecs.tasks(DesiredStatus.STOPPED).stream()
                        .filter(task -> state.deploymentId.equals(task.startedBy()))
                        .filter(task -> !StoppedTask.isNormal(task))
                        .toList();
        List<StoppedTask> stopped =
                failing.stream()
                        .filter(task -> "STOPPED".equals(task.lastStatus()))
                        .sorted(Comparator.comparing(Diagnosis::stoppedAt))
                        .map(StoppedTask::of)
                        .filter(task -> !state.stoppedTasks.contains(task.id()))
                        .toList();
        for (StoppedTask task : stopped) {
            state.stoppedTasks.add(task.id());
            progress.say(task.facts());
            if (state.cause == null) {
                Optional<String> seen = seen(state, service, task);
                String sentence = seen.flatMap(Explanation::of).orElseGet(task::sentence);
                progress.say("  " + sentence);
                state.cause =
                        sentence
                                + "\n  "
                                + task.facts()
                                + seen.map(it -> "\n  " + it).orElse("")
                                + lastLines(state, task);
            }
        }
        return failing.stream().anyMatch(task -> !"STOPPED".equals(task.lastStatus()));
    }

    /** The first cause: of a stopped task, or of what the service's events say, or nothing. */
    Optional<String> cause(EcsState state, Service service) {
        if (state.cause != null) {
            return Optional.of(state.cause);
        }
        return Report.events(state, service).stream()
                .sorted(Comparator.comparing(ServiceEvent::createdAt))
                .flatMap(
                        event ->
                                Explanation.of(event.message()).stream()
                                        .map(it -> it + "\n  " + Report.brief(event.message())))
                .findFirst();
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
                                        + lastLines(state, StoppedTask.of(task)))
                .orElse("");
    }

    private String lastLines(EcsState state, StoppedTask task) {
        TaskDefinition definition =
                TaskDefinition.registered(ecs.taskDefinition(state.taskDefinition));
        if (!definition.containers().contains(task.container().name())) {
            return "";
        }
        List<String> lines = logs.of(definition.container(task.container().name()), task.id());
        return lines.isEmpty()
                ? ""
                : lines.stream()
                        .map(line -> "\n    | " + line)
                        .collect(Collectors.joining("", "\n  its last log lines:", ""));
    }

    private static Instant stoppedAt(Task task) {
        return task.stoppedAt() == null ? Instant.MAX : task.stoppedAt();
    }
}
