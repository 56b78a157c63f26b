package io.jenkins.plugins.modeltoecs;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.model.ModelStore;
import io.modeltoecs.engine.options.AwsOptions;
import java.util.Map;
import org.jenkinsci.plugins.workflow.steps.StepContext;

/** A short call of the model store; one that a restart interrupted is made again. */
abstract class StoreExecution extends EngineExecution {
    private static final long serialVersionUID = 1L;

    StoreExecution(ParameterizedStep step, StepContext context) {
        super(step, context);
    }

    /** Reads the options, to see whether they are right. */
    abstract AwsOptions awsOptions() throws Exception;

    abstract Map<String, Object> call(ModelStore store) throws Exception;

    @Override
    public final boolean start() throws Exception {
        check(this::awsOptions);
        inBackground(this::call);
        return false;
    }

    @Override
    public final void onResume() {
        inBackground(this::call);
    }

    @Override
    public final void stop(Throwable cause) {
        endWith(cause);
    }

    private void call() throws Exception {
        AwsOptions options = awsOptions();
        try (AwsAccess aws = credentials().aws(options)) {
            succeed(call(new ModelStore(aws, options)));
        }
    }
}
