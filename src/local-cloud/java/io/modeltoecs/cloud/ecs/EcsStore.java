package io.modeltoecs.cloud.ecs;

import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.StateFile;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The state of ECS behind one lock; a change is on disk before the lock is given back. */
final class EcsStore {
    private static final long KEEP_STOPPED_MILLIS = 3_600_000;

    private final StateFile file;
    private final EcsState state;
    private final List<Task> tasks = new ArrayList<>();
    private boolean changed;

    EcsStore(StateFile file) {
        this.file = file;
        this.state = file.load(EcsState.class, EcsState::new);
    }

    /** Does something with the state to itself. */
    synchronized <T> T with(Supplier<T> work) {
        try {
            return work.get();
        } finally {
            if (changed) {
                file.save(state);
                changed = false;
            }
        }
    }

    /** Does something with the state to itself. */
    void with(Runnable work) {
        with(
                () -> {
                    work.run();
                    return null;
                });
    }

    /** Says that what is kept was changed; under the lock. */
    synchronized void changed() {
        changed = true;
    }

    EcsState state() {
        return state;
    }

    /** All tasks, those that ended within the last hour too; under the lock. */
    List<Task> tasks() {
        long oldest = System.currentTimeMillis() - KEEP_STOPPED_MILLIS;
        tasks.removeIf(t -> t.stoppedAt != 0 && t.stoppedAt < oldest);
        return tasks;
    }

    /** A service's tasks; under the lock. */
    List<Task> tasks(Service service) {
        return tasks().stream()
                .filter(t -> service.name.equals(t.service) && t.cluster.equals(service.cluster))
                .toList();
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
