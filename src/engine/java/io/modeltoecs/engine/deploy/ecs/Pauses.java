package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.progress.Progress;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import software.amazon.awssdk.services.ecs.model.DeploymentLifecycleHookAction;
import software.amazon.awssdk.services.ecs.model.DeploymentLifecycleHookDetail;
import software.amazon.awssdk.services.ecs.model.DeploymentLifecycleHookStatus;
import software.amazon.awssdk.services.ecs.model.DeploymentLifecycleHookTargetType;
import software.amazon.awssdk.services.ecs.model.ServiceDeployment;

/**
 * Waits where ECS waits for somebody, and passes on what was decided.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html">
 *     ECS: pause hooks</a>
 */
final class Pauses {
    private final EcsApi ecs;
    private final Progress progress;
    private final Clock clock;

    Pauses(EcsApi ecs, Progress progress, Clock clock) {
        this.ecs = ecs;
        this.progress = progress;
        this.clock = clock;
    }

    /** Whether the deployment waits for a decision; one that was made is passed on. */
    boolean look(EcsState state, ServiceDeployment deployment) {
        List<DeploymentLifecycleHookDetail> hooks = waiting(deployment);
        if (hooks.isEmpty()) {
            ended(state);
            return false;
        }
        if (state.decision() != null) {
            for (DeploymentLifecycleHookDetail hook : hooks) {
                ecs.answer(deployment.serviceDeploymentArn(), hook.hookId(), state.decision());
            }
            if (state.decision().equals("rollback") && state.cause == null) {
                state.cause = "it was sent back at " + deployment.lifecycleStageAsString();
            }
            progress.say("%s: %s".formatted(deployment.lifecycleStageAsString(), state.decision()));
            ended(state);
            return false;
        }
        if (state.pause() == null) {
            DeploymentLifecycleHookDetail first = hooks.get(0);
            String what =
                    "%s is paused at %s and waits for a decision%s"
                            .formatted(
                                    ecs.label(),
                                    deployment.lifecycleStageAsString(),
                                    withoutOne(first));
            state.pause(what, clock.millis());
            progress.say(what);
        }
        return true;
    }

    /** What ECS does where nobody decides. */
    private static String withoutOne(DeploymentLifecycleHookDetail hook) {
        if (hook.expiresAt() == null || hook.timeoutAction() == null) {
            return "";
        }
        return "; without one ECS %s at %s"
                .formatted(
                        hook.timeoutAction() == DeploymentLifecycleHookAction.CONTINUE
                                ? "goes on"
                                : "rolls it back",
                        hook.expiresAt().truncatedTo(ChronoUnit.SECONDS));
    }

    /** The hooks at which a deployment waits. */
    static List<DeploymentLifecycleHookDetail> waiting(ServiceDeployment deployment) {
        return deployment.lifecycleHookDetails().stream()
                .filter(it -> it.targetType() == DeploymentLifecycleHookTargetType.PAUSE)
                .filter(it -> it.status() == DeploymentLifecycleHookStatus.AWAITING_ACTION)
                .toList();
    }

    /** The time that somebody took to decide isn't the rollout's. */
    private void ended(EcsState state) {
        if (state.pause() != null) {
            state.deadline += clock.millis() - state.pausedSince();
            state.pause(null, 0);
        }
        state.decide(null);
    }
}
