package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.model.ModelStore;
import io.modeltoecs.engine.options.RollbackEcsOptions;
import io.modeltoecs.engine.progress.Progress;
import java.time.Clock;
import java.time.Duration;

/**
 * {@code rollbackEcs}: brings a service of Amazon ECS back to an earlier revision, image and model
 * together.
 */
public final class RollbackEcs {
    private static final Duration TIMEOUT = Duration.ofMinutes(30);

    private RollbackEcs() {}

    /**
     * @param options the service, and where it goes back to
     * @param access AWS with the step's credentials; closed by its owner, not here
     * @param progress where lines go when something changed
     */
    public static DeploymentTarget of(
            RollbackEcsOptions options, AwsAccess access, Progress progress) {
        return of(options, access, progress, Pollers.OF_THIS_JVM);
    }

    static DeploymentTarget of(
            RollbackEcsOptions options, AwsAccess access, Progress progress, Pollers pollers) {
        Clock clock = pollers.clock();
        EcsApi ecs = new EcsApi(access.ecs(new JsonBodies()), options.cluster(), options.service());
        ModelStore store =
                options.aws().bucket() == null ? null : new ModelStore(access, options.aws());
        // Who goes back wants it now, whatever is in progress
        boolean wait = false;
        Rules rules = new Rules(TIMEOUT, true, true, wait, false, true, false, null, null);
        return new Rollout(
                rules,
                new RollbackPlanner(ecs, options.to(), progress),
                ecs,
                access,
                new Stages(
                        Stage.NONE, Verification.ofTasks(rules, ecs, progress, clock), Stage.NONE),
                new Uses(
                        store,
                        new InUseTags(
                                new Images(access, options.aws().endpoint() != null, progress),
                                progress),
                        options.cluster(),
                        options.service()),
                progress,
                pollers);
    }
}
