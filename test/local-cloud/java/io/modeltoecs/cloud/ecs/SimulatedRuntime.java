package io.modeltoecs.cloud.ecs;

import io.modeltoecs.cloud.elb.Target;
import io.modeltoecs.cloud.elb.TargetHealth;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** Runs tasks in name only: each does what a test says of its image, at its time. */
final class SimulatedRuntime implements TaskRuntime {
    private final EcsStore store;
    private final InstantSource clock;
    private final SimulatedBalancer balancer;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Map<String, Behaviour> behaviours = new HashMap<>();
    final List<Task> started = new ArrayList<>();
    private Listener listener;
    private long sequence;
    private int port = 10_000;

    /** What tasks of an image do; times are milliseconds after the former event. */
    record Behaviour(
            long startMillis,
            String startFailure,
            long healthMillis,
            String containerHealth,
            TargetHealth targetHealth,
            long exitMillis,
            long stopMillis) {
        /** Runs after 1 s, is healthy 1 s later, and stops within 1 s. */
        static final Behaviour GOOD =
                new Behaviour(1000, null, 1000, "HEALTHY", SimulatedBalancer.HEALTHY, 0, 1000);

        Behaviour failsToStart(String reason) {
            return new Behaviour(startMillis, reason, healthMillis, null, null, 0, stopMillis);
        }

        Behaviour unhealthyTarget() {
            return new Behaviour(
                    startMillis,
                    null,
                    healthMillis,
                    "HEALTHY",
                    SimulatedBalancer.UNHEALTHY,
                    0,
                    stopMillis);
        }

        Behaviour unhealthyContainer() {
            return new Behaviour(
                    startMillis,
                    null,
                    healthMillis,
                    "UNHEALTHY",
                    SimulatedBalancer.HEALTHY,
                    0,
                    stopMillis);
        }

        Behaviour healthyAfter(long millis) {
            return new Behaviour(
                    startMillis, null, millis, containerHealth, targetHealth, exitMillis, stopMillis);
        }

        Behaviour exitsAfter(long millis) {
            return new Behaviour(
                    startMillis, null, healthMillis, containerHealth, targetHealth, millis, stopMillis);
        }
    }

    private record Event(long time, long sequence, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return time == other.time
                    ? Long.compare(sequence, other.sequence)
                    : Long.compare(time, other.time);
        }
    }

    SimulatedRuntime(EcsStore store, InstantSource clock, SimulatedBalancer balancer) {
        this.store = store;
        this.clock = clock;
        this.balancer = balancer;
    }

    void behave(String image, Behaviour behaviour) {
        behaviours.put(image, behaviour);
    }

    /** When the next thing happens; Long.MAX_VALUE for never. */
    long next() {
        return events.isEmpty() ? Long.MAX_VALUE : events.peek().time;
    }

    /** Lets everything happen whose time has come. */
    void happen() {
        while (next() <= clock.millis()) {
            events.poll().what.run();
        }
    }

    private void after(long millis, Runnable what) {
        events.add(new Event(clock.millis() + millis, sequence++, () -> store.with(what)));
    }

    @Override
    public void setListener(Listener listener) {
        this.listener = listener;
    }

    @Override
    public void start(Task task) {
        store.add(task);
        started.add(task);
        Behaviour behaviour =
                behaviours.getOrDefault(task.containers.get(0).image(), Behaviour.GOOD);
        task.lastStatus = "PENDING";
        after(behaviour.startMillis, () -> run(task, behaviour));
    }

    private void run(Task task, Behaviour behaviour) {
        if (!task.isWanted()) {
            return;
        }
        if (behaviour.startFailure != null) {
            task.containers.get(0).reason = behaviour.startFailure;
            end(task, "TaskFailedToStart", "Task failed to start");
            return;
        }
        int own = port++;
        for (TaskContainer container : task.containers) {
            container.lastStatus = "RUNNING";
            container.hostPorts = Map.of("8080/tcp", own);
        }
        task.lastStatus = "RUNNING";
        task.startedAt = clock.millis();
        listener.running(task);
        after(behaviour.healthMillis, () -> judge(task, behaviour));
        if (behaviour.exitMillis > 0) {
            after(behaviour.exitMillis, () -> exit(task));
        }
    }

    private void judge(Task task, Behaviour behaviour) {
        if (task.isWanted()) {
            health(task, behaviour.containerHealth);
            target(task, behaviour.targetHealth);
        }
    }

    /** Makes a task's checked containers healthy or not. */
    void health(Task task, String health) {
        for (TaskContainer container : task.containers) {
            if (container.hasHealthCheck()) {
                container.health = health;
                listener.healthChanged(task);
            }
        }
    }

    /** Makes a task's targets healthy or not. */
    void target(Task task, TargetHealth health) {
        for (Target target : task.targets.values()) {
            balancer.set(target, health);
        }
    }

    /** Lets a task's container end by itself. */
    void exit(Task task) {
        if (task.isRunning()) {
            task.containers.get(0).exitCode = 1;
            end(task, "EssentialContainerExited", "Essential container in task exited");
        }
    }

    private void end(Task task, String code, String reason) {
        stop(task, code, reason, false);
    }

    @Override
    public void stop(Task task, String code, String reason, boolean drain) {
        if (!task.isWanted()) {
            return;
        }
        task.desiredStatus = "STOPPED";
        task.stopCode = code;
        task.stoppedReason = reason;
        task.stoppingAt = clock.millis();
        long delay = 0;
        for (Map.Entry<String, Target> target : task.targets.entrySet()) {
            if (drain) {
                delay = Math.max(delay, balancer.deregistrationDelay(target.getKey()));
                balancer.drain(target.getKey(), target.getValue());
            } else {
                balancer.forget(target.getKey(), target.getValue());
            }
        }
        if (task.isRunning()) {
            task.lastStatus = delay > 0 ? "DEACTIVATING" : "STOPPING";
        }
        Behaviour behaviour =
                behaviours.getOrDefault(task.containers.get(0).image(), Behaviour.GOOD);
        after(delay * 1000 + (drain ? behaviour.stopMillis : 0), () -> stopped(task));
    }

    private void stopped(Task task) {
        task.targets.forEach(balancer::forget);
        task.containers.forEach(c -> c.lastStatus = "STOPPED");
        task.lastStatus = "STOPPED";
        task.stoppedAt = clock.millis();
        store.stopped(task);
        listener.stopped(task);
    }
}
