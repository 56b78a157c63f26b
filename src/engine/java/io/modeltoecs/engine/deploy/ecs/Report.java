package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.progress.Progress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import software.amazon.awssdk.services.ecs.model.Deployment;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.ecs.model.ServiceEvent;

/** Says how far a rollout is: a line when something changed, and none otherwise. */
final class Report {
    private final LoadBalancing loadBalancing;
    private final Progress progress;

    Report(LoadBalancing loadBalancing, Progress progress) {
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
     * @param deploymentId the deployment whose tasks are the new ones
     * @return whether anything did
     */
    boolean tell(EcsState state, Service service, String deploymentId) {
        List<ServiceEvent> events = fresh(state, service);
        events.forEach(
                event ->
                        progress.say(
                                "ECS: "
                                        + event.message()
                                                .replaceFirst("^\\(service [^)]*\\) ", "")));
        String line = line(service, deploymentId);
        boolean changed = !line.equals(state.said);
        if (changed) {
            state.said = line;
            progress.say(line);
        }
        return changed || !events.isEmpty();
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

    private static String key(ServiceEvent event) {
        return event.id() == null ? event.createdAt() + event.message() : event.id();
    }

    private String line(Service service, String deploymentId) {
        int oldRunning = 0;
        StringBuilder line = new StringBuilder();
        int percent = 0;
        for (Deployment deployment : service.deployments()) {
            if (deployment.id().equals(deploymentId)) {
                int desired = deployment.desiredCount();
                int running = deployment.runningCount();
                line.append("new tasks: %d of %d running".formatted(running, desired));
                if (deployment.pendingCount() > 0) {
                    line.append(", %d starting".formatted(deployment.pendingCount()));
                }
                if (deployment.failedTasks() != null && deployment.failedTasks() > 0) {
                    line.append(", %d failed".formatted(deployment.failedTasks()));
                }
                percent = desired == 0 ? 100 : Math.min(100, 100 * running / desired);
            } else {
                oldRunning += deployment.runningCount() + deployment.pendingCount();
            }
        }
        line.append(line.isEmpty() ? "" : "; ").append("old tasks: ").append(oldRunning);
        String targets = loadBalancing.health(service);
        if (!targets.isEmpty()) {
            line.append("; targets: ").append(targets);
        }
        return line.append(" (").append(percent).append("%)").toString();
    }
}
