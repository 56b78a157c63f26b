package io.modeltoecs.runner.steps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.deploy.RolloutState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FollowingTest {
    private final List<String> said = new ArrayList<>();

    /** A rollout that ends by itself after some looks, or by a failure once it was aborted. */
    private static final class Target implements DeploymentTarget {
        final List<String> calls = Collections.synchronizedList(new ArrayList<>());
        final int looks;
        final Thread interrupted;

        Target(int looks, Thread interrupted) {
            this.looks = looks;
            this.interrupted = interrupted;
        }

        @Override
        public RolloutState begin() {
            calls.add("begin");
            return new RolloutState();
        }

        @Override
        public Optional<Duration> advance(RolloutState state) {
            calls.add("advance");
            if (Thread.currentThread().isInterrupted()) {
                throw new IllegalStateException("a call to AWS was interrupted");
            }
            if (calls.contains("abort") && calls.size() > looks + 2) {
                throw new StepException("rolled back");
            }
            if (interrupted != null && calls.size() == looks) {
                interrupted.interrupt();
            }
            if (interrupted == null && calls.size() > looks) {
                state.result().put("state", "COMPLETED");
                return Optional.empty();
            }
            return Optional.of(Duration.ofMillis(5));
        }

        @Override
        public void abort(RolloutState state) {
            calls.add("abort");
        }

    }

    @Test
    void itLooksUntilTheRolloutHasEnded() throws Exception {
        Target target = new Target(3, null);

        assertThat(Following.toItsEnd(target, said::add)).containsEntry("state", "COMPLETED");
        assertThat(target.calls).containsExactly("begin", "advance", "advance", "advance");
    }

    @Test
    void anInterruptionAbortsOnceAndIsFollowedToTheEndOfTheRollback() {
        Target target = new Target(3, Thread.currentThread());

        assertThatThrownBy(() -> Following.toItsEnd(target, said::add))
                .isInstanceOf(InterruptedException.class);
        assertThat(target.calls)
                .containsExactly("begin", "advance", "advance", "abort", "advance", "advance");
        assertThat(said).containsExactly("rolled back");
    }
}
