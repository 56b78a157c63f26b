package io.modeltoecs.cloud.ecs;

import io.modeltoecs.cloud.engine.ContainerState;
import io.modeltoecs.cloud.engine.Containers;
import io.modeltoecs.cloud.engine.EngineException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices containers that end. Where their processes are on this machine it looks whether these are
 * there, every few milliseconds and whenever a connection to a target ends: a load balancer that
 * repeats nothing must not send to one that is gone. Else by the engine's events, and by asking the
 * engine now and then.
 */
final class ContainerWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ContainerWatcher.class);
    private static final long LOOK_SECONDS = 3;
    private static final long PROCESS_MILLIS = 10;
    private static final Path PROCESSES = Path.of("/proc");

    // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, and PF_EXITING of linux/sched.h
    private static final int STAT_FLAGS = 6;
    private static final long FLAG_EXITING = 0x4;

    private final EcsStore store;
    private final Containers engine;
    private final Ends ends;
    private final ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledExecutorService processes = Executors.newSingleThreadScheduledExecutor();
    private final Map<Path, Running> watched = new ConcurrentHashMap<>();
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile Process events;
    private volatile boolean closed;

    /** What is told of containers that ended. */
    interface Ends {

        /** Its process is gone; what it ended with is not known yet. */
        void processGone(Task task, TaskContainer container);

        /** The engine says that it does not run any more. */
        void ended(Task task, TaskContainer container, ContainerState state);

        /** The engine has it no more, and with it what it ended with. */
        void vanished(Task task, TaskContainer container);
    }

    ContainerWatcher(EcsStore store, Containers engine, Ends ends) {
        this.store = store;
        this.engine = engine;
        this.ends = ends;
    }

    /** Watches the process of a container, where it is on this machine. */
    void watch(Task task, TaskContainer container, long pid) {
        Path process = PROCESSES.resolve(Long.toString(pid));
        if (pid > 0 && Files.exists(process)) {
            watched.put(process, new Running(task, container));
        }
    }

    private void lookAtProcesses(Predicate<Path> ended) {
        for (Map.Entry<Path, Running> one : watched.entrySet()) {
            if (ended.test(one.getKey()) && watched.remove(one.getKey(), one.getValue())) {
                ends.processGone(one.getValue().task(), one.getValue().container());
                askForLook();
            }
        }
    }

    /** A process closes its connections as it ends, some time before it is gone. */
    void connectionEnded() {
        lookAtProcesses(ContainerWatcher::isEnding);
    }

    private static boolean isEnding(Path process) {
        try (Stream<Path> threads = Files.list(process.resolve("task"))) {
            return threads.allMatch(ContainerWatcher::threadIsEnding);
        } catch (IOException | UncheckedIOException e) {
            return true;
        }
    }

    private static boolean threadIsEnding(Path thread) {
        try {
            String stat = Files.readString(thread.resolve("stat"));
            String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return (Long.parseLong(afterName[STAT_FLAGS]) & FLAG_EXITING) != 0;
        } catch (IOException e) {
            return true;
        }
    }

    private void askForLook() {
        if (!closed && asked.compareAndSet(false, true)) {
            looks.execute(this::look);
        }
    }

    void start() {
        Thread reader = new Thread(this::readEvents, "engine-events");
        reader.setDaemon(true);
        reader.start();
        looks.scheduleWithFixedDelay(this::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
        processes.scheduleWithFixedDelay(
                () -> lookAtProcesses(Files::notExists),
                PROCESS_MILLIS,
                PROCESS_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    private void readEvents() {
        try {
            Optional<ProcessBuilder> told = engine.events();
            if (told.isEmpty()) {
                return;
            }
            events = told.get().redirectError(ProcessBuilder.Redirect.DISCARD).start();
            try (BufferedReader lines =
                    new BufferedReader(
                            new InputStreamReader(
                                    events.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    LOG.debug("{}", line);
                    askForLook();
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
                                    () -> ends.vanished(one.task(), one.container()));
                }
            }
        } catch (EngineException e) {
            LOG.warn("The engine does not answer: {}", e.getMessage());
        }
    }

    private void ended(Running one, ContainerState state) {
        if (!state.running()) {
            ends.ended(one.task(), one.container(), state);
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
        processes.shutdownNow();
        if (events != null) {
            try {
                events.getOutputStream().close();
            } catch (IOException e) {
                events.destroy();
            }
        }
    }
}
