package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.state.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The record of a rollout that List- and DescribeServiceDeployments show. */
final class ServiceDeployment {
    String arn;
    String status = "PENDING";
    String statusReason;
    String deploymentId;

    /** The revisions that ran when it began. */
    List<String> sourceRevisions = new ArrayList<>();

    /** The one of them that has the production traffic; null where none has. */
    String serving;

    String targetRevision;
    long createdAt;
    long startedAt;
    long finishedAt;
    long updatedAt;
    long stoppedAt;

    /** The service's deploymentConfiguration when it began. */
    ObjectNode configuration = Json.object();

    int failures;
    int threshold;
    String breaker = "DISABLED";
    String rollbackReason;
    String rollbackRevision;
    long rollbackStartedAt;

    /** DISABLED, MONITORING, MONITORING_COMPLETE, TRIGGERED. */
    String alarms = "DISABLED";

    /** Those that were in alarm when it began. */
    Set<String> ignoredAlarms = new LinkedHashSet<>();

    Set<String> triggeredAlarms = new LinkedHashSet<>();

    /** When the time ends in which it is only watched; 0 before that begins. */
    long bakeUntil;

    /** Where it is, if it moves traffic. */
    Stage stage;

    long stageSince;

    /** How much of the traffic the target revision has, in percent. */
    double productionPercent;

    double testPercent;
    List<Hook> hooks = new ArrayList<>();

    boolean isOpen() {
        return finishedAt == 0;
    }

    boolean rollsBack() {
        return status.startsWith("ROLLBACK");
    }

    void move(String newStatus, long now) {
        status = newStatus;
        updatedAt = now;
    }

    void finish(String newStatus, String reason, long now) {
        move(newStatus, now);
        statusReason = reason;
        finishedAt = now;
        if (newStatus.equals("STOPPED")) {
            stoppedAt = now;
        }
        if (breaker.equals("MONITORING")) {
            breaker = "MONITORING_COMPLETE";
        }
        if (alarms.equals("MONITORING")) {
            alarms = "MONITORING_COMPLETE";
        }
    }

    Hook hook(String id) {
        return hooks.stream().filter(h -> h.id.equals(id)).findFirst().orElse(null);
    }
}
