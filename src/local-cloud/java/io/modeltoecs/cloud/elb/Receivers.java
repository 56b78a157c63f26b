package io.modeltoecs.cloud.elb;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** The targets of a group that get requests, each in its turn. */
final class Receivers {
    private final AtomicInteger turn = new AtomicInteger();
    private volatile List<Target> targets = List.of();

    void set(List<Target> all) {
        targets = List.copyOf(all);
    }

    /** Where the next request goes; empty where there is no target. */
    Optional<Target> next() {
        List<Target> all = targets;
        return all.isEmpty()
                ? Optional.empty()
                : Optional.of(all.get(Math.floorMod(turn.getAndIncrement(), all.size())));
    }
}
