package io.jenkins.plugins.modeltoecs;

import hudson.EnvVars;
import hudson.FilePath;
import hudson.Launcher;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jenkins.util.Timer;
import org.jenkinsci.plugins.workflow.FilePathUtils;
import org.jenkinsci.plugins.workflow.steps.StepContext;

/**
 * A step that works where the files are. It keeps which node and directory that is; after a restart
 * of the controller or a lost connection it finds them again and goes on with its phase. A step
 * that is stopped ends when its agent has let go of it, or after a minute.
 */
abstract class AgentExecution extends EngineExecution {
    private static final long serialVersionUID = 1L;

    private static final int SOON_MILLIS = 250;
    private static final int LATE_MILLIS = 15_000;
    private static final long LET_GO_SECONDS = 30;
    private static final long STOP_SECONDS = 60;

    private static final List<String> KEYS =
            List.of("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN");

    private String node;
    private String directory;

    private transient volatile int pauseMillis;
    private transient Thread worker;
    private transient Throwable stopCause;

    AgentExecution(ParameterizedStep step, StepContext context) {
        super(step, context);
    }

    /** Reads the options, to see whether they are right. */
    abstract void checkOptions() throws Exception;

    /** Does what the current phase has to do, on a thread that {@link #stop} interrupts. */
    abstract void proceed(Agent agent) throws Exception;

    /**
     * The step was stopped: takes back what nobody is waiting for any more.
     *
     * @param agent or null if it can't be reached
     */
    abstract void letGo(Agent agent) throws Exception;

    @Override
    public final boolean start() throws Exception {
        check(this::checkOptions);
        FilePath current = getContext().get(FilePath.class);
        node = FilePathUtils.getNodeName(current);
        directory = current.getRemote();
        goOnSoon();
        return false;
    }

    @Override
    public final void onResume() {
        goOnSoon();
    }

    /** Goes on at once. */
    final void goOnSoon() {
        pauseMillis = SOON_MILLIS;
        inBackground(this::goOn);
    }

    /** Goes on a little later than the last time. */
    final void goOnLater() {
        pauseMillis = Math.min(LATE_MILLIS, Math.max(SOON_MILLIS, pauseMillis * 6 / 5));
        Timer.get().schedule(() -> inBackground(this::goOn), pauseMillis, TimeUnit.MILLISECONDS);
    }

    /** Goes on soon again: something happens. */
    final void hurry() {
        pauseMillis = SOON_MILLIS;
    }

    /**
     * The environment of the enclosing block, less its AWS keys: these stay on the controller. With
     * Jenkins' proxy, where it names none.
     */
    final EnvVars agentEnvironment() throws IOException, InterruptedException {
        EnvVars environment = new EnvVars(environment());
        environment.keySet().removeAll(KEYS);
        WayOut.complete(environment);
        return environment;
    }

    final Launcher launcher() throws IOException, InterruptedException {
        return getContext().get(Launcher.class);
    }

    private void goOn() throws Exception {
        synchronized (this) {
            if (stopCause != null || hasEnded()) {
                return;
            }
            worker = Thread.currentThread();
        }
        Agent agent = null;
        try {
            agent = agent();
            if (agent == null) {
                goOnLater();
            } else {
                proceed(agent);
            }
        } catch (Exception | LinkageError e) {
            failed(e, agent);
        } finally {
            synchronized (this) {
                worker = null;
                if (stopCause != null) {
                    Thread.interrupted(); // stop's, not for whoever has this thread next
                    endStopped(stopCause, agent);
                }
            }
        }
    }

    private void failed(Throwable cause, Agent agent) throws IOException, InterruptedException {
        if (isStopped()) {
            return;
        }
        if (Agent.isLost(cause)) {
            progress().say("Lost the connection to " + node + "; going on when it is back");
            goOnLater();
            return;
        }
        try {
            letGo(agent);
        } catch (Exception e) {
            progress().say("Could not clean up: " + e);
        } finally {
            fail(cause);
        }
    }

    private synchronized boolean isStopped() {
        return stopCause != null;
    }

    /** The agent, or null while it isn't there. */
    private Agent agent() throws IOException, InterruptedException {
        FilePath found = FilePathUtils.find(node, directory);
        return found == null || launcher() == null ? null : new Agent(found, listener());
    }

    @Override
    public final void stop(Throwable cause) {
        synchronized (this) {
            stopCause = cause;
            if (worker != null) {
                worker.interrupt();
            } else {
                endStopped(cause, null);
            }
        }
        Timer.get().schedule(() -> endWith(cause), STOP_SECONDS, TimeUnit.SECONDS);
    }

    private void endStopped(Throwable cause, Agent interrupted) {
        inBackground(
                () -> {
                    try {
                        if (interrupted != null && !interrupted.awaitEnd(LET_GO_SECONDS)) {
                            progress().say(node + " is still at it after " + LET_GO_SECONDS + " s");
                        }
                        letGo(interrupted == null ? agent() : interrupted);
                    } finally {
                        endWith(cause);
                    }
                });
    }
}
