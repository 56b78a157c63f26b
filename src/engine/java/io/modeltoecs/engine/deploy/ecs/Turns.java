package io.modeltoecs.engine.deploy.ecs;

import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Whose turn it is to change a service: one rollout of this JVM at a time, in the order of their
 * coming, from its first change to its end. What others do is seen in ECS alone.
 */
final class Turns {
    /** Who doesn't come for so long has gone. */
    private static final long GONE = Duration.ofMinutes(5).toMillis();

    private final Clock clock;

    /** By service, those who came and when they came last. */
    private final Map<String, LinkedHashMap<String, Long>> queues = new HashMap<>();

    private final Set<String> changing = new HashSet<>();

    Turns(Clock clock) {
        this.clock = clock;
    }

    /** Comes, or comes again; whether it is its turn. */
    synchronized boolean take(String service, String rollout) {
        long now = clock.millis();
        LinkedHashMap<String, Long> queue =
                queues.computeIfAbsent(service, it -> new LinkedHashMap<>());
        queue.values().removeIf(it -> now - it > GONE);
        queue.put(rollout, now);
        return queue.keySet().iterator().next().equals(rollout);
    }

    /** Takes the turn of whoever has it. */
    synchronized void seize(String service, String rollout) {
        LinkedHashMap<String, Long> queue = queues.get(service);
        LinkedHashMap<String, Long> others =
                queue == null ? new LinkedHashMap<>() : new LinkedHashMap<>(queue);
        others.remove(rollout);
        LinkedHashMap<String, Long> now = new LinkedHashMap<>();
        now.put(rollout, clock.millis());
        now.putAll(others);
        queues.put(service, now);
    }

    /** Has ended. */
    synchronized void leave(String service, String rollout) {
        LinkedHashMap<String, Long> queue = queues.get(service);
        if (queue != null && queue.remove(rollout) != null && queue.isEmpty()) {
            queues.remove(service);
        }
    }

    /**
     * Looks at the service and changes it, nobody else between the two.
     *
     * @return whether nobody else is at it; then {@link #changed} has to follow
     */
    synchronized boolean change(String service) {
        return changing.add(service);
    }

    synchronized void changed(String service) {
        changing.remove(service);
    }
}
