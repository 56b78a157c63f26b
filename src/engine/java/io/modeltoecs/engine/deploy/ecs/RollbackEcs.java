package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.deploy.RolloutState;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.RollbackEcsOptions;
import io.modeltoecs.engine.progress.Progress;
import java.time.Duration;
import java.util.Optional;

/**
 * {@code rollbackEcs}: brings a service of Amazon ECS back to an earlier revision, image and model
 * together.
 */
public final class RollbackEcs implements DeploymentTarget {

    /**
     * @param options the service, and where it goes back to
     * @param access AWS with the step's credentials; closed by its owner, not here
     * @param build the build that rolls back
     * @param progress where lines go when something changed
     */
    public RollbackEcs(
            RollbackEcsOptions options, AwsAccess access, BuildInfo build, Progress progress) {}

    @Override
    public RolloutState begin() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<Duration> advance(RolloutState state) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void abort(RolloutState state) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
