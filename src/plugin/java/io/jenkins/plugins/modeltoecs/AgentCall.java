package io.jenkins.plugins.modeltoecs;

import hudson.model.TaskListener;
import hudson.remoting.VirtualChannel;
import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import jenkins.MasterToSlaveFileCallable;

/** Runs a task on an agent, and knows there whether it still runs. */
final class AgentCall<T extends Serializable> extends MasterToSlaveFileCallable<T> {
    private static final long serialVersionUID = 1L;

    /** What runs on this machine, by id. */
    private static final Map<String, CountDownLatch> RUNNING = new ConcurrentHashMap<>();

    private final String id;
    private final AgentTask<T> task;
    private final TaskListener listener;

    AgentCall(String id, AgentTask<T> task, TaskListener listener) {
        this.id = id;
        this.task = task;
        this.listener = listener;
    }

    @Override
    public T invoke(File directory, VirtualChannel channel)
            throws IOException, InterruptedException {
        CountDownLatch end = new CountDownLatch(1);
        RUNNING.put(id, end);
        try {
            return task.run(directory.toPath(), listener.getLogger()::println);
        } finally {
            listener.getLogger().flush(); // lines still on their way when the call returns are late
            RUNNING.remove(id);
            end.countDown();
        }
    }

    /**
     * Waits until calls have ended: remoting returns as soon as they are cancelled, while the agent
     * may still be at it.
     */
    static final class AwaitEnd extends MasterToSlaveFileCallable<Boolean> {
        private static final long serialVersionUID = 1L;

        private final TreeSet<String> ids;
        private final long seconds;

        AwaitEnd(TreeSet<String> ids, long seconds) {
            this.ids = ids;
            this.seconds = seconds;
        }

        @Override
        public Boolean invoke(File directory, VirtualChannel channel) throws InterruptedException {
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            for (String id : ids) {
                CountDownLatch end = RUNNING.get(id);
                if (end != null && !end.await(until - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    return false;
                }
            }
            return true;
        }
    }
}
