package io.modeltoecs.cloud.ecs;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a step to each service that is due: because something it depends on was changed, or because
 * a time it waits for has come. Others cost nothing.
 */
final class ServiceScheduler implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceScheduler.class);

    /** Changes that come together are looked at together. */
    private static final long GATHER_MILLIS = 50;

    private final EcsStore store;
    private final Rollout rollout;
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    private final AtomicBoolean asked = new AtomicBoolean();
    private final Map<Service, Long> waits = new HashMap<>();
    private final TreeMap<Long, List<Service>> byTime = new TreeMap<>();
    private ScheduledFuture<?> nextTime;

    ServiceScheduler(EcsStore store, Rollout rollout) {
        this.store = store;
        this.rollout = rollout;
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Looks at all services once, and from then on at those that are due. */
    void start() {
        store.with(
                () -> {
                    store.onDue(this::ask);
                    store.state()
                            .clusters
                            .values()
                            .forEach(c -> c.services.values().forEach(store::wake));
                });
    }

    private void ask() {
        if (!timer.isShutdown() && asked.compareAndSet(false, true)) {
            timer.schedule(this::work, GATHER_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void work() {
        asked.set(false);
        long next = store.with(this::round);
        if (nextTime != null) {
            nextTime.cancel(false);
        }
        if (next != Long.MAX_VALUE && !timer.isShutdown()) {
            long wait = Math.max(0, next - store.now());
            nextTime = timer.schedule(this::ask, wait, TimeUnit.MILLISECONDS);
        }
    }

    /**
     * A step for each service that is due; under the store's lock.
     *
     * @return when the next one's time comes, in milliseconds; Long.MAX_VALUE where none waits
     */
    long round() {
        while (!byTime.isEmpty() && byTime.firstKey() <= store.now()) {
            byTime.pollFirstEntry().getValue().forEach(store::wake);
        }
        for (Service service : store.takeDue()) {
            forget(service);
            try {
                long again = rollout.step(service);
                if (again != Long.MAX_VALUE) {
                    waits.put(service, again);
                    byTime.computeIfAbsent(again, t -> new ArrayList<>()).add(service);
                }
            } catch (RuntimeException e) {
                LOG.error("A step of the service {} failed", service.name, e);
            }
        }
        return byTime.isEmpty() ? Long.MAX_VALUE : byTime.firstKey();
    }

    private void forget(Service service) {
        Long time = waits.remove(service);
        List<Service> others = time == null ? null : byTime.get(time);
        if (others != null) {
            others.remove(service);
            if (others.isEmpty()) {
                byTime.remove(time);
            }
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
