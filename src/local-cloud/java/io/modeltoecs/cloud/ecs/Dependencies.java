package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Whether a container's dependencies let it start, as the ECS agent decides it. Under the store's
 * lock.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html">ContainerDependency</a>
 */
final class Dependencies {
    private static final String HEAD = "dependency graph: ";

    private Dependencies() {}

    /** Whether all hold. */
    static boolean hold(Task task, TaskContainer container) {
        for (JsonNode dependency : container.definition.path("dependsOn")) {
            if (!holds(on(task, dependency), dependency.path("condition").asText())) {
                return false;
            }
        }
        return true;
    }

    private static TaskContainer on(Task task, JsonNode dependency) {
        return task.container(dependency.path("containerName").asText());
    }

    private static boolean holds(TaskContainer other, String condition) {
        return switch (condition) {
            case "HEALTHY" -> other.isRunning() && other.health.equals("HEALTHY");
            case "COMPLETE" -> other.hasStopped() && other.engineId != null;
            case "SUCCESS" -> other.hasStopped() && other.endedWell();
            default -> other.engineId != null;
        };
    }

    /** Why a container will never start; empty where it still may. */
    static Optional<String> failure(Task task, TaskContainer container, long now) {
        for (JsonNode dependency : container.definition.path("dependsOn")) {
            TaskContainer other = on(task, dependency);
            String condition = dependency.path("condition").asText();
            if (holds(other, condition)) {
                continue;
            }
            if (other.hasStopped()) {
                return Optional.of(
                        HEAD
                                + "failed to resolve"
                                + pair(other, container)
                                + " as dependency did not exit successfully.");
            }
            if (isLate(other, condition, now)) {
                return Optional.of(HEAD.strip() + pair(other, container) + " has timed out.");
            }
        }
        return Optional.empty();
    }

    private static String pair(TaskContainer other, TaskContainer container) {
        return " container ordering dependency ["
                + other.name
                + "] for target ["
                + container.name
                + "]";
    }

    /** The dependency's own startTimeout counts, from its start. */
    private static boolean isLate(TaskContainer other, String condition, long now) {
        long limit = other.definition.path("startTimeout").asLong(0);
        return limit > 0
                && other.startedAt > 0
                && !condition.equals("START")
                && now > other.startedAt + TimeUnit.SECONDS.toMillis(limit);
    }
}
