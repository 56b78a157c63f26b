package io.jenkins.plugins.modeltoecs;

import hudson.FilePath;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.deploy.ecs.EcsDeployment;
import io.modeltoecs.engine.options.AwsOptions;
import io.modeltoecs.engine.options.DeployOptions;
import java.io.IOException;
import org.jenkinsci.plugins.workflow.steps.StepContext;

/** {@code deployToEcs}. */
final class DeployExecution extends RolloutExecution {
    private static final long serialVersionUID = 1L;

    /** Content of the file that the parameter of this name names: read once, in the workspace. */
    private String spec;

    DeployExecution(DeployToEcsStep step, StepContext context) {
        super(step, context);
    }

    @Override
    public boolean start() throws Exception {
        check(this::readSpec);
        return super.start();
    }

    private DeployOptions options() throws IOException, InterruptedException {
        return DeployOptions.from(given(), settings());
    }

    private void readSpec() throws IOException, InterruptedException {
        String path = options().spec();
        if (path == null) {
            return;
        }
        FilePath directory = getContext().get(FilePath.class);
        if (directory == null) {
            throw new StepException(
                    DeployOptions.STEP
                            + ": 'spec' is '"
                            + path
                            + "', which needs a workspace: put"
                            + " the step into 'node'");
        }
        FilePath file = directory.child(path);
        if (!file.exists()) {
            throw new StepException(
                    DeployOptions.STEP
                            + ": 'spec' is '"
                            + path
                            + "', but "
                            + file.getRemote()
                            + " doesn't exist");
        }
        spec = file.readToString();
    }

    @Override
    AwsOptions awsOptions() throws IOException, InterruptedException {
        return options().aws();
    }

    @Override
    DeploymentTarget target(AwsAccess aws) throws IOException, InterruptedException {
        return EcsDeployment.of(
                options(), aws, settings(), spec, credentials()::authorization, progress());
    }
}
