package io.jenkins.plugins.modeltoecs;

import hudson.EnvVars;
import hudson.Extension;
import hudson.model.Run;
import hudson.model.TaskListener;
import io.modeltoecs.engine.options.PromoteOptions;
import java.util.Set;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;

/** Points an alias to a version of a model. */
public final class PromoteModelStep extends ParameterizedStep {

    @DataBoundConstructor
    public PromoteModelStep() {}

    @Override
    public StepExecution start(StepContext context) {
        return new PromoteExecution(this, context);
    }

    public String getName() {
        return text("name");
    }

    @DataBoundSetter
    public void setName(String name) {
        give("name", name);
    }

    public String getVersion() {
        return text("version");
    }

    @DataBoundSetter
    public void setVersion(String version) {
        give("version", version);
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
                    PromoteModelStep::new,
                    PromoteOptions.STEP,
                    "Promote a model",
                    PromoteOptions.class,
                    Set.of(Run.class, EnvVars.class, TaskListener.class));
        }

        @Override
        String mainParameter() {
            return "name";
        }
    }
}
