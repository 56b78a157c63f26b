package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.elb.Target;
import io.modeltoecs.cloud.elb.TargetGroups;
import io.modeltoecs.cloud.engine.ContainerSpec;
import io.modeltoecs.cloud.engine.ContainerState;
import io.modeltoecs.cloud.engine.Containers;
import io.modeltoecs.cloud.engine.EngineException;
import io.modeltoecs.cloud.faults.Faults;
import io.modeltoecs.cloud.logs.LogsApi;
import io.modeltoecs.cloud.logs.TaskLogs;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes tasks through their life: images, network, containers, load balancers; and back again. What
 * takes time happens on threads of its own, without the store's lock.
 */
final class TaskRunner implements TaskRuntime, ContainerWatcher.Ends, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TaskRunner.class);
    private static final long POLL_MILLIS = 200;
    private static final String RESOURCE_ERROR = "ResourceInitializationError: ";

    private final EcsStore store;
    private final Containers engine;
    private final Images images;
    private final ContainerSettings settings;
    private final TargetGroups targetGroups;
    private final LogsApi logs;
    private final TaskLogs taskLogs;
    private final ContainerHealth health;
    private final Place place;
    private final Faults faults;
    private final TaskSecrets secrets;
    private final ExecutorService workers = Executors.newCachedThreadPool();
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
    private final Map<Task, ReentrantLock> locks = new ConcurrentHashMap<>();
    private final ContainerWatcher watcher;
    private Listener listener;
    private volatile boolean closed;

    /**
     * Where tasks run.
     *
     * @param network arguments that put a container into the cloud's network
     * @param endpoint the cloud's URL as containers see it
     * @param holderImage the image of a container that only holds a network; null where all share
     *     the machine's
     */
    record Place(List<String> network, String endpoint, String holderImage) {}

    TaskRunner(
            EcsStore store,
            Containers engine,
            Images images,
            ContainerSettings settings,
            TargetGroups targetGroups,
            LogsApi logs,
            TaskLogs taskLogs,
            ContainerHealth health,
            Place place,
            Faults faults,
            TaskSecrets secrets) {
        this.store = store;
        this.engine = engine;
        this.images = images;
        this.settings = settings;
        this.targetGroups = targetGroups;
        this.logs = logs;
        this.taskLogs = taskLogs;
        this.health = health;
        this.place = place;
        this.faults = faults;
        this.secrets = secrets;
        this.watcher = new ContainerWatcher(store, engine, this);
    }

    @Override
    public void setListener(Listener listener) {
        this.listener = listener;
    }

    /**
     * Begins to look after the containers of tasks; first of those that the former process left.
     * What it was starting is started anew, as the same task; what it was stopping is stopped; what
     * ended meanwhile is told.
     */
    void begin() {
        List<Task> before =
                store.with(() -> store.tasks().stream().filter(t -> !t.hasStopped()).toList());
        Set<String> known = new HashSet<>();
        for (Task task : before) {
            locks.put(task, new ReentrantLock());
            store.with(() -> forgetStart(task));
            task.containers.forEach(c -> known.add(c.engineId));
            known.add(task.networkHolder);
        }
        List<String> strangers = new ArrayList<>(engine.labelled(ContainerSettings.TASK_LABEL));
        strangers.removeAll(known);
        engine.remove(strangers);
        before.forEach(this::resume);
        watcher.start();
        targetGroups.onConnectionEnd(watcher::connectionEnded);
    }

    /** A task that was not up yet has no containers that count. */
    private void forgetStart(Task task) {
        if (task.isWanted() && !task.isRunning()) {
            task.networkHolder = null;
            for (TaskContainer container : task.containers) {
                container.engineId = null;
                container.startedAt = 0;
                container.lastStatus = "PENDING";
                container.exitCode = null;
                container.reason = null;
            }
            store.changed(task);
        }
    }

    private void resume(Task task) {
        if (!store.with(task::isWanted)) {
            long drained = store.with(() -> drainedAt(task));
            endLater(task, Math.max(0, drained - store.now()));
        } else if (task.isRunning()) {
            store.with(() -> listener.resumed(task));
            workers.execute(() -> task.containers.forEach(c -> resume(task, c)));
        } else {
            workers.execute(() -> run(task));
        }
    }

    private long drainedAt(Task task) {
        if (!task.lastStatus.equals("DEACTIVATING")) {
            return 0;
        }
        int delay =
                task.targets.keySet().stream()
                        .mapToInt(targetGroups::deregistrationDelay)
                        .max()
                        .orElse(0);
        return task.stoppingAt + TimeUnit.SECONDS.toMillis(delay);
    }

    private void resume(Task task, TaskContainer container) {
        if (!container.isRunning()) {
            return;
        }
        openLog(task, container, container.engineId);
        Optional<ContainerState> state = engine.inspect(container.engineId);
        if (state.isEmpty()) {
            vanished(task, container);
        } else if (state.get().running()) {
            lookAfter(task, container, state.get().pid());
        } else {
            ended(task, container, state.get());
        }
    }

    @Override
    public void start(Task task) {
        store.add(task);
        store.keep(task);
        locks.put(task, new ReentrantLock());
        workers.execute(() -> run(task));
    }

    @Override
    public void stop(Task task, String code, String reason, boolean drain) {
        if (!task.isWanted()) {
            return;
        }
        task.desiredStatus = "STOPPED";
        task.stopCode = code;
        task.stoppedReason = reason;
        task.stoppingAt = store.now();
        int delay = 0;
        for (Map.Entry<String, Target> target : task.targets.entrySet()) {
            if (drain) {
                delay = Math.max(delay, targetGroups.deregistrationDelay(target.getKey()));
                targetGroups.drain(target.getKey(), target.getValue());
            } else {
                targetGroups.forget(target.getKey(), target.getValue());
            }
        }
        if (task.isRunning()) {
            task.lastStatus = delay > 0 ? "DEACTIVATING" : "STOPPING";
        }
        store.changed(task);
        endLater(task, TimeUnit.SECONDS.toMillis(delay));
    }

    private void endLater(Task task, long millis) {
        if (!closed) {
            timer.schedule(() -> workers.execute(() -> end(task)), millis, TimeUnit.MILLISECONDS);
        }
    }

    private void run(Task task) {
        ReentrantLock lock = locks.get(task);
        lock.lock();
        try {
            prepare(task);
            startContainers(task);
            activate(task);
            awaitSlowStart(task);
            store.with(
                    () -> {
                        if (task.isWanted()) {
                            task.lastStatus = "RUNNING";
                            task.startedAt = store.now();
                            listener.running(task);
                            store.changed(task);
                        }
                    });
        } catch (StartFailure e) {
            store.with(() -> failed(task, e));
        } catch (RuntimeException e) {
            if (!closed) {
                LOG.error("Task {} could not be started", task.id, e);
            }
            store.with(() -> failed(task, new StartFailure(null, e.toString())));
        } finally {
            lock.unlock();
        }
    }

    private void failed(Task task, StartFailure failure) {
        if (failure.container() != null) {
            failure.container().reason = failure.getMessage();
        }
        boolean ended = failure.container() == null || task.isFargate();
        stop(
                task,
                "TaskFailedToStart",
                ended ? failure.getMessage() : "Task failed to start",
                false);
    }

    /** What comes before the first container: logs, secrets, images, the shared network. */
    private void prepare(Task task) {
        store.with(
                () -> {
                    task.lastStatus = "PENDING";
                    store.changed(task);
                });
        for (TaskContainer container : task.containers) {
            checkLogs(container);
            container.secrets = secrets.values(container);
        }
        store.with(() -> task.pullStartedAt = store.now());
        for (TaskContainer container : task.containers) {
            faults.pullFailure(task.subject(), container.image())
                    .ifPresent(
                            why -> {
                                throw new StartFailure(
                                        container, "CannotPullContainerError: " + why);
                            });
            String known = store.with(() -> knownDigest(task, container));
            String digest = images.pull(container, known);
            store.with(
                    () -> {
                        container.digest = digest;
                        store.changed(task);
                        keepDigest(task, container);
                    });
        }
        store.with(() -> task.pullStoppedAt = store.now());
        if (task.containers.size() > 1 && place.holderImage() != null && isWanted(task)) {
            holdNetwork(task);
        }
    }

    private void checkLogs(TaskContainer container) {
        JsonNode options = container.definition.at("/logConfiguration/options");
        if (!options.has("awslogs-group")) {
            return;
        }
        String group = options.path("awslogs-group").asText();
        if (options.path("awslogs-create-group").asText().equals("true")) {
            logs.ensureGroup(group);
        }
        if (!logs.hasGroup(group)) {
            throw new StartFailure(
                    null,
                    RESOURCE_ERROR
                            + "failed to validate logger args: create stream has been retried 1"
                            + " times: failed to create Cloudwatch log stream:"
                            + " ResourceNotFoundException: The specified log group does not exist."
                            + " : exit status 1");
        }
    }

    private String knownDigest(Task task, TaskContainer container) {
        ServiceRevision revision = revision(task);
        boolean optedOut =
                container.definition.path("versionConsistency").asText().equals("disabled");
        return revision == null || optedOut ? null : revision.digests.get(container.name);
    }

    private void keepDigest(Task task, TaskContainer container) {
        ServiceRevision revision = revision(task);
        if (revision != null
                && revision.digests.putIfAbsent(container.name, container.digest) == null) {
            store.changed(store.service(task));
        }
    }

    /** What a service's task is of; null for a task of its own. */
    private ServiceRevision revision(Task task) {
        Service service = store.service(task);
        Deployment deployment = service == null ? null : service.deployment(task.deployment);
        return deployment == null ? null : service.revision(deployment);
    }

    /**
     * Containers of one task reach each other on localhost: one that only sleeps has the network.
     */
    private void holdNetwork(Task task) {
        List<String> ports = new ArrayList<>();
        task.containers.forEach(c -> ports.addAll(ContainerSettings.ports(c)));
        ContainerSpec holder =
                new ContainerSpec(
                        settings.name(task) + "-network",
                        place.holderImage(),
                        Map.of(ContainerSettings.TASK_LABEL, task.id),
                        place.network(),
                        ports,
                        Map.of(),
                        null,
                        null,
                        false,
                        List.of(),
                        List.of("--init"),
                        List.of("sleep"),
                        List.of("infinity"));
        try {
            String id = engine.run(holder);
            store.with(
                    () -> {
                        task.networkHolder = id;
                        store.changed(task);
                    });
        } catch (EngineException e) {
            throw new StartFailure(null, "CannotCreateContainerError: network: " + e.getMessage());
        }
    }

    /** Definition order, each container after those that it depends on. */
    private static List<TaskContainer> startOrder(Task task) {
        List<TaskContainer> order = new ArrayList<>();
        task.containers.forEach(c -> addAfterDependencies(task, c, order, new ArrayList<>()));
        return order;
    }

    private static void addAfterDependencies(
            Task task, TaskContainer container, List<TaskContainer> order, List<String> path) {
        if (order.contains(container) || path.contains(container.name)) {
            return;
        }
        path.add(container.name);
        for (JsonNode d : container.definition.path("dependsOn")) {
            addAfterDependencies(
                    task, task.container(d.path("containerName").asText()), order, path);
        }
        order.add(container);
    }

    /** Starts each container as soon as its dependencies let it. */
    private void startContainers(Task task) {
        List<TaskContainer> waiting = startOrder(task);
        while (!waiting.isEmpty() && isWanted(task)) {
            if (!waiting.removeIf(container -> isDone(task, container))) {
                pause();
            }
        }
    }

    /** Starts a container, or gives it up, if it is time for either. */
    private boolean isDone(Task task, TaskContainer container) {
        Optional<String> failure =
                store.with(() -> Dependencies.failure(task, container, store.now()));
        if (failure.isPresent()) {
            giveUp(task, container, failure.get());
            return true;
        }
        boolean ready = store.with(() -> Dependencies.hold(task, container));
        if (ready) {
            startContainer(task, container);
        }
        return ready;
    }

    /** A task lives on without a container that it does not need. */
    private void giveUp(Task task, TaskContainer container, String why) {
        if (container.essential) {
            throw new StartFailure(container, why);
        }
        store.with(
                () -> {
                    container.lastStatus = "STOPPED";
                    container.reason = why;
                    store.changed(task);
                });
    }

    /** What a load balancer is told of is ACTIVATING until it is RUNNING. */
    private void activate(Task task) {
        store.with(
                () -> {
                    ServiceRevision revision = revision(task);
                    if (task.isWanted()
                            && revision != null
                            && !revision.loadBalancers().isEmpty()) {
                        task.lastStatus = "ACTIVATING";
                        store.changed(task);
                    }
                });
    }

    private void awaitSlowStart(Task task) {
        long end =
                System.currentTimeMillis()
                        + TimeUnit.SECONDS.toMillis(faults.slowStart(task.subject()));
        while (System.currentTimeMillis() < end && isWanted(task)) {
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure(null, "interrupted");
        }
    }

    private void startContainer(Task task, TaskContainer container) {
        if (!isWanted(task)) {
            return;
        }
        boolean shared = task.networkHolder != null;
        List<String> network =
                shared ? List.of("--network", "container:" + task.networkHolder) : place.network();
        List<String> ports = shared ? List.of() : ContainerSettings.ports(container);
        ContainerSpec spec = settings.spec(task, container, network, ports, place.endpoint());
        String id;
        try {
            id = engine.run(spec);
        } catch (EngineException e) {
            engine.remove(List.of(spec.name()));
            String last = e.getMessage().strip().lines().reduce("", (a, b) -> b);
            throw new StartFailure(container, "CannotStartContainerError: " + last);
        }
        Optional<ContainerState> state = engine.inspect(id);
        Map<String, Integer> hostPorts =
                (shared ? engine.inspect(task.networkHolder) : state)
                        .map(ContainerState::ports)
                        .orElse(Map.of());
        openLog(task, container, id);
        store.with(
                () -> {
                    container.engineId = id;
                    container.startedAt = store.now();
                    container.hostPorts = hostPorts;
                    container.lastStatus = "RUNNING";
                    store.changed(task);
                });
        lookAfter(task, container, state.map(ContainerState::pid).orElse(0L));
    }

    private void lookAfter(Task task, TaskContainer container, long pid) {
        health.watch(
                container,
                () -> {
                    store.changed(task);
                    listener.healthChanged(task);
                });
        watcher.watch(task, container, pid);
    }

    private void openLog(Task task, TaskContainer container, String engineId) {
        logStream(task, container)
                .ifPresent(s -> logs.openStream(logGroup(container), s, engineId));
    }

    private static String logGroup(TaskContainer container) {
        return container.definition.at("/logConfiguration/options/awslogs-group").asText();
    }

    private static Optional<String> logStream(Task task, TaskContainer container) {
        JsonNode options = container.definition.at("/logConfiguration/options");
        if (!options.has("awslogs-group")) {
            return Optional.empty();
        }
        String prefix = options.path("awslogs-stream-prefix").asText("");
        String stream = container.name + "/" + task.id;
        return Optional.of(prefix.isEmpty() ? stream : prefix + "/" + stream);
    }

    private boolean isWanted(Task task) {
        return store.with(task::isWanted);
    }

    @Override
    public void processGone(Task task, TaskContainer container) {
        if (container.essential) {
            store.with(() -> task.targets.forEach(targetGroups::drain));
        }
    }

    @Override
    public void vanished(Task task, TaskContainer container) {
        store.with(
                () -> {
                    if (!container.hasStopped()) {
                        container.lastStatus = "STOPPED";
                        store.changed(task);
                        essentialEnded(task, container);
                    }
                });
    }

    @Override
    public void ended(Task task, TaskContainer container, ContainerState state) {
        store.with(
                () -> {
                    if (container.hasStopped()) {
                        return;
                    }
                    record(container, state);
                    store.changed(task);
                    essentialEnded(task, container);
                });
    }

    private void essentialEnded(Task task, TaskContainer container) {
        if (container.essential) {
            stop(task, "EssentialContainerExited", "Essential container in task exited", false);
        }
    }

    private static void record(TaskContainer container, ContainerState state) {
        container.lastStatus = "STOPPED";
        if (container.injectedVanishing) {
            return;
        }
        container.exitCode =
                Objects.requireNonNullElse(container.injectedExitCode, state.exitCode());
        if (state.outOfMemory() || container.injectedOutOfMemory) {
            container.reason = "OutOfMemoryError: Container killed due to memory usage";
        }
    }

    private void end(Task task) {
        ReentrantLock lock = locks.get(task);
        lock.lock();
        try {
            store.with(
                    () -> {
                        if (task.lastStatus.equals("DEACTIVATING")) {
                            task.lastStatus = "STOPPING";
                        }
                        task.targets.forEach(targetGroups::forget);
                        store.changed(task);
                    });
            List<TaskContainer> reverse = new ArrayList<>(startOrder(task));
            Collections.reverse(reverse);
            for (TaskContainer container : reverse) {
                endContainer(task, container);
            }
            if (task.hasOwnNetwork()) {
                store.with(() -> task.lastStatus = "DEPROVISIONING");
            }
            removeRest(task);
            store.with(
                    () -> {
                        task.lastStatus = "STOPPED";
                        task.stoppedAt = store.now();
                        store.changed(task);
                        store.stopped(task);
                        listener.stopped(task);
                    });
        } catch (RuntimeException e) {
            LOG.error("Task {} could not be stopped cleanly", task.id, e);
        } finally {
            lock.unlock();
            locks.remove(task);
        }
    }

    private void endContainer(Task task, TaskContainer container) {
        health.forget(container);
        if (container.engineId == null) {
            store.with(() -> container.lastStatus = "STOPPED");
            return;
        }
        if (container.isRunning()) {
            engine.stop(container.engineId, container.stopTimeoutSeconds());
        }
        Optional<ContainerState> state = engine.inspect(container.engineId);
        // Before it is removed: the watcher takes one that is gone for vanished.
        store.with(
                () -> {
                    if (!container.hasStopped()) {
                        state.ifPresent(s -> record(container, s));
                        container.lastStatus = "STOPPED";
                    }
                });
        logStream(task, container).ifPresent(s -> taskLogs.ended(logGroup(container), s));
        if (!closed) {
            engine.remove(List.of(container.engineId));
        }
    }

    private void removeRest(Task task) {
        if (task.networkHolder != null) {
            engine.remove(List.of(task.networkHolder));
        }
        for (JsonNode volume : task.definition.path("volumes")) {
            if (!volume.path("host").has("sourcePath")) {
                String name = settings.name(task) + "-" + volume.path("name").asText();
                engine.removeVolume(name);
            }
        }
    }

    /** Keeps what running containers have printed, though they should be removed meanwhile. */
    void saveLogs() {
        List<Task> all = store.with(() -> List.copyOf(store.tasks()));
        for (Task task : all) {
            for (TaskContainer container : task.containers) {
                if (container.isRunning()) {
                    logStream(task, container)
                            .ifPresent(s -> taskLogs.ended(logGroup(container), s));
                }
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        watcher.close();
        timer.shutdownNow();
        workers.shutdownNow();
    }
}
