package io.jenkins.plugins.modeltoecs;

import io.modeltoecs.engine.model.ModelStore;
import io.modeltoecs.engine.options.AwsOptions;
import io.modeltoecs.engine.options.PromoteOptions;
import java.io.IOException;
import java.util.Map;
import org.jenkinsci.plugins.workflow.steps.StepContext;

/** {@code promoteModel}. */
final class PromoteExecution extends StoreExecution {
    private static final long serialVersionUID = 1L;

    PromoteExecution(PromoteModelStep step, StepContext context) {
        super(step, context);
    }

    private PromoteOptions options() throws IOException, InterruptedException {
        return PromoteOptions.from(given(), settings());
    }

    @Override
    AwsOptions awsOptions() throws IOException, InterruptedException {
        return options().aws();
    }

    @Override
    Map<String, Object> call(ModelStore store) throws IOException, InterruptedException {
        PromoteOptions options = options();
        return store.promote(
                options.name(), options.version(), options.alias(), build(), progress());
    }
}
