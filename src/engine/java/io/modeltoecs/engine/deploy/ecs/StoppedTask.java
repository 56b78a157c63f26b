package io.modeltoecs.engine.deploy.ecs;

import java.util.Comparator;
import software.amazon.awssdk.services.ecs.model.Container;
import software.amazon.awssdk.services.ecs.model.Task;

/**
 * A task that stopped without being asked to by the rollout.
 *
 * @param id the last part of its ARN
 * @param container the one to blame
 */
record StoppedTask(String id, Task task, Container container) {

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
        return container.reason() == null ? reason(task) : reason(task) + "; " + container.reason();
    }

    /** The cause in plain words. */
    String sentence() {
        // the code of a container that was killed for its health says nothing
        boolean byItself = !"ServiceSchedulerInitiated".equals(task.stopCodeAsString());
        return Explanation.of(texts(), byItself ? container.exitCode() : null);
    }

    /** What ECS says, on one line. */
    String facts() {
        StringBuilder facts = new StringBuilder("task ").append(id).append(" stopped: ");
        facts.append(Report.brief(reason(task)));
        if (container.name() != null
                && (container.exitCode() != null || container.reason() != null)) {
            facts.append("; container '").append(container.name()).append("':");
            if (container.exitCode() != null) {
                facts.append(" exit code ").append(container.exitCode());
            }
            if (container.reason() != null) {
                facts.append(' ').append(container.reason());
            }
        }
        return facts.toString();
    }
}
