package io.jenkins.plugins.modeltoecs;

import hudson.remoting.ClassFilter;
import hudson.remoting.ObjectInputStreamEx;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.deploy.RolloutState;
import io.modeltoecs.engine.options.AwsOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.util.Arrays;
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

    /** The state as it was after the last look: a Pipeline may be saved in the middle of one. */
    private byte[] saved;

    private boolean aborted;
    private volatile Throwable stopCause;
    private transient RolloutState state;
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
        if (state == null && saved != null) {
            state = read(saved);
        }
        if (state == null && stopCause != null) {
            endWith(stopCause);
            return;
        }
        try (AwsAccess aws = credentials().aws(awsOptions())) {
            DeploymentTarget target = target(aws);
            if (state == null) {
                state = target.begin();
                save();
            }
            if (stopCause != null && !aborted) {
                aborted = true;
                target.abort(state);
                save();
            }
            Optional<Duration> pause = target.advance(state);
            save();
            if (pause.isPresent()) {
                lookIn(pause.get());
            } else if (stopCause != null) {
                endWith(stopCause);
            } else {
                succeed(state.result());
            }
        }
    }

    private void save() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(state);
        }
        byte[] now = bytes.toByteArray();
        if (!Arrays.equals(now, saved)) {
            saved = now;
            getContext().saveState();
        }
    }

    private static RolloutState read(byte[] bytes) throws IOException, ClassNotFoundException {
        try (ObjectInputStreamEx in =
                new ObjectInputStreamEx(
                        new ByteArrayInputStream(bytes),
                        RolloutState.class.getClassLoader(),
                        ClassFilter.DEFAULT)) {
            return (RolloutState) in.readObject();
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
            progress().say(cause.getMessage());
        } catch (Exception e) {
            cause.addSuppressed(e);
        }
        endWith(stopCause);
    }
}
