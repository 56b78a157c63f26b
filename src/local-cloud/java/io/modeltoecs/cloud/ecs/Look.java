package io.modeltoecs.cloud.ecs;

import java.util.List;

/** A look at a service at one moment: its tasks then, and when to look again unasked. */
final class Look {
    final Service service;
    final long now;

    /** All of the last hour. */
    final List<Task> tasks;

    private long again = Long.MAX_VALUE;

    Look(Service service, List<Task> tasks, long now) {
        this.service = service;
        this.tasks = List.copyOf(tasks);
        this.now = now;
    }

    /** The tasks that nobody has told to stop. */
    List<Task> wanted() {
        return tasks.stream().filter(Task::isWanted).toList();
    }

    List<Task> wanted(Deployment deployment) {
        return tasks.stream().filter(t -> t.isWanted() && t.isOf(deployment)).toList();
    }

    /** Whether a time is to come; the service is looked at then. */
    boolean isBefore(long time) {
        if (now >= time) {
            return false;
        }
        again = Math.min(again, time);
        return true;
    }

    /** When to look again: milliseconds since the epoch, Long.MAX_VALUE for never. */
    long again() {
        return again;
    }
}
