package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.deploy.RolloutState;
import io.modeltoecs.engine.model.ModelStore;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.RollbackEcsOptions;
import io.modeltoecs.engine.progress.Progress;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/**
 * {@code rollbackEcs}: brings a service of Amazon ECS back to an earlier revision, image and model
 * together.
 */
public final class RollbackEcs implements DeploymentTarget {

    private static final Duration TIMEOUT = Duration.ofMinutes(30);

    private final Rollout rollout;

    /**
     * @param options the service, and where it goes back to
     * @param access AWS with the step's credentials; closed by its owner, not here
     * @param build the build that rolls back
     * @param progress where lines go when something changed
     */
    public RollbackEcs(
            RollbackEcsOptions options, AwsAccess access, BuildInfo build, Progress progress) {
        this(options, access, progress, Clock.systemUTC());
    }

    RollbackEcs(RollbackEcsOptions options, AwsAccess access, Progress progress, Clock clock) {
        EcsApi ecs = new EcsApi(access.ecs(new JsonBodies()), options.cluster(), options.service());
        ModelStore store =
                options.aws().bucket() == null ? null : new ModelStore(access, options.aws());
        // Who goes back wants it now, whatever is in progress
        boolean wait = false;
        rollout =
                new Rollout(
                        new Rules(TIMEOUT, true, true, wait, false, true),
                        new RollbackPlanner(ecs, options.to(), progress),
                        ecs,
                        access,
                        new Uses(store, options.cluster(), options.service()),
                        progress,
                        clock);
    }

    @Override
    public RolloutState begin() {
        return rollout.begin();
    }

    @Override
    public Optional<Duration> advance(RolloutState state) {
        return rollout.advance(EcsState.of(state));
    }

    @Override
    public void abort(RolloutState state) {
        rollout.abort(EcsState.of(state));
    }

    @Override
    public void close() {
        // its clients are the owner's of the access
    }
}
