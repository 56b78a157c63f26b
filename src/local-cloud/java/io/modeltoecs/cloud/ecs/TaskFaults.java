package io.modeltoecs.cloud.ecs;

import io.modeltoecs.cloud.elb.TargetGroups;
import io.modeltoecs.cloud.engine.Containers;
import io.modeltoecs.cloud.faults.Faults;
import io.modeltoecs.cloud.faults.TaskFault;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets running tasks go wrong when their time has come. */
final class TaskFaults implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TaskFaults.class);
    private static final long LOOK_MILLIS = 300;
    private static final long SECOND_MILLIS = 1000;

    private final EcsStore store;
    private final Containers engine;
    private final TaskRunner runner;
    private final TargetGroups targetGroups;
    private final Faults faults;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    TaskFaults(
            EcsStore store,
            Containers engine,
            TaskRunner runner,
            TargetGroups targetGroups,
            Faults faults) {
        this.store = store;
        this.engine = engine;
        this.runner = runner;
        this.targetGroups = targetGroups;
        this.faults = faults;
    }

    void start() {
        timer.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private record Due(Task task, TaskFault fault) {}

    private void look() {
        try {
            if (faults.concernRunningTasks()) {
                store.with(this::due).forEach(d -> befall(d.task(), d.fault()));
            }
        } catch (RuntimeException e) {
            LOG.error("A fault could not be injected", e);
        }
    }

    private List<Due> due() {
        List<Due> due = new ArrayList<>();
        for (Task task : store.tasks()) {
            if (task.isRunning() && task.isWanted()) {
                long seconds = (System.currentTimeMillis() - task.startedAt) / SECOND_MILLIS;
                faults.running(task.subject(), seconds).forEach(f -> due.add(new Due(task, f)));
            }
        }
        return due;
    }

    private void befall(Task task, TaskFault fault) {
        TaskContainer container = container(task, fault.container());
        if (container == null || container.engineId == null) {
            return;
        }
        String id = container.engineId;
        LOG.warn("Fault: {} befalls task {}, container {}", fault.what(), task.id, container.name);
        switch (fault.what()) {
            case EXITS -> {
                store.with(() -> container.injectedExitCode = fault.exitCode());
                engine.kill(id);
            }
            case OUT_OF_MEMORY -> {
                store.with(() -> container.injectedOutOfMemory = true);
                engine.kill(id);
            }
            case HANGS -> engine.freeze(id);
            case VANISHES -> {
                // The engine kills what it removes, which may be seen first.
                store.with(() -> task.containers.forEach(c -> c.injectedVanishing = true));
                engine.remove(task.containers.stream().map(c -> c.engineId).toList());
            }
            default ->
                    store.with(
                            () -> {
                                container.injectedUnhealthy = true;
                                task.targets.forEach(targetGroups::failChecks);
                            });
        }
    }

    private static TaskContainer container(Task task, String name) {
        return name.isEmpty()
                ? task.containers.stream().filter(c -> c.essential).findFirst().orElse(null)
                : task.container(name);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
