package io.modeltoecs.cloud.ecs;

import io.modeltoecs.cloud.elb.Target;
import io.modeltoecs.cloud.elb.TargetHealth;
import io.modeltoecs.cloud.elb.Targets;
import java.util.Map;

/** What the controller thinks of a service's tasks. All under the store's lock. */
final class TaskHealth {
    private static final long MILLIS = 1000;

    private final Targets targets;
    private final long settleMillis;

    /**
     * The health of tasks.
     *
     * @param settleSeconds how long a task without any check runs before it counts as healthy
     */
    TaskHealth(Targets targets, int settleSeconds) {
        this.targets = targets;
        this.settleMillis = settleSeconds * MILLIS;
    }

    /** Whether a task counts for the minimum healthy percent. */
    boolean isHealthy(Look look, Task task) {
        if (!task.isRunning() || !task.isWanted()) {
            return false;
        }
        if (task.hasHealthCheck() && !task.health().equals("HEALTHY")) {
            return false;
        }
        if (!task.targets.isEmpty()) {
            return task.targets.entrySet().stream().allMatch(t -> health(t).isHealthy());
        }
        return task.hasHealthCheck() || !look.isBefore(task.startedAt + settleMillis);
    }

    /** Why a running task must be replaced; null where it needn't. */
    String complaint(Look look, Task task) {
        if (!task.isRunning()) {
            return null;
        }
        String found = complaint(task);
        boolean ignored =
                found != null
                        && look.isBefore(task.startedAt + look.service.graceSeconds() * MILLIS);
        return ignored ? null : found;
    }

    private String complaint(Task task) {
        if (task.hasHealthCheck() && task.health().equals("UNHEALTHY")) {
            return "Task failed container health checks";
        }
        for (Map.Entry<String, Target> target : task.targets.entrySet()) {
            if (health(target).isUnhealthy()) {
                return "Task failed ELB health checks in (target-group " + target.getKey() + ")";
            }
        }
        return null;
    }

    private TargetHealth health(Map.Entry<String, Target> target) {
        return targets.health(target.getKey(), target.getValue());
    }

    /** Says in the service's events what is wrong with a task. */
    void tell(Look look, Task task) {
        Service service = look.service;
        if (task.hasHealthCheck() && task.health().equals("UNHEALTHY")) {
            service.event("(task " + task.id + ") failed container health checks.", look.now);
        }
        for (Map.Entry<String, Target> target : task.targets.entrySet()) {
            TargetHealth health = health(target);
            if (health.isUnhealthy()) {
                service.event(
                        "(task "
                                + task.id
                                + ") (port "
                                + task.containerPorts.get(target.getKey())
                                + ") is unhealthy in (target-group "
                                + target.getKey()
                                + ") due to (reason "
                                + health.description()
                                + ").",
                        look.now);
            }
        }
    }
}
