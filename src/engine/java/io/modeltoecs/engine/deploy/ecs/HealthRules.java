package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.engine.progress.Progress;
import java.time.Duration;
import java.util.Optional;

/** Whether ECS will know when a new task serves, and whether it will wait until then. */
final class HealthRules {
    /** The soonest that a check can give a task up: twice, at the shortest interval of 5 s. */
    private static final double SOONEST = 10;

    private final Progress progress;

    HealthRules(Progress progress) {
        this.progress = progress;
    }

    /**
     * Adds a check to a container that ECS would else take as healthy 40 s after its start.
     *
     * @param readiness path that the caller names, or null for the one that the image says it has
     * @param image or null
     * @param balanced whether a target group checks the task
     */
    static void addCheck(
            TaskDefinition.Container container,
            String readiness,
            ImageFacts image,
            boolean balanced) {
        if (balanced) {
            return;
        }
        if (readiness != null) {
            HealthCheck.add(container, readiness);
        } else if (image != null && image.readiness().isPresent() && HealthCheck.fits(container)) {
            HealthCheck.add(container, image.readiness().get());
        }
    }

    /**
     * Says what may go wrong.
     *
     * @param service as ECS answers or takes it
     * @param load how long the model took to load in a task that runs now, if that is known
     */
    void warn(
            JsonNode service,
            TaskDefinition.Container container,
            boolean balanced,
            Optional<Duration> load) {
        JsonNode check = container.healthCheck();
        if (!balanced && check == null) {
            progress.say(
                    "warning: the service has neither a target group nor a container check, so that"
                            + " ECS takes a task as healthy 40 s after its start: give 'readiness'");
        }
        JsonNode breaker = service.at("/deploymentConfiguration/deploymentCircuitBreaker");
        if (!breaker.path("enable").asBoolean()) {
            progress.say(
                    "note: the service's circuit breaker is off: this step judges by itself when"
                            + " the rollout has failed");
        }
        room(service);
        if (load.isEmpty()) {
            return;
        }
        double seconds = load.get().toMillis() / 1000.0;
        int grace = service.path("healthCheckGracePeriodSeconds").asInt();
        if (balanced) {
            tooShort(seconds, grace, "the service's healthCheckGracePeriodSeconds");
        }
        // Within the grace period ECS ignores container checks as well
        if (check != null) {
            int start = Math.max(grace, check.path("startPeriod").asInt());
            tooShort(
                    seconds,
                    start,
                    "startPeriod of the check of the container '%s'".formatted(container.name()));
        }
    }

    /**
     * Where a task may neither stop before another one starts nor the other way round, ECS would
     * wait for ever.
     *
     * @see <a
     *     href="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html">
     *     ECS: DeploymentConfiguration</a>
     */
    private void room(JsonNode service) {
        JsonNode limits = service.path("deploymentConfiguration");
        int desired = service.path("desiredCount").asInt();
        int least = limits.path("minimumHealthyPercent").asInt(100);
        int most = limits.path("maximumPercent").asInt(200);
        boolean rolling = limits.path("strategy").asText("ROLLING").equals("ROLLING");
        boolean daemon = service.path("schedulingStrategy").asText().equals("DAEMON");
        if (rolling
                && !daemon
                && desired > 0
                && desired * least > 100 * (desired - 1)
                && desired * most / 100 <= desired) {
            progress.say(
                    "warning: of %d tasks, minimumHealthyPercent %d lets none stop first and maximumPercent %d lets none more start: no task can be replaced"
                            .formatted(desired, least, most));
        }
    }

    private void tooShort(double load, int seconds, String what) {
        if (load > Math.max(seconds, SOONEST)) {
            progress.say(
                    "warning: %s is %d s, but the model took %.1f s to load in a task that runs now: new tasks may be replaced before they are ready"
                            .formatted(what, seconds, load));
        }
    }
}
