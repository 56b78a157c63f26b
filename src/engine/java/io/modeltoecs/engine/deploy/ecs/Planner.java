package io.modeltoecs.engine.deploy.ecs;

import java.util.Optional;

/** Checks everything and decides what a rollout does. Changes nothing. */
@FunctionalInterface
interface Planner {

    /**
     * @param found the service as it is, if there is one
     * @throws io.modeltoecs.engine.StepException if it can't be rolled out
     */
    Plan plan(Optional<EcsApi.Found> found);
}
