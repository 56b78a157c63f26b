package io.jenkins.plugins.modeltoecs;

import io.modeltoecs.engine.model.ModelStore;
import io.modeltoecs.engine.options.AwsOptions;
import io.modeltoecs.engine.options.RollbackModelOptions;
import java.io.IOException;
import java.util.Map;
import org.jenkinsci.plugins.workflow.steps.StepContext;

/** {@code rollbackModel}. */
final class RollbackModelExecution extends StoreExecution {
    private static final long serialVersionUID = 1L;

    RollbackModelExecution(RollbackModelStep step, StepContext context) {
        super(step, context);
    }

    private RollbackModelOptions options() throws IOException, InterruptedException {
        return RollbackModelOptions.from(given(), settings());
    }

    @Override
    AwsOptions awsOptions() throws IOException, InterruptedException {
        return options().aws();
    }

    @Override
    Map<String, Object> call(ModelStore store) throws IOException, InterruptedException {
        RollbackModelOptions options = options();
        return store.rollback(options.name(), options.alias(), build(), progress());
    }
}
