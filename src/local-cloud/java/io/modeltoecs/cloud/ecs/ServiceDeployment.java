package io.modeltoecs.cloud.ecs;

/** The record of a rollout that List- and DescribeServiceDeployments show. */
final class ServiceDeployment {
    String arn;
    String status = "IN_PROGRESS";
    String statusReason;
    String deploymentId;
    String sourceRevision;
    String targetRevision;
    long createdAt;
    long startedAt;
    long finishedAt;
    long updatedAt;
    int failures;
    int threshold;
    String breaker = "MONITORING";
    String rollbackReason;
    String rollbackRevision;
    long rollbackStartedAt;
    long stoppedAt;

    boolean isOpen() {
        return finishedAt == 0;
    }

    void move(String newStatus) {
        status = newStatus;
        updatedAt = System.currentTimeMillis();
    }

    void finish(String newStatus, String reason) {
        move(newStatus);
        statusReason = reason;
        finishedAt = updatedAt;
        if (breaker.equals("MONITORING")) {
            breaker = "MONITORING_COMPLETE";
        }
    }
}
