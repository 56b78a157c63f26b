package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.deploy.ecs.EcsApi.Found;
import java.time.Duration;
import java.util.Optional;

/**
 * A part of a rollout beside the rolling itself. Like the rollout, it looks, does at most one
 * thing, and leaves what comes next in the state.
 */
interface Stage {
    /** Where there is nothing to do. */
    Stage NONE = state -> Optional.empty();

    /**
     * Before anything is changed: checks what it needs, and says what it is going to do.
     *
     * @param state with the plan in it
     * @param found the service as it is, if there is one
     * @throws io.modeltoecs.engine.StepException if it can't work
     */
    default void prepare(EcsState state, Optional<Found> found) {}

    /**
     * Goes on with it.
     *
     * @return when to look again; empty if it is through, or if it has failed and has put what
     *     comes next into the state
     * @throws io.modeltoecs.engine.StepException if the rollout ends with it
     */
    Optional<Duration> look(EcsState state);

    /** The build was aborted in the middle of it: nothing of it may go on. */
    default void abort(EcsState state) {}
}
