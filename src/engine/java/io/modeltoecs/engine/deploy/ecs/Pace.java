package io.modeltoecs.engine.deploy.ecs;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import software.amazon.awssdk.services.ecs.model.Deployment;

/**
 * How long to wait for the next look. Where many look, {@link Budget} makes it longer.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html">ECS:
 *     request throttling</a>
 */
final class Pace {
    static final Duration SOON = Duration.ofSeconds(1);

    /** Where the end may be near: it is to be known within a second. */
    private static final Duration NEAR = Duration.ofMillis(600);

    private static final Duration SELDOM = Duration.ofSeconds(4);
    private static final Duration MOST = Duration.ofSeconds(10);

    private Pace() {}

    /**
     * Often once all tasks run. Before, the end isn't near: a task has to pass a check of 5 s, the
     * shortest that there is, before it replaces another one.
     */
    static Duration of(EcsState state, Deployment deployment, Clock clock) {
        boolean waits = state.pause() != null || "BAKE_TIME".equals(state.stage);
        if (!waits && allRun(deployment)) {
            return NEAR;
        }
        return seldom(state, clock);
    }

    /** Where something else has to end first: the longer it takes, the longer it may still take. */
    static Duration seldom(EcsState state, Clock clock) {
        long since = Math.max(state.startedAt, state.watchedSince);
        long millis = (clock.millis() - since) / 20;
        return Duration.ofMillis(Math.max(NEAR.toMillis(), Math.min(SELDOM.toMillis(), millis)));
    }

    private static boolean allRun(Deployment deployment) {
        return deployment.runningCount() != null
                && deployment.desiredCount() != null
                && deployment.runningCount() >= deployment.desiredCount();
    }

    /** Twice as long after each failure in a row, and apart from others that failed with it. */
    static Duration backOff(long failures) {
        long millis = SOON.toMillis() << Math.min(failures - 1, 10);
        double share = 0.5 + ThreadLocalRandom.current().nextDouble() / 2;
        return Duration.ofMillis((long) (Math.min(MOST.toMillis(), millis) * share));
    }
}
