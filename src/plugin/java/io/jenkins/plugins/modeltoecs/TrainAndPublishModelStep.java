package io.jenkins.plugins.modeltoecs;

import hudson.EnvVars;
import hudson.Extension;
import hudson.FilePath;
import hudson.Launcher;
import hudson.model.Item;
import hudson.model.Run;
import hudson.model.TaskListener;
import hudson.util.ListBoxModel;
import io.modeltoecs.engine.options.PublishOptions;
import java.util.Map;
import java.util.Set;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** Trains a model, or takes one that is there, and publishes it in the model store. */
public final class TrainAndPublishModelStep extends ParameterizedStep {

    @DataBoundConstructor
    public TrainAndPublishModelStep() {}

    @Override
    public StepExecution start(StepContext context) {
        return new TrainAndPublishExecution(this, context);
    }

    public String getName() {
        return text("name");
    }

    @DataBoundSetter
    public void setName(String name) {
        give("name", name);
    }

    public String getTrain() {
        return text("train");
    }

    @DataBoundSetter
    public void setTrain(String train) {
        give("train", train);
    }

    public String getArtifact() {
        return text("artifact");
    }

    @DataBoundSetter
    public void setArtifact(String artifact) {
        give("artifact", artifact);
    }

    public String getMetrics() {
        return text("metrics");
    }

    @DataBoundSetter
    public void setMetrics(String metrics) {
        give("metrics", metrics);
    }

    public Map<String, Object> getParams() {
        return map("params");
    }

    @DataBoundSetter
    public void setParams(Map<String, Object> params) {
        give("params", params);
    }

    public String getRequirements() {
        return text("requirements");
    }

    @DataBoundSetter
    public void setRequirements(String requirements) {
        give("requirements", requirements);
    }

    public String getPython() {
        return text("python");
    }

    @DataBoundSetter
    public void setPython(String python) {
        give("python", python);
    }

    public String getPipCredentialsId() {
        return text("pipCredentialsId");
    }

    @DataBoundSetter
    public void setPipCredentialsId(String pipCredentialsId) {
        give("pipCredentialsId", pipCredentialsId);
    }

    public Object getAlias() {
        return given("alias", Object.class);
    }

    @DataBoundSetter
    public void setAlias(Object alias) {
        give("alias", alias);
    }

    public Object getGates() {
        return given("gates", Object.class);
    }

    @DataBoundSetter
    public void setGates(Object gates) {
        give("gates", gates);
    }

    public Map<String, Object> getScan() {
        return map("scan");
    }

    @DataBoundSetter
    public void setScan(Map<String, Object> scan) {
        give("scan", scan);
    }

    public Integer getKeep() {
        return given("keep", Integer.class);
    }

    @DataBoundSetter
    public void setKeep(Integer keep) {
        give("keep", keep);
    }

    public String getKmsKeyId() {
        return text("kmsKeyId");
    }

    @DataBoundSetter
    public void setKmsKeyId(String kmsKeyId) {
        give("kmsKeyId", kmsKeyId);
    }

    public Map<String, Object> getTags() {
        return map("tags");
    }

    @DataBoundSetter
    public void setTags(Map<String, Object> tags) {
        give("tags", tags);
    }

    public String getStorageClass() {
        return text("storageClass");
    }

    @DataBoundSetter
    public void setStorageClass(String storageClass) {
        give("storageClass", storageClass);
    }

    /** Registers the step. */
    @Extension
    public static final class DescriptorImpl extends ParameterizedStepDescriptor {
        public DescriptorImpl() {
            super(
                    TrainAndPublishModelStep::new,
                    PublishOptions.STEP,
                    "Train and publish a model",
                    PublishOptions.class,
                    Set.of(
                            Run.class,
                            FilePath.class,
                            Launcher.class,
                            EnvVars.class,
                            TaskListener.class));
        }

        @Override
        String mainParameter() {
            return "name";
        }

        /** What the form offers for {@code pipCredentialsId}. */
        @POST
        public ListBoxModel doFillPipCredentialsIdItems(
                @AncestorInPath Item item, @QueryParameter String pipCredentialsId) {
            return CredentialsChoice.logins(item, pipCredentialsId);
        }
    }
}
