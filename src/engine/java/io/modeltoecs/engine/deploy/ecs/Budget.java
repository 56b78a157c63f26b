package io.modeltoecs.engine.deploy.ecs;

import java.time.Clock;
import java.time.Duration;

/**
 * How many calls the watching may make, whatever number of rollouts there is: two a second, of
 * which a few at once. ECS lets 20 pass in a second, to all who ask in an account and region.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html">ECS:
 *     request throttling</a>
 */
final class Budget {
    private static final double PER_MILLI = 2.0 / 1000;
    private static final double AT_ONCE = 4;

    private final Clock clock;
    private double calls = AT_ONCE;
    private long at;

    Budget(Clock clock) {
        this.clock = clock;
        this.at = clock.millis();
    }

    /** Takes one call, if there is one. */
    synchronized boolean take() {
        return take(1, 0);
    }

    /** Takes some calls that may as well be made later: what others need is left for them. */
    synchronized boolean spare(int some) {
        return take(some, 1);
    }

    private boolean take(int some, int rest) {
        refill();
        if (calls < some + rest) {
            return false;
        }
        calls -= some;
        return true;
    }

    /** When there is a call again, if that many are to be made before. */
    synchronized Duration until(int before) {
        refill();
        double missing = before + 1 - calls;
        return Duration.ofMillis(Math.max(1, (long) Math.ceil(missing / PER_MILLI)));
    }

    /** AWS has had too many calls, of whomever: none for a while. */
    synchronized void throttled(Duration pause) {
        refill();
        calls = Math.min(calls, 1 - pause.toMillis() * PER_MILLI);
    }

    private void refill() {
        long now = clock.millis();
        calls = Math.min(AT_ONCE, calls + Math.max(0, now - at) * PER_MILLI);
        at = now;
    }
}
