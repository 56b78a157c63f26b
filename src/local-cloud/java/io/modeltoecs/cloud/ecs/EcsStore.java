package io.modeltoecs.cloud.ecs;

import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.StateFile;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The state of ECS behind one lock; a change is on disk before the lock is given back. It knows
 * which services are due for a look of the controller, so that a round looks at no others.
 */
final class EcsStore {
    private static final String SERVICES = "services";
    static final String TASKS = "tasks";
    private static final long KEEP_STOPPED_MILLIS = 3_600_000;

    private final StateFile file;
    private final EcsState state;
    private final InstantSource clock;
    private final Map<String, Task> tasks = new LinkedHashMap<>();
    private final Map<String, List<Task>> byService = new HashMap<>();
    private final Deque<Task> stopped = new ArrayDeque<>();
    private final Set<Service> due = new LinkedHashSet<>();
    private Runnable onDue = () -> {};
    private final Set<Service> unsaved = new LinkedHashSet<>();
    private final Set<Task> kept = new HashSet<>();
    private final Set<Task> unsavedTasks = new LinkedHashSet<>();
    private boolean changed;
    private boolean closed;

    EcsStore(StateFile file, InstantSource clock) {
        this.file = file;
        this.state = file.load(EcsState.class, EcsState::new);
        this.clock = clock;
        for (Service service : file.loadBeside(SERVICES, Service.class)) {
            Cluster cluster = state.clusters.get(service.cluster);
            if (cluster != null) {
                cluster.services.put(service.name, service);
            }
        }
        file.loadBeside(TASKS, Task.class).stream()
                .sorted(Comparator.comparingLong(t -> t.createdAt))
                .forEach(this::addKept);
        tasks.values().stream()
                .filter(Task::hasStopped)
                .sorted(Comparator.comparingLong(t -> t.stoppedAt))
                .forEach(stopped::add);
    }

    private void addKept(Task task) {
        add(task);
        kept.add(task);
    }

    /** The present in milliseconds since the epoch. */
    long now() {
        return clock.millis();
    }

    /** Does something with the state to itself. */
    synchronized <T> T with(Supplier<T> work) {
        try {
            return work.get();
        } finally {
            if (!closed) {
                save();
            }
        }
    }

    private void save() {
        if (changed) {
            file.save(state);
            changed = false;
        }
        // Each in a file of its own: what is written is what was changed.
        for (Service service : unsaved) {
            file.beside(SERVICES, service.cluster + "." + service.name).save(service);
        }
        unsaved.clear();
        unsavedTasks.forEach(t -> file.beside(TASKS, t.id).save(t));
        unsavedTasks.clear();
    }

    /** What is changed from now on is not kept: it comes of the end of this process. */
    synchronized void close() {
        closed = true;
    }

    /** Does something with the state to itself. */
    void with(Runnable work) {
        with(
                () -> {
                    work.run();
                    return null;
                });
    }

    /** Says that clusters or task definitions were changed; under the lock. */
    synchronized void changed() {
        changed = true;
    }

    /** Says that a service was changed: it is kept, and looked at soon. Under the lock. */
    void changed(Service service) {
        unsaved.add(service);
        wake(service);
    }

    /** Says that a task is to be kept over a restart; under the lock. */
    void keep(Task task) {
        kept.add(task);
        unsavedTasks.add(task);
    }

    /** Says that a task was changed; under the lock. */
    void changed(Task task) {
        if (kept.contains(task)) {
            unsavedTasks.add(task);
        }
    }

    /** Makes a service due for a look, as something it depends on was changed; under the lock. */
    void wake(Service service) {
        if (due.add(service)) {
            onDue.run();
        }
    }

    /** What is called, under the lock, when a service becomes due, or is so already. */
    void onDue(Runnable action) {
        onDue = action;
        if (hasDue()) {
            action.run();
        }
    }

    /** The services that are due; they are not any more. Under the lock. */
    List<Service> takeDue() {
        List<Service> all = List.copyOf(due);
        due.clear();
        return all;
    }

    boolean hasDue() {
        return !due.isEmpty();
    }

    EcsState state() {
        return state;
    }

    /** Takes a new task in; under the lock. */
    void add(Task task) {
        forgetOld();
        tasks.put(task.id, task);
        if (task.service != null) {
            byService
                    .computeIfAbsent(key(task.cluster, task.service), k -> new ArrayList<>())
                    .add(task);
        }
    }

    /** Says that a task has stopped: it is forgotten an hour later. Under the lock. */
    void stopped(Task task) {
        stopped.add(task);
    }

    private void forgetOld() {
        long oldest = now() - KEEP_STOPPED_MILLIS;
        while (!stopped.isEmpty() && stopped.peek().stoppedAt < oldest) {
            Task task = stopped.poll();
            tasks.remove(task.id);
            unsavedTasks.remove(task);
            if (kept.remove(task)) {
                file.beside(TASKS, task.id).delete();
            }
            if (task.service != null) {
                String key = key(task.cluster, task.service);
                List<Task> others = byService.get(key);
                others.remove(task);
                if (others.isEmpty()) {
                    byService.remove(key);
                }
            }
        }
    }

    private static String key(String cluster, String service) {
        return cluster + "/" + service;
    }

    /** All tasks, those that ended within the last hour too; under the lock. */
    Collection<Task> tasks() {
        forgetOld();
        return tasks.values();
    }

    /** A task by its id; null where there is none. Under the lock. */
    Task task(String id) {
        return tasks.get(id);
    }

    /** A service's tasks; under the lock. */
    List<Task> tasks(Service service) {
        forgetOld();
        return Collections.unmodifiableList(
                byService.getOrDefault(key(service.cluster, service.name), List.of()));
    }

    /** The service of a task; null where it has none. Under the lock. */
    Service service(Task task) {
        Cluster cluster = state.clusters.get(task.cluster);
        return task.service == null || cluster == null ? null : cluster.services.get(task.service);
    }

    /**
     * A cluster by name or ARN; {@code default} where neither is given.
     *
     * @throws AwsError ClusterNotFoundException
     */
    Cluster cluster(String nameOrArn) {
        String name = nameOrArn.isEmpty() ? "default" : nameOrArn;
        Cluster cluster = state.clusters.get(name.substring(name.indexOf('/') + 1));
        if (cluster == null) {
            throw AwsError.of("ClusterNotFoundException", "Cluster not found.");
        }
        if (!cluster.status.equals("ACTIVE")) {
            throw AwsError.of("ClusterNotFoundException", "The referenced cluster was inactive.");
        }
        return cluster;
    }
}
