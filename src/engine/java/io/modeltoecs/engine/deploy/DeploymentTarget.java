package io.modeltoecs.engine.deploy;

import java.time.Duration;
import java.util.Optional;

/**
 * Something that a serving image is rolled out on. A rollout is a series of short calls over a
 * state that is kept between them, so that no thread waits and a restart goes on where it was.
 */
public interface DeploymentTarget {

    /**
     * Checks everything, and plans the rollout. Nothing is changed yet: {@link #advance} does that,
     * once what is returned can be stored.
     *
     * @return what {@link #advance} goes on with
     * @throws io.modeltoecs.engine.StepException if the rollout can't be started
     */
    RolloutState begin();

    /**
     * Looks at the rollout once, reports what changed, and does what is due.
     *
     * @return when to look again, or empty if it has ended well: see {@link RolloutState#result}
     * @throws io.modeltoecs.engine.StepException if it has ended badly, with the first cause
     */
    Optional<Duration> advance(RolloutState state);

    /**
     * The build was aborted: rolls back or leaves, as {@code onAbort} says. Go on with {@link
     * #advance} until it ends: badly, with what state is left. Not to be called while {@link
     * #advance} runs.
     */
    void abort(RolloutState state);
}
