package io.modeltoecs.cloud.ecs;

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

    /** What the circuit breaker has counted of them. */
    int breakerFailures;

    String revisionArn;
    String serviceDeploymentArn;

    /** Whether it moves traffic between target groups, rather than replacing tasks step by step. */
    boolean shiftsTraffic;

    /** Set while no task of it may start: after starts that failed, in milliseconds. */
    long notBefore;

    long backOffMillis;

    /** What was said of a task that could not be placed; null where nothing was. */
    String saidUnplaced;

    boolean saidInconsistent;
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

    void rollout(String state, String reason, long now) {
        rolloutState = state;
        rolloutStateReason = reason;
        updatedAt = now;
    }

    /** Forgets what went wrong, so that tasks are started at once. */
    void forgetFailures() {
        failedTasks = 0;
        breakerFailures = 0;
        clearBackOff();
    }

    void clearBackOff() {
        notBefore = 0;
        backOffMillis = 0;
        saidUnplaced = null;
        saidInconsistent = false;
    }

    /** The same revision to be rolled out once more, under its old id. */
    Deployment again(long now) {
        Deployment copy = new Deployment();
        copy.id = id;
        copy.taskDefinition = taskDefinition;
        copy.createdAt = createdAt;
        copy.updatedAt = now;
        copy.revisionArn = revisionArn;
        return copy;
    }
}
