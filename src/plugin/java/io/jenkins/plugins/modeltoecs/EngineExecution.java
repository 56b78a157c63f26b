package io.jenkins.plugins.modeltoecs;

import hudson.AbortException;
import hudson.EnvVars;
import hudson.model.Computer;
import hudson.model.Run;
import hudson.model.TaskListener;
import hudson.remoting.ProxyException;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.Settings;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.steps.StepExecution;

/**
 * A step of the engine as it runs. What it was given is kept over a restart; settings, environment
 * and credentials are looked up again whenever they are needed, so that no secret is stored.
 */
abstract class EngineExecution extends StepExecution {
    private static final long serialVersionUID = 1L;
    private static final Logger LOGGER = Logger.getLogger(EngineExecution.class.getName());

    private final LinkedHashMap<String, Object> given;
    private transient boolean ended;

    EngineExecution(ParameterizedStep step, StepContext context) {
        super(context);
        given = step.given();
    }

    /** Something that may take a while, done on a thread of its own. */
    @FunctionalInterface
    interface Work {
        void run() throws Exception;
    }

    final Map<String, Object> given() {
        return given;
    }

    final Settings settings() throws IOException, InterruptedException {
        return Settings.of(ModelToEcsConfiguration.get().values(), environment());
    }

    final StepCredentials credentials() throws IOException, InterruptedException {
        return new StepCredentials(run(), environment(), ModelToEcsConfiguration.get());
    }

    final EnvVars environment() throws IOException, InterruptedException {
        return getContext().get(EnvVars.class);
    }

    final TaskListener listener() throws IOException, InterruptedException {
        return getContext().get(TaskListener.class);
    }

    final Progress progress() throws IOException, InterruptedException {
        return listener().getLogger()::println;
    }

    final BuildInfo build() throws IOException, InterruptedException {
        Run<?, ?> run = run();
        String root = Jenkins.get().getRootUrl();
        return new BuildInfo(
                run.getParent().getFullName(),
                run.getNumber(),
                root == null ? null : root + run.getUrl(),
                Instant.ofEpochMilli(run.getStartTimeInMillis()));
    }

    final Run<?, ?> run() throws IOException, InterruptedException {
        return getContext().get(Run.class);
    }

    /** Does work on a thread of its own; if it fails, so does the step. */
    final void inBackground(Work work) {
        Computer.threadPoolForRemoting.submit(
                () -> {
                    try {
                        work.run();
                    } catch (Exception | LinkageError e) {
                        workFailed(e);
                    }
                });
    }

    /** What becomes of the step when its work in the background fails. */
    void workFailed(Throwable cause) {
        fail(cause);
    }

    final void succeed(Map<String, Object> result) {
        if (end()) {
            getContext().onSuccess(PlainValues.of(result));
        }
    }

    /** Ends the step with what a user is to see of an exception. */
    final void fail(Throwable cause) {
        if (cause instanceof StepException) {
            LOGGER.log(Level.FINE, cause, cause::getMessage);
            endWith(new AbortException(cause.getMessage()));
        } else if (cause instanceof AbortException) {
            endWith(cause);
        } else {
            // stored with the build: only as text, it may hold objects of a library
            endWith(new ProxyException(cause));
        }
    }

    /** Ends the step with just this cause. */
    final void endWith(Throwable cause) {
        if (end()) {
            getContext().onFailure(cause);
        }
    }

    final synchronized boolean hasEnded() {
        return ended;
    }

    private boolean end() {
        synchronized (this) {
            if (ended) {
                return false;
            }
            ended = true;
        }
        ended();
        return true;
    }

    /** The step has ended: what it has opened can be closed. */
    void ended() {}

    /** Checks what can be checked at once. */
    final void check(Work work) throws Exception {
        try {
            work.run();
        } catch (StepException e) {
            throw new AbortException(e.getMessage());
        }
    }
}
