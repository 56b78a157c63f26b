package io.modeltoecs.cloud.ecs;

import io.modeltoecs.cloud.engine.ContainerEngine;
import io.modeltoecs.cloud.engine.ContainerState;
import io.modeltoecs.cloud.engine.EngineException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notices containers that end: at once by the engine's events, and by looking now and then. */
final class ContainerWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ContainerWatcher.class);
    private static final long LOOK_SECONDS = 3;

    private final EcsStore store;
    private final ContainerEngine engine;
    private final TaskRunner runner;
    private final ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor();
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile Process events;
    private volatile boolean closed;

    ContainerWatcher(EcsStore store, ContainerEngine engine, TaskRunner runner) {
        this.store = store;
        this.engine = engine;
        this.runner = runner;
    }

    void start() {
        Thread reader = new Thread(this::readEvents, "engine-events");
        reader.setDaemon(true);
        reader.start();
        looks.scheduleWithFixedDelay(this::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    }

    private void readEvents() {
        try {
            events = engine.events().redirectError(ProcessBuilder.Redirect.DISCARD).start();
            try (BufferedReader lines =
                    new BufferedReader(
                            new InputStreamReader(
                                    events.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    LOG.debug("{}", line);
                    if (!closed && asked.compareAndSet(false, true)) {
                        looks.execute(this::look);
                    }
                }
            }
        } catch (IOException e) {
            LOG.warn("No events of the engine: ended containers are seen some seconds late", e);
        }
    }

    private record Running(Task task, TaskContainer container) {}

    private void look() {
        asked.set(false);
        try {
            List<Running> supposed = store.with(this::supposed);
            if (supposed.isEmpty()) {
                return;
            }
            Set<String> running = new HashSet<>(engine.running());
            for (Running one : supposed) {
                if (!running.contains(one.container().engineId)) {
                    engine.inspect(one.container().engineId)
                            .ifPresentOrElse(
                                    s -> ended(one, s),
                                    () -> runner.containerVanished(one.task(), one.container()));
                }
            }
        } catch (EngineException e) {
            LOG.warn("The engine does not answer: {}", e.getMessage());
        }
    }

    private void ended(Running one, ContainerState state) {
        if (!state.running()) {
            runner.containerEnded(one.task(), one.container(), state);
        }
    }

    private List<Running> supposed() {
        List<Running> all = new ArrayList<>();
        for (Task task : store.tasks()) {
            for (TaskContainer container : task.containers) {
                if (container.isRunning() && !task.hasStopped()) {
                    all.add(new Running(task, container));
                }
            }
        }
        return all;
    }

    @Override
    public void close() {
        closed = true;
        looks.shutdownNow();
        if (events != null) {
            events.destroy();
        }
    }
}
