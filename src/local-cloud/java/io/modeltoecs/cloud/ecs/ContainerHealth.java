package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.engine.Containers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Runs the health checks of container definitions inside their containers. */
final class ContainerHealth implements AutoCloseable {
    private static final int THREADS = 4;

    private final EcsStore store;
    private final Containers engine;
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(THREADS);
    private final Map<TaskContainer, ScheduledFuture<?>> checks = new ConcurrentHashMap<>();

    ContainerHealth(EcsStore store, Containers engine) {
        this.store = store;
        this.engine = engine;
    }

    /**
     * Starts to check a container, where its definition has a check.
     *
     * @param onChange called, under the store's lock, when its health changes
     */
    void watch(TaskContainer container, Runnable onChange) {
        if (!container.hasHealthCheck()) {
            return;
        }
        JsonNode settings = container.definition.path("healthCheck");
        int interval = settings.path("interval").asInt(30);
        Check check = new Check(container, settings, onChange);
        checks.put(
                container,
                timer.scheduleWithFixedDelay(check::run, interval, interval, TimeUnit.SECONDS));
    }

    void forget(TaskContainer container) {
        ScheduledFuture<?> check = checks.remove(container);
        if (check != null) {
            check.cancel(false);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private final class Check {
        private final TaskContainer container;
        private final List<String> command;
        private final Duration limit;
        private final HealthJudge judge;
        private final Runnable onChange;

        Check(TaskContainer container, JsonNode settings, Runnable onChange) {
            this.onChange = onChange;
            this.container = container;
            this.command = command(settings.path("command"));
            this.limit = Duration.ofSeconds(settings.path("timeout").asInt(5));
            this.judge = new HealthJudge(settings, store.now());
        }

        private static List<String> command(JsonNode settings) {
            List<String> all = new ArrayList<>();
            settings.forEach(s -> all.add(s.asText()));
            String kind = all.remove(0);
            return switch (kind) {
                case "CMD-SHELL" -> List.of("/bin/sh", "-c", String.join(" ", all));
                case "CMD" -> all;
                default -> {
                    all.add(0, kind);
                    yield all;
                }
            };
        }

        void run() {
            if (!container.isRunning()) {
                return;
            }
            boolean healthy =
                    !container.injectedUnhealthy
                            && engine.exec(container.engineId, command, limit).ok();
            store.with(() -> note(healthy));
        }

        private void note(boolean healthy) {
            String before = container.health;
            container.health = judge.after(before, healthy, store.now());
            if (!before.equals(container.health)) {
                onChange.run();
            }
        }
    }
}
