package io.modeltoecs.engine.deploy.ecs;

import java.util.List;

/**
 * What goes with a rollout.
 *
 * @param before once the revision is registered, before the service is touched
 * @param after once the deployment has completed; may still send it back
 * @param last once all is well
 */
record Stages(Stage before, Stage after, Stage last) {
    List<Stage> all() {
        return List.of(before, after, last);
    }
}
