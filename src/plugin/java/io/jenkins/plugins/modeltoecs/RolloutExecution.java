package io.jenkins.plugins.modeltoecs;

import hudson.model.Run;
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
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

    /**
     * How long clients and keys are used: they are costly to make, and a stored credential may hand
     * out keys of a session, the shortest of which last 15 minutes.
     */
    private static final Duration FRESH = Duration.ofMinutes(5);

    /** All rollouts of this controller that haven't ended. */
    private static final Set<RolloutExecution> RUNNING = ConcurrentHashMap.newKeySet();

    /** The state as it was after the last look: a Pipeline may be saved in the middle of one. */
    private byte[] saved;

    private boolean aborted;
    private volatile Throwable stopCause;
    private transient RolloutState state;
    private transient ScheduledFuture<?> next;
    private transient AwsAccess aws;
    private transient DeploymentTarget target;
    private transient long madeAt;
    private transient volatile PausedRollout pause;

    RolloutExecution(ParameterizedStep step, StepContext context) {
        super(step, context);
    }

    /** Reads the options, to see whether they are right. */
    abstract AwsOptions awsOptions() throws Exception;

    abstract DeploymentTarget target(AwsAccess aws) throws Exception;

    @Override
    public boolean start() throws Exception {
        check(this::awsOptions);
        RUNNING.add(this);
        inBackground(this::look);
        return false;
    }

    /** The rollouts of a build that wait for a decision. */
    static List<PausedRollout> paused(Run<?, ?> build) {
        return RUNNING.stream()
                .filter(it -> it.pause != null && it.isOf(build))
                .map(it -> it.pause)
                .filter(Objects::nonNull)
                .toList();
    }

    /**
     * Somebody has decided about a rollout that waits.
     *
     * @param id {@link PausedRollout#getId}
     * @param who for the log
     * @return whether there is such a rollout
     */
    static boolean decide(Run<?, ?> build, String id, String decision, String who) {
        Optional<RolloutExecution> found =
                RUNNING.stream()
                        .filter(it -> it.pause != null && it.isOf(build))
                        .filter(it -> it.pause.getId().equals(id))
                        .findFirst();
        found.ifPresent(it -> it.inBackground(() -> it.decided(decision, who)));
        return found.isPresent();
    }

    private boolean isOf(Run<?, ?> build) {
        try {
            return build.equals(run());
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private synchronized void decided(String decision, String who) throws Exception {
        if (state == null || state.pause() == null || hasEnded()) {
            return;
        }
        state.decide(decision);
        save();
        progress().say("%s: decided by %s".formatted(decision, who));
        look();
    }

    @Override
    public final void onResume() {
        RUNNING.add(this);
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
        renew();
        if (state == null) {
            state = target.begin();
            save();
        }
        if (stopCause != null && !aborted) {
            aborted = true;
            target.abort(state);
            save();
        }
        Optional<Duration> again = target.advance(state);
        save();
        pause = PausedRollout.of(state);
        if (again.isPresent()) {
            lookIn(again.get());
        } else if (stopCause != null) {
            endWith(stopCause);
        } else {
            succeed(state.result());
        }
    }

    private void renew() throws Exception {
        if (aws != null && System.nanoTime() - madeAt < FRESH.toNanos()) {
            return;
        }
        close();
        aws = credentials().aws(awsOptions());
        madeAt = System.nanoTime();
        target = target(aws);
    }

    private void close() {
        if (aws != null) {
            aws.close();
            aws = null;
        }
    }

    @Override
    final synchronized void ended() {
        RUNNING.remove(this);
        close();
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
