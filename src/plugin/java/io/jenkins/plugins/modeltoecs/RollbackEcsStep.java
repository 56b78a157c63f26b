package io.jenkins.plugins.modeltoecs;

import hudson.EnvVars;
import hudson.Extension;
import hudson.model.Run;
import hudson.model.TaskListener;
import io.modeltoecs.engine.options.RollbackEcsOptions;
import java.util.Set;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;

/** Brings a service of Amazon ECS back to an earlier revision. */
public final class RollbackEcsStep extends ParameterizedStep {

    @DataBoundConstructor
    public RollbackEcsStep() {}

    @Override
    public StepExecution start(StepContext context) {
        return new RollbackEcsExecution(this, context);
    }

    public String getCluster() {
        return text("cluster");
    }

    @DataBoundSetter
    public void setCluster(String cluster) {
        give("cluster", cluster);
    }

    public String getService() {
        return text("service");
    }

    @DataBoundSetter
    public void setService(String service) {
        give("service", service);
    }

    public String getTo() {
        return text("to");
    }

    @DataBoundSetter
    public void setTo(String to) {
        give("to", to);
    }

    /** Registers the step. */
    @Extension
    public static final class DescriptorImpl extends ParameterizedStepDescriptor {
        public DescriptorImpl() {
            super(
                    RollbackEcsStep::new,
                    RollbackEcsOptions.STEP,
                    "Roll an Amazon ECS service back",
                    RollbackEcsOptions.class,
                    Set.of(Run.class, EnvVars.class, TaskListener.class));
        }

        @Override
        String mainParameter() {
            return "service";
        }
    }
}
