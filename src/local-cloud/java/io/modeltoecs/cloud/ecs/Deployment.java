package io.modeltoecs.cloud.ecs;

import java.util.HashMap;
import java.util.Map;

/** One rollout of a service: a revision that its tasks run. */
final class Deployment {
    String id;
    String status = "PRIMARY";
    String taskDefinition;
    long createdAt;
    long updatedAt;
    String rolloutState = "IN_PROGRESS";
    String rolloutStateReason;

    /** Tasks that failed one after the other; a healthy one starts the count anew. */
    int failedTasks;

    /** Digest by container: a tag is resolved once. */
    Map<String, String> digests = new HashMap<>();

    String revisionArn;
    String serviceDeploymentArn;

    /** Set while no task of it may start: after starts that failed, in milliseconds. */
    long notBefore;

    long backOffMillis;
    boolean saidStuck;

    boolean isPrimary() {
        return status.equals("PRIMARY");
    }

    boolean inProgress() {
        return rolloutState.equals("IN_PROGRESS");
    }

    boolean failed() {
        return rolloutState.equals("FAILED");
    }

    void rollout(String state, String reason) {
        rolloutState = state;
        rolloutStateReason = reason;
        updatedAt = System.currentTimeMillis();
    }

    /** The same revision to be rolled out once more, under its old id. */
    Deployment again() {
        Deployment copy = new Deployment();
        copy.id = id;
        copy.taskDefinition = taskDefinition;
        copy.createdAt = createdAt;
        copy.updatedAt = System.currentTimeMillis();
        copy.digests.putAll(digests);
        copy.revisionArn = revisionArn;
        return copy;
    }
}
