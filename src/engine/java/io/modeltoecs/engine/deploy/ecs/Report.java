package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Progress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.ecs.model.Deployment;
import software.amazon.awssdk.services.ecs.model.DeploymentRolloutState;
import software.amazon.awssdk.services.ecs.model.DesiredStatus;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.ecs.model.ServiceEvent;

/** Says how far a rollout is: a line when something changed, and none otherwise. */
final class Report {
    /** The tasks of the revision that is rolled out. */
    static final String NEW = "new";

    /** The tasks of the revision that is gone back to. */
    static final String OLD = "old";

    private final LoadBalancing loadBalancing;
    private final EcsApi ecs;
    private final Progress progress;
    private boolean blind;

    Report(EcsApi ecs, LoadBalancing loadBalancing, Progress progress) {
        this.ecs = ecs;
        this.loadBalancing = loadBalancing;
        this.progress = progress;
    }

    /** Takes all events that there are as seen. */
    static void start(EcsState state, Service service) {
        state.event = service.events().isEmpty() ? null : key(service.events().get(0));
        state.eventBefore = state.event;
    }

    /** The events since the start, newest first. */
    static List<ServiceEvent> events(EcsState state, Service service) {
        return service.events().stream()
                .takeWhile(event -> !key(event).equals(state.eventBefore))
                .toList();
    }

    /**
     * Says what changed since the last look.
     *
     * @param deploymentId the deployment whose tasks are to come
     * @param which what those are called
     * @return whether anything did
     */
    boolean tell(EcsState state, Service service, String deploymentId, String which) {
        List<ServiceEvent> events = fresh(state, service);
        events.forEach(event -> progress.say("ECS: " + brief(event.message())));
        String line = line(service, deploymentId, which);
        boolean changed = !line.equals(state.said);
        if (changed) {
            state.said = line;
            progress.say(line);
        }
        return changed || !events.isEmpty();
    }

    /** Without the service, which is known, and with names for target groups. */
    static String brief(String event) {
        return event.replaceFirst("^\\(service [^)]*\\) ", "")
                .replaceAll("arn:[^ )]*:targetgroup/([^/ )]+)/[^ )]*", "$1");
    }

    private static List<ServiceEvent> fresh(EcsState state, Service service) {
        List<ServiceEvent> fresh = new ArrayList<>();
        for (ServiceEvent event : service.events()) {
            if (key(event).equals(state.event)) {
                break;
            }
            fresh.add(event);
        }
        if (!fresh.isEmpty()) {
            state.event = key(fresh.get(0));
        }
        Collections.reverse(fresh);
        return fresh;
    }

    /** What the container checks say, where any of them says something. */
    private String health(String deploymentId) {
        if (blind) {
            return "";
        }
        try {
            Map<String, Long> states =
                    ecs.tasks(DesiredStatus.RUNNING).stream()
                            .filter(task -> deploymentId.equals(task.startedBy()))
                            .filter(task -> task.healthStatus() != null)
                            .collect(
                                    Collectors.groupingBy(
                                            task ->
                                                    task.healthStatusAsString()
                                                            .toLowerCase(Locale.ROOT),
                                            TreeMap::new,
                                            Collectors.counting()));
            return LoadBalancing.counts(states);
        } catch (StepException e) {
            blind = true;
            return "";
        }
    }

    private static String key(ServiceEvent event) {
        return event.id() == null ? event.createdAt() + event.message() : event.id();
    }

    private String line(Service service, String deploymentId, String which) {
        int others = 0;
        StringBuilder line = new StringBuilder();
        int percent = 0;
        for (Deployment deployment : service.deployments()) {
            if (deployment.id().equals(deploymentId)) {
                int desired = deployment.desiredCount();
                int running = deployment.runningCount();
                line.append("%s tasks: %d of %d running".formatted(which, running, desired));
                if (deployment.pendingCount() > 0) {
                    line.append(", %d starting".formatted(deployment.pendingCount()));
                }
                if (deployment.failedTasks() != null && deployment.failedTasks() > 0) {
                    line.append(", %d failed".formatted(deployment.failedTasks()));
                }
                percent =
                        deployment.rolloutState() == DeploymentRolloutState.COMPLETED
                                ? 100
                                : Math.min(99, 100 * running / Math.max(1, desired));
            } else {
                others += deployment.runningCount() + deployment.pendingCount();
            }
        }
        line.append(line.isEmpty() ? "" : "; ")
                .append(which.equals(NEW) ? "old tasks: " : "others: ")
                .append(others);
        if (LoadBalancing.targetGroup(service).isPresent()) {
            String targets = loadBalancing.health(service);
            line.append(targets.isEmpty() ? "" : "; targets: " + targets);
        } else {
            String health = health(deploymentId);
            line.append(health.isEmpty() ? "" : "; health: " + health);
        }
        return line.append(" (").append(percent).append("%)").toString();
    }
}
