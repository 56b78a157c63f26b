package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.ecs.model.Deployment;
import software.amazon.awssdk.services.ecs.model.DesiredStatus;
import software.amazon.awssdk.services.ecs.model.HealthStatus;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.ecs.model.Task;

/** How many of a deployment's tasks are healthy, by whoever judges that for ECS. */
final class Health {
    /** Where nobody checks it, ECS takes a task as healthy so long after its start. */
    private static final int UNCHECKED_SECONDS = 40;

    private final EcsApi ecs;
    private final LoadBalancing loadBalancing;
    private final Budget budget;
    private final Clock clock;
    private boolean blind;
    private Seen last;

    /**
     * What was seen.
     *
     * @param deploymentId of which deployment
     * @param healthy how many of its tasks are healthy
     * @param words what the checks say of which tasks
     */
    record Seen(String deploymentId, int healthy, String words) {}

    Health(EcsApi ecs, LoadBalancing loadBalancing, Budget budget, Clock clock) {
        this.ecs = ecs;
        this.loadBalancing = loadBalancing;
        this.budget = budget;
        this.clock = clock;
    }

    /** Looks if there are calls to spare for it; else what was seen last, or nothing. */
    Optional<Seen> of(Service service, Deployment deployment) {
        boolean known = last != null && last.deploymentId().equals(deployment.id());
        boolean all = known && last.healthy() >= deployment.desiredCount();
        List<String> groups = LoadBalancing.targetGroups(service);
        if (!all && budget.spare(groups.isEmpty() ? 2 : groups.size())) {
            Optional<Seen> now =
                    groups.isEmpty() ? ofTasks(deployment) : ofTargets(service, deployment, groups);
            last = now.orElse(null);
            return now;
        }
        return known ? Optional.of(last) : Optional.empty();
    }

    /**
     * The load balancer knows no deployments: the tasks of others are taken as healthy, which they
     * are while they serve.
     */
    private Optional<Seen> ofTargets(Service service, Deployment deployment, List<String> groups) {
        return loadBalancing
                .health(groups)
                .map(
                        states -> {
                            int others =
                                    service.deployments().stream()
                                            .filter(it -> !it.id().equals(deployment.id()))
                                            .mapToInt(Deployment::runningCount)
                                            .sum();
                            int healthy = (int) (states.getOrDefault("healthy", 0L) - others);
                            int own = Math.min(deployment.runningCount(), Math.max(0, healthy));
                            String all = states.isEmpty() ? "none yet" : counts(states);
                            return new Seen(deployment.id(), own, "targets: " + all);
                        });
    }

    private Optional<Seen> ofTasks(Deployment deployment) {
        if (blind) {
            return Optional.empty();
        }
        List<Task> tasks;
        try {
            tasks =
                    ecs.tasks(DesiredStatus.RUNNING).stream()
                            .filter(task -> deployment.id().equals(task.startedBy()))
                            .filter(task -> task.healthStatus() != null)
                            .toList();
        } catch (StepException e) {
            blind = true;
            return Optional.empty();
        }
        Map<String, Long> states =
                tasks.stream()
                        .collect(
                                Collectors.groupingBy(
                                        it -> it.healthStatusAsString().toLowerCase(Locale.ROOT),
                                        TreeMap::new,
                                        Collectors.counting()));
        int healthy = (int) tasks.stream().filter(this::isHealthy).count();
        String words = states.isEmpty() ? "" : "health: " + counts(states);
        return Optional.of(new Seen(deployment.id(), healthy, words));
    }

    private boolean isHealthy(Task task) {
        if (task.healthStatus() != HealthStatus.UNKNOWN) {
            return task.healthStatus() == HealthStatus.HEALTHY;
        }
        boolean checked =
                task.containers().stream()
                        .anyMatch(it -> it.healthStatus() == HealthStatus.HEALTHY);
        return !checked
                && "RUNNING".equals(task.lastStatus())
                && task.startedAt() != null
                && task.startedAt().plusSeconds(UNCHECKED_SECONDS).isBefore(clock.instant());
    }

    private static String counts(Map<String, Long> states) {
        return states.entrySet().stream()
                .map(it -> it.getValue() + " " + it.getKey())
                .collect(Collectors.joining(", "));
    }
}
