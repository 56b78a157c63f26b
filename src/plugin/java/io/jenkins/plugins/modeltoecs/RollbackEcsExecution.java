package io.jenkins.plugins.modeltoecs;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.deploy.ecs.RollbackEcs;
import io.modeltoecs.engine.options.AwsOptions;
import io.modeltoecs.engine.options.RollbackEcsOptions;
import java.io.IOException;
import org.jenkinsci.plugins.workflow.steps.StepContext;

/** {@code rollbackEcs}. */
final class RollbackEcsExecution extends RolloutExecution {
    private static final long serialVersionUID = 1L;

    RollbackEcsExecution(RollbackEcsStep step, StepContext context) {
        super(step, context);
    }

    private RollbackEcsOptions options() throws IOException, InterruptedException {
        return RollbackEcsOptions.from(given(), settings());
    }

    @Override
    AwsOptions awsOptions() throws IOException, InterruptedException {
        return options().aws();
    }

    @Override
    DeploymentTarget target(AwsAccess aws) throws IOException, InterruptedException {
        return RollbackEcs.of(options(), aws, progress());
    }
}
