package io.jenkins.plugins.modeltoecs;

import hudson.EnvVars;
import hudson.Extension;
import hudson.model.Run;
import hudson.model.TaskListener;
import io.modeltoecs.engine.options.RollbackModelOptions;
import java.util.Set;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;

/** Points an alias back to the version that it held before. */
public final class RollbackModelStep extends ParameterizedStep {

    @DataBoundConstructor
    public RollbackModelStep() {}

    @Override
    public StepExecution start(StepContext context) {
        return new RollbackModelExecution(this, context);
    }

    public String getName() {
        return text("name");
    }

    @DataBoundSetter
    public void setName(String name) {
        give("name", name);
    }

    public String getAlias() {
        return text("alias");
    }

    @DataBoundSetter
    public void setAlias(String alias) {
        give("alias", alias);
    }

    /** Registers the step. */
    @Extension
    public static final class DescriptorImpl extends ParameterizedStepDescriptor {
        public DescriptorImpl() {
            super(
                    RollbackModelStep::new,
                    RollbackModelOptions.STEP,
                    "Roll a model back",
                    RollbackModelOptions.class,
                    Set.of(Run.class, EnvVars.class, TaskListener.class));
        }

        @Override
        String mainParameter() {
            return "name";
        }
    }
}
