package io.jenkins.plugins.modeltoecs;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.deploy.RolloutState;
import io.modeltoecs.engine.options.AwsOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import jenkins.util.Timer;
import org.jenkinsci.plugins.workflow.steps.StepContext;

/**
 * A rollout on a target: no executor and no thread, but a short look now and then at a state that
 * is kept over a restart. A step that is stopped ends when the target has done what {@code onAbort}
 * says.
 */
abstract class RolloutExecution extends EngineExecution {
    private static final long serialVersionUID = 1L;

    private RolloutState state;
    private boolean aborted;
    private volatile Throwable stopCause;
    private transient ScheduledFuture<?> next;

    RolloutExecution(ParameterizedStep step, StepContext context) {
        super(step, context);
    }

    /** Reads the options, to see whether they are right. */
    abstract AwsOptions awsOptions() throws Exception;

    abstract DeploymentTarget target(AwsAccess aws) throws Exception;

    @Override
    public boolean start() throws Exception {
        check(this::awsOptions);
        inBackground(this::look);
        return false;
    }

    @Override
    public final void onResume() {
        inBackground(this::look);
    }

    @Override
    public final void stop(Throwable cause) {
        stopCause = cause;
        inBackground(this::look);
    }

    /** One look at a time; it sees to it that there is a next one. */
    private synchronized void look() throws Exception {
        if (next != null) {
            next.cancel(false);
        }
        if (hasEnded()) {
            return;
        }
        if (state == null && stopCause != null) {
            endWith(stopCause);
            return;
        }
        try (AwsAccess aws = credentials().aws(awsOptions());
                DeploymentTarget target = target(aws)) {
            if (state == null) {
                state = target.begin();
                getContext().saveState();
            }
            if (stopCause != null && !aborted) {
                aborted = true;
                target.abort(state);
                getContext().saveState();
            }
            Optional<Duration> pause = target.advance(state);
            getContext().saveState();
            if (pause.isPresent()) {
                lookIn(pause.get());
            } else if (stopCause != null) {
                endWith(stopCause);
            } else {
                succeed(state.result());
            }
        }
    }

    private void lookIn(Duration pause) {
        next =
                Timer.get()
                        .schedule(
                                () -> inBackground(this::look),
                                pause.toMillis(),
                                TimeUnit.MILLISECONDS);
    }

    @Override
    void workFailed(Throwable cause) {
        if (stopCause == null) {
            fail(cause);
            return;
        }
        try {
            progress().say("While stopping: " + cause.getMessage());
        } catch (Exception e) {
            cause.addSuppressed(e);
        }
        endWith(stopCause);
    }
}
