package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.deploy.RolloutState;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.DeployOptions;
import io.modeltoecs.engine.options.Settings;
import io.modeltoecs.engine.progress.Progress;
import java.time.Duration;
import java.util.Optional;

/** {@code deployToEcs}: rolls an image and a model out on a service of Amazon ECS. */
public final class EcsDeployment implements DeploymentTarget {

    /**
     * @param options what is to be deployed where
     * @param access AWS with the step's credentials; closed by its owner, not here
     * @param build the build that deploys
     * @param settings its environment fills <code>${NAME}</code> in the spec file
     * @param spec content of the file that {@code spec} names, or null where there is none
     * @param progress where lines go when something changed
     * @throws io.modeltoecs.engine.StepException if an option isn't supported
     */
    public EcsDeployment(
            DeployOptions options,
            AwsAccess access,
            BuildInfo build,
            Settings settings,
            String spec,
            Progress progress) {}

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
