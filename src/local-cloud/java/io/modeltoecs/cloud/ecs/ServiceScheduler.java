package io.modeltoecs.cloud.ecs;

import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives each service a step, again and again. */
final class ServiceScheduler implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceScheduler.class);
    private static final long MILLIS = 300;

    private final EcsStore store;
    private final Rollout rollout;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    ServiceScheduler(EcsStore store, Rollout rollout) {
        this.store = store;
        this.rollout = rollout;
    }

    void start() {
        timer.scheduleWithFixedDelay(this::stepAll, 0, MILLIS, TimeUnit.MILLISECONDS);
    }

    private void stepAll() {
        try {
            store.with(
                    () -> {
                        for (Cluster cluster : store.state().clusters.values()) {
                            new ArrayList<>(cluster.services.values()).forEach(rollout::step);
                        }
                    });
        } catch (RuntimeException e) {
            LOG.error("A step of the services failed", e);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
