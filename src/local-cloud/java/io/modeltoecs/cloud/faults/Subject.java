package io.modeltoecs.cloud.faults;

/**
 * The task that a fault may befall. What isn't known is null, and only chosen by faults that don't
 * ask for it.
 *
 * @param cluster its cluster's name
 * @param service its service's name; null for a task of its own
 * @param taskDefinition its task definition's ARN
 * @param task its id
 */
public record Subject(String cluster, String service, String taskDefinition, String task) {

    String family() {
        return taskDefinition == null
                ? null
                : revision().substring(0, Math.max(0, revision().lastIndexOf(':')));
    }

    /** {@code family:revision}. */
    String revision() {
        return taskDefinition == null
                ? null
                : taskDefinition.substring(taskDefinition.lastIndexOf('/') + 1);
    }
}
