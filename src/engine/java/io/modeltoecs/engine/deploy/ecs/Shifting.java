package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.options.Strategy;
import java.time.Duration;
import java.util.Objects;
import software.amazon.awssdk.services.ecs.model.CanaryConfiguration;
import software.amazon.awssdk.services.ecs.model.DeploymentConfiguration;
import software.amazon.awssdk.services.ecs.model.DeploymentStrategy;
import software.amazon.awssdk.services.ecs.model.LinearConfiguration;

/**
 * How traffic goes from one revision to the next.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html">
 *     ECS: DeploymentConfiguration</a>
 */
final class Shifting {
    private static final int ALL = 100;

    private Shifting() {}

    /** Puts a strategy into a service's configuration; what it doesn't say stays. */
    static void apply(Strategy strategy, ObjectNode configuration) {
        configuration.put("strategy", strategy.kind().name());
        if (strategy.kind() == Strategy.Kind.ROLLING) {
            configuration.remove("bakeTimeInMinutes");
        }
        if (strategy.kind() != Strategy.Kind.CANARY) {
            configuration.remove("canaryConfiguration");
        }
        if (strategy.kind() != Strategy.Kind.LINEAR) {
            configuration.remove("linearConfiguration");
        }
        if (strategy.bakeMinutes() != null) {
            configuration.put("bakeTimeInMinutes", strategy.bakeMinutes());
        }
        if (strategy.percent() == null) {
            return;
        }
        boolean canary = strategy.kind() == Strategy.Kind.CANARY;
        ObjectNode steps =
                configuration.withObject(canary ? "/canaryConfiguration" : "/linearConfiguration");
        steps.put(canary ? "canaryPercent" : "stepPercent", strategy.percent());
        if (strategy.stepMinutes() != null) {
            steps.put(
                    canary ? "canaryBakeTimeInMinutes" : "stepBakeTimeInMinutes",
                    strategy.stepMinutes());
        }
    }

    /** Whether a deployment shifts traffic, instead of replacing tasks one by one. */
    static boolean shifts(DeploymentConfiguration configuration) {
        return configuration != null
                && configuration.strategy() != null
                && configuration.strategy() != DeploymentStrategy.ROLLING;
    }

    /** How long a deployment waits by its own configuration. */
    static Duration bakes(DeploymentConfiguration configuration) {
        if (!shifts(configuration)) {
            return Duration.ZERO;
        }
        double minutes = Objects.requireNonNullElse(configuration.bakeTimeInMinutes(), 0);
        CanaryConfiguration canary = configuration.canaryConfiguration();
        if (canary != null) {
            minutes += Objects.requireNonNullElse(canary.canaryBakeTimeInMinutes(), 0);
        }
        LinearConfiguration linear = configuration.linearConfiguration();
        if (linear != null && linear.stepPercent() != null) {
            minutes +=
                    (Math.ceil(ALL / linear.stepPercent()) - 1)
                            * Objects.requireNonNullElse(linear.stepBakeTimeInMinutes(), 0);
        }
        return Duration.ofSeconds((long) (minutes * 60));
    }
}
