package io.modeltoecs.runner.steps;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.deploy.RolloutState;
import io.modeltoecs.engine.progress.Progress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Follows a rollout to its end. An interruption aborts it, and the rollback that it then does is
 * followed as well: calls to AWS run on a thread that nobody interrupts in the middle of one.
 */
final class Following implements AutoCloseable {
    private final ExecutorService calls =
            Executors.newSingleThreadExecutor(work -> new Thread(work, "rollout"));
    private InterruptedException interruption;

    private Following() {}

    /**
     * Starts and follows a rollout.
     *
     * @return what the step returns
     * @throws InterruptedException once an aborted rollout has ended
     */
    static Map<String, Object> toItsEnd(DeploymentTarget target, Progress progress)
            throws InterruptedException {
        try (Following following = new Following()) {
            RolloutState state = following.call(target::begin);
            try {
                following.follow(target, state);
            } catch (StepException e) {
                if (following.interruption == null) {
                    throw e;
                }
                progress.say(e.getMessage());
            }
            if (following.interruption != null) {
                throw following.interruption;
            }
            return state.result();
        }
    }

    private void follow(DeploymentTarget target, RolloutState state) {
        boolean aborted = false;
        Optional<Duration> pause = call(() -> target.advance(state));
        while (pause.isPresent()) {
            if (interruption == null || aborted) {
                sleep(pause.get());
            }
            if (interruption != null && !aborted) {
                aborted = true;
                call(
                        () -> {
                            target.abort(state);
                            return null;
                        });
            }
            pause = call(() -> target.advance(state));
        }
    }

    private void sleep(Duration pause) {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            interruption = e;
        }
    }

    /** Calls on the other thread and waits, however often this one is interrupted. */
    private <T> T call(Callable<T> call) {
        Future<T> value = calls.submit(call);
        while (true) {
            try {
                return value.get();
            } catch (InterruptedException e) {
                interruption = e;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    @Override
    public void close() {
        calls.shutdown();
    }
}
