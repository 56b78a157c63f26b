package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.progress.Amounts;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import software.amazon.awssdk.services.ecs.model.Container;
import software.amazon.awssdk.services.ecs.model.Task;

/**
 * A task that stopped without being asked to by the rollout.
 *
 * @param id the last part of its ARN
 * @param container the one to blame
 */
record StoppedTask(String id, Task task, Container container) {
    /** 128 and SIGKILL. */
    private static final int KILLED = 137;

    static StoppedTask of(Task task) {
        Container blamed =
                task.containers().stream()
                        .max(Comparator.comparingInt(StoppedTask::blame))
                        .orElseGet(() -> Container.builder().build());
        return new StoppedTask(Names.last(task.taskArn()), task, blamed);
    }

    private static int blame(Container container) {
        boolean failed =
                container.exitCode() != null
                        && container.exitCode() != 0
                        // how a container ends that was asked to
                        && container.exitCode() != 143;
        return (failed ? 2 : 0) + (container.reason() == null ? 0 : 1);
    }

    /** Whether ECS stopped it because it wasn't needed any more. */
    static boolean isNormal(Task task) {
        return reason(task).startsWith("Scaling activity initiated by")
                || "UserInitiated".equals(task.stopCodeAsString());
    }

    private static String reason(Task task) {
        return task.stoppedReason() == null ? "" : task.stoppedReason();
    }

    /** All that ECS says of why. */
    String texts() {
        return tellsMore() ? reason(task) + "; " + container.reason() : reason(task);
    }

    /** Whether the container's reason isn't just the task's again. */
    private boolean tellsMore() {
        return container.reason() != null && !reason(task).contains(container.reason());
    }

    /** The cause in plain words. */
    String sentence() {
        // the code of a container that was killed for its health says nothing
        return Explanation.of(texts(), wasStopped() ? null : container.exitCode());
    }

    private boolean wasStopped() {
        return "ServiceSchedulerInitiated".equals(task.stopCodeAsString());
    }

    /** How long it had been running when ECS gave it up for its health; empty if it wasn't that. */
    Optional<Duration> judgedAfter() {
        return wasStopped() && task.startedAt() != null && task.stoppingAt() != null
                ? Optional.of(Duration.between(task.startedAt(), task.stoppingAt()))
                : Optional.empty();
    }

    /** Whether it was killed because it didn't end when it was asked to. */
    private boolean wasKilled() {
        return wasStopped()
                && container.exitCode() != null
                && container.exitCode() == KILLED
                && container.reason() == null;
    }

    /** What ECS says, on one line. */
    String facts() {
        StringBuilder facts =
                new StringBuilder("task ")
                        .append(id)
                        .append(
                                "STOPPED".equals(task.lastStatus())
                                        ? " stopped: "
                                        : " is being stopped: ");
        facts.append(Report.brief(reason(task)));
        judgedAfter()
                .ifPresent(
                        it ->
                                facts.append(", ")
                                        .append(Amounts.seconds(it))
                                        .append(" after its start"));
        if (container.name() != null && (container.exitCode() != null || tellsMore())) {
            facts.append("; container '").append(container.name()).append("':");
            if (container.exitCode() != null) {
                facts.append(" exit code ").append(container.exitCode());
            }
            if (wasKilled()) {
                facts.append(" (it did not stop in time when it was asked to, and was killed)");
            }
            if (tellsMore()) {
                facts.append(' ').append(container.reason());
            }
        }
        return facts.toString();
    }
}
