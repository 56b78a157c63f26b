package io.modeltoecs.engine.deploy.ecs;

import java.time.Duration;

/**
 * How a rollout behaves.
 *
 * @param timeout how long it may take, and how long the way back may
 * @param rollback whether it goes back when it fails
 * @param rollbackOnAbort whether it goes back when the build is aborted
 * @param waitIfBusy whether it waits for another deployment of the service, instead of replacing it
 * @param dryRun whether it only says what it would do
 * @param returns whether the rollout itself is a way back
 * @param returnsAtPause whether it ends where it pauses, instead of waiting for a decision
 * @param resume id of the deployment to go on with, or null to begin one
 * @param decision how that one goes on from its pause, or null
 */
record Rules(
        Duration timeout,
        boolean rollback,
        boolean rollbackOnAbort,
        boolean waitIfBusy,
        boolean dryRun,
        boolean returns,
        boolean returnsAtPause,
        String resume,
        String decision) {}
