package io.jenkins.plugins.modeltoecs;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.image.ServingImage;
import io.modeltoecs.engine.image.SigningKey;
import io.modeltoecs.engine.options.BuildOptions;
import io.modeltoecs.engine.registry.Login;
import java.io.IOException;
import java.util.TreeMap;
import org.jenkinsci.plugins.workflow.steps.StepContext;

/** {@code buildServingImage}: one phase, which is run again after a restart. */
final class BuildExecution extends AgentExecution {
    private static final long serialVersionUID = 1L;

    BuildExecution(BuildServingImageStep step, StepContext context) {
        super(step, context);
    }

    private BuildOptions options() throws IOException, InterruptedException {
        return BuildOptions.from(given(), settings());
    }

    @Override
    void checkOptions() throws IOException, InterruptedException {
        options();
    }

    @Override
    void proceed(Agent agent) throws Exception {
        BuildOptions options = options();
        StepCredentials credentials = credentials();
        Login registry =
                credentials.login("registryCredentialsId", options.registryCredentialsId());
        Login packageIndex = credentials.login("pipCredentialsId", options.pipCredentialsId());
        SigningKey key = credentials.signingKey(options.signingCredentialsId());
        try (AwsAccess aws =
                ServingImage.needsAws(options) ? credentials.aws(options.aws()) : null) {
            succeed(
                    new ServingImage(options, aws, build(), registry, key, progress())
                            .run(
                                    new AgentImageWorkplace(
                                            agent,
                                            new TreeMap<>(agentEnvironment()),
                                            packageIndex)));
        }
    }

    @Override
    void letGo(Agent agent) {
        // nothing but the agent's cache was written, and that is made to be found again
    }
}
