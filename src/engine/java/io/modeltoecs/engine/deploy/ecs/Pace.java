package io.modeltoecs.engine.deploy.ecs;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait for the next look: far from what ECS throttles.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html">ECS:
 *     request throttling</a>
 */
final class Pace {
    static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration SELDOM = Duration.ofSeconds(10);

    private Pace() {}

    /** Often at first, then seldom: a twentieth of the time gone by. */
    static Duration of(EcsState state, Clock clock) {
        long since = Math.max(state.startedAt, state.watchedSince);
        long millis = (clock.millis() - since) / 20;
        return Duration.ofMillis(Math.max(SOON.toMillis(), Math.min(SELDOM.toMillis(), millis)));
    }

    /** Twice as long after each failure in a row, and apart from others that failed with it. */
    static Duration backOff(long failures) {
        long millis = SOON.toMillis() << Math.min(failures - 1, 10);
        double share = 0.5 + ThreadLocalRandom.current().nextDouble() / 2;
        return Duration.ofMillis((long) (Math.min(SELDOM.toMillis(), millis) * share));
    }
}
