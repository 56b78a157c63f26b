package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.aws.AwsAccess;
import java.lang.ref.WeakReference;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;

/**
 * What rollouts have in common. There is one {@link Poller} for all that look at a cluster as the
 * same: however many there are, they ask as often as a few.
 */
final class Pollers {
    /** Those of all steps. */
    static final Pollers OF_THIS_JVM = new Pollers(Clock.systemUTC());

    private final Clock clock;
    private final Turns turns;

    /** A poller is there as long as a rollout has it. */
    private final Map<Key, WeakReference<Poller>> all = new HashMap<>();

    private record Key(AwsAccess.Identity who, String cluster) {}

    Pollers(Clock clock) {
        this.clock = clock;
        this.turns = new Turns(clock);
    }

    /** Those of all rollouts. */
    Turns turns() {
        return turns;
    }

    Clock clock() {
        return clock;
    }

    /**
     * @param cluster name or ARN
     */
    synchronized Poller of(AwsAccess access, String cluster) {
        all.values().removeIf(it -> it.get() == null);
        Key key = new Key(access.identity(), Names.last(cluster));
        WeakReference<Poller> known = all.get(key);
        Poller poller = known == null ? null : known.get();
        if (poller == null) {
            poller = Poller.by(clock);
            all.put(key, new WeakReference<>(poller));
        }
        return poller;
    }
}
