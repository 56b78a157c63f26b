package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.ecs.model.Deployment;
import software.amazon.awssdk.services.ecs.model.DeploymentRolloutState;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.ecs.model.ServiceEvent;

/** Says how far a rollout is: a line when something changed, and none otherwise. */
final class Report {
    /** The tasks of the revision that is rolled out. */
    static final String NEW = "new";

    /** The tasks of the revision that is gone back to. */
    static final String OLD = "old";

    private static final String DONE = " (100%)";

    private final Health health;
    private final Progress progress;
    private final Clock clock;

    Report(EcsApi ecs, LoadBalancing loadBalancing, Budget budget, Progress progress, Clock clock) {
        this.health = new Health(ecs, loadBalancing, budget, clock);
        this.progress = progress;
        this.clock = clock;
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
            progress.say(line.endsWith(DONE) ? line : line + left(state, which));
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

    /** How long it still takes, if it takes as long as it did before. */
    private String left(EcsState state, String which) {
        long left = state.watchedSince + state.usual - clock.millis();
        return which.equals(NEW) && state.pause() == null && state.usual > 0 && left > 0
                ? ", about %s left".formatted(Amounts.seconds(Duration.ofMillis(left)))
                : "";
    }

    private static String key(ServiceEvent event) {
        return event.id() == null ? event.createdAt() + event.message() : event.id();
    }

    private String line(Service service, String deploymentId, String which) {
        int others = 0;
        StringBuilder line = new StringBuilder();
        String words = "";
        String percent = "";
        for (Deployment deployment : service.deployments()) {
            if (!deployment.id().equals(deploymentId)) {
                others += deployment.runningCount() + deployment.pendingCount();
                continue;
            }
            int desired = deployment.desiredCount();
            // once ECS says that all is done, nobody waits for what the checks say
            Optional<Health.Seen> seen =
                    isDone(deployment) ? Optional.empty() : health.of(service, deployment);
            line.append("%s tasks: ".formatted(which));
            seen.ifPresent(it -> line.append("%d healthy, ".formatted(it.healthy())));
            line.append("%d of %d running".formatted(deployment.runningCount(), desired));
            if (deployment.pendingCount() > 0) {
                line.append(", %d starting".formatted(deployment.pendingCount()));
            }
            if (deployment.failedTasks() != null && deployment.failedTasks() > 0) {
                line.append(", %d failed".formatted(deployment.failedTasks()));
            }
            words = seen.map(Health.Seen::words).orElse("");
            percent = percent(deployment, seen);
        }
        return line.append(line.isEmpty() ? "" : "; ")
                .append(which.equals(NEW) ? "old tasks: " : "others: ")
                .append(others)
                .append(words.isEmpty() ? "" : "; " + words)
                .append(percent)
                .toString();
    }

    private static boolean isDone(Deployment deployment) {
        return deployment.rolloutState() == DeploymentRolloutState.COMPLETED;
    }

    /** Of the tasks that are wanted, those that are healthy; all is done once ECS says so. */
    private static String percent(Deployment deployment, Optional<Health.Seen> seen) {
        if (isDone(deployment)) {
            return DONE;
        }
        int desired = Math.max(1, deployment.desiredCount());
        return seen.map(it -> " (%d%%)".formatted(Math.min(99, 100 * it.healthy() / desired)))
                .orElse("");
    }
}
