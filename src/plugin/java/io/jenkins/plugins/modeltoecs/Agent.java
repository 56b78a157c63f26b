package io.jenkins.plugins.modeltoecs;

import hudson.FilePath;
import hudson.model.TaskListener;
import hudson.remoting.ChannelClosedException;
import hudson.remoting.RequestAbortedException;
import java.io.IOException;
import java.io.Serializable;
import java.util.UUID;

/** The current directory of a step on its agent, with the calls that are made there. */
final class Agent {
    private final FilePath directory;
    private final TaskListener listener;
    private volatile String lastCall;

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
        lastCall = id;
        return directory.act(new AgentCall<>(id, task, listener));
    }

    /**
     * Waits until a task that was interrupted has ended.
     *
     * @return whether it has, within that time
     */
    boolean awaitEnd(long seconds) throws IOException, InterruptedException {
        return lastCall == null || directory.act(new AgentCall.AwaitEnd(lastCall, seconds));
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
