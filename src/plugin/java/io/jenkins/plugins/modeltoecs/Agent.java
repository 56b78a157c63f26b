package io.jenkins.plugins.modeltoecs;

import hudson.FilePath;
import hudson.model.TaskListener;
import hudson.remoting.ChannelClosedException;
import hudson.remoting.RequestAbortedException;
import java.io.IOException;
import java.io.Serializable;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The current directory of a step on its agent, with the calls that are made there. */
final class Agent {
    private final FilePath directory;
    private final TaskListener listener;

    /** What has been asked of it and isn't known to have ended. */
    private final Set<String> calls = ConcurrentHashMap.newKeySet();

    Agent(FilePath directory, TaskListener listener) {
        this.directory = directory;
        this.listener = listener;
    }

    FilePath directory() {
        return directory;
    }

    /** Runs a task there; when this thread is interrupted, the task's thread is, too. */
    <T extends Serializable> T run(AgentTask<T> task) throws IOException, InterruptedException {
        String id = UUID.randomUUID().toString();
        calls.add(id);
        T result = directory.act(new AgentCall<>(id, task, listener));
        calls.remove(id);
        return result;
    }

    /**
     * Waits until the tasks that were interrupted have ended.
     *
     * @return whether they have, within that time
     */
    boolean awaitEnd(long seconds) throws IOException, InterruptedException {
        return calls.isEmpty()
                || directory.act(new AgentCall.AwaitEnd(new TreeSet<>(calls), seconds));
    }

    /** Whether a failed call tells only that the connection to the agent is lost. */
    static boolean isLost(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof ChannelClosedException || t instanceof RequestAbortedException) {
                return true;
            }
        }
        return false;
    }
}
