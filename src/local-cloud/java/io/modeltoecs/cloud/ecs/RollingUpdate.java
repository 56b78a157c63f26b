package io.modeltoecs.cloud.ecs;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Replaces tasks step by step within the minimum and maximum percent, and keeps as many as are
 * wanted. All under the store's lock.
 */
final class RollingUpdate {
    private static final double HUNDRED = 100.0;

    private final EcsStore store;
    private final TaskHealth health;
    private final Fleet fleet;
    private final Failures failures;

    /** What is told of tasks that are taken away as unhealthy or can't be placed. */
    interface Failures {

        /** One more task of a deployment failed. */
        void count(Look look, Deployment deployment);
    }

    RollingUpdate(EcsStore store, TaskHealth health, Fleet fleet, Failures failures) {
        this.store = store;
        this.health = health;
        this.fleet = fleet;
        this.failures = failures;
    }

    /** Takes a service one step nearer to its newest deployment. */
    void step(Look look, Deployment primary) {
        step(look, primary, look.wanted());
        sayStuck(look, primary);
    }

    /** Keeps the tasks of one deployment, whatever others there are. */
    void keep(Look look, Deployment deployment) {
        step(look, deployment, look.wanted(deployment));
    }

    /** Whether a deployment has all its tasks, and all are healthy. */
    boolean isComplete(Look look, Deployment deployment) {
        List<Task> own = look.wanted(deployment);
        return own.size() == look.service.desiredCount
                && own.stream().allMatch(t -> health.isHealthy(look, t));
    }

    private void step(Look look, Deployment deployment, List<Task> tasks) {
        replaceUnhealthy(look, deployment, tasks);
        List<Task> left = tasks.stream().filter(Task::isWanted).toList();
        startMissing(look, deployment, left);
        stopSurplus(look, deployment, left);
    }

    /** The replacement comes first where there is room for it; else one goes after the other. */
    private void replaceUnhealthy(Look look, Deployment deployment, List<Task> tasks) {
        List<Task> bad = tasks.stream().filter(t -> isBad(look, t)).toList();
        if (bad.isEmpty()) {
            return;
        }
        long good = tasks.stream().filter(t -> t.isOf(deployment) && !isBad(look, t)).count();
        long healthy = tasks.stream().filter(t -> t.isOf(deployment) && isHealthy(look, t)).count();
        boolean comes =
                tasks.stream()
                        .anyMatch(
                                t -> t.isOf(deployment) && !isBad(look, t) && !isHealthy(look, t));
        boolean noRoom =
                tasks.size() >= upper(look.service) && good < look.service.desiredCount && !comes;
        if (!noRoom && healthy < look.service.desiredCount) {
            return;
        }
        Task one = bad.get(0);
        health.tell(look, one);
        fleet.stop(look, List.of(one), health.complaint(look, one));
        if (one.isOf(deployment)) {
            failures.count(look, deployment);
        }
    }

    private void startMissing(Look look, Deployment deployment, List<Task> tasks) {
        long good = tasks.stream().filter(t -> t.isOf(deployment) && !isBad(look, t)).count();
        long missing =
                Math.min(look.service.desiredCount - good, upper(look.service) - tasks.size());
        if (missing <= 0 || deployment.failed() || look.isBefore(deployment.notBefore)) {
            return;
        }
        boolean replaces = tasks.stream().anyMatch(t -> t.isOf(deployment) && isBad(look, t));
        if (!fleet.start(look, deployment, missing, replaces)) {
            look.isBefore(deployment.notBefore);
            failures.count(look, deployment);
        }
    }

    private void stopSurplus(Look look, Deployment deployment, List<Task> tasks) {
        long healthy = tasks.stream().filter(t -> isHealthy(look, t)).count();
        long lower = lower(look.service);
        List<Task> stop = new ArrayList<>();
        if (!deployment.failed()) {
            for (Task task : oldOnes(look, deployment, tasks)) {
                boolean counts = isHealthy(look, task);
                if (!task.isRunning() || !counts && healthy >= lower) {
                    stop.add(task);
                } else if (counts && healthy > lower) {
                    healthy--;
                    stop.add(task);
                }
            }
        }
        List<Task> own =
                tasks.stream()
                        .filter(t -> t.isOf(deployment))
                        .sorted(Comparator.comparing(t -> isHealthy(look, t)))
                        .toList();
        for (int i = 0; i < own.size() - look.service.desiredCount; i++) {
            // One that is bad goes when its replacement is healthy, and says why.
            if (!isBad(look, own.get(i))) {
                stop.add(own.get(i));
            }
        }
        fleet.stop(look, stop);
    }

    private List<Task> oldOnes(Look look, Deployment deployment, List<Task> tasks) {
        return tasks.stream()
                .filter(t -> !t.isOf(deployment))
                .sorted(Comparator.comparing(t -> isHealthy(look, t)))
                .toList();
    }

    /** Neither start nor stop is allowed by the percentages. */
    private void sayStuck(Look look, Deployment primary) {
        List<Task> wanted = look.wanted();
        if (primary.inProgress()
                && !primary.saidStuck
                && look.service.desiredCount > 0
                && wanted.size() >= upper(look.service)
                && wanted.size() <= lower(look.service)
                && wanted.stream().anyMatch(t -> !t.isOf(primary))
                && wanted.stream().allMatch(t -> isHealthy(look, t))) {
            primary.saidStuck = true;
            look.service.event(
                    "was unable to stop or start tasks during a deployment because of the service"
                            + " deployment configuration. Update the minimumHealthyPercent or"
                            + " maximumPercent value and try again.",
                    look.now);
            store.changed(look.service);
        }
    }

    private boolean isHealthy(Look look, Task task) {
        return health.isHealthy(look, task);
    }

    private boolean isBad(Look look, Task task) {
        return task.isWanted() && health.complaint(look, task) != null;
    }

    private static long lower(Service service) {
        return (long) Math.ceil(service.desiredCount * service.minimumHealthyPercent() / HUNDRED);
    }

    private static long upper(Service service) {
        return (long) Math.floor(service.desiredCount * service.maximumPercent() / HUNDRED);
    }
}
