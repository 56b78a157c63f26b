package io.jenkins.plugins.modeltoecs;

import hudson.EnvVars;
import hudson.Extension;
import hudson.model.Run;
import hudson.model.TaskListener;
import io.modeltoecs.engine.options.DeployOptions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;

/** Rolls an image and a model out on a service of Amazon ECS. */
public final class DeployToEcsStep extends ParameterizedStep {

    @DataBoundConstructor
    public DeployToEcsStep() {}

    @Override
    public StepExecution start(StepContext context) {
        return new DeployExecution(this, context);
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

    public String getImage() {
        return text("image");
    }

    @DataBoundSetter
    public void setImage(String image) {
        give("image", image);
    }

    public String getModel() {
        return text("model");
    }

    @DataBoundSetter
    public void setModel(String model) {
        give("model", model);
    }

    public Boolean getPinModel() {
        return given("pinModel", Boolean.class);
    }

    @DataBoundSetter
    public void setPinModel(Boolean pinModel) {
        give("pinModel", pinModel);
    }

    public String getContainer() {
        return text("container");
    }

    @DataBoundSetter
    public void setContainer(String container) {
        give("container", container);
    }

    public Map<String, Object> getEnv() {
        return map("env");
    }

    @DataBoundSetter
    public void setEnv(Map<String, Object> env) {
        give("env", env);
    }

    public Map<String, Object> getSecrets() {
        return map("secrets");
    }

    @DataBoundSetter
    public void setSecrets(Map<String, Object> secrets) {
        give("secrets", secrets);
    }

    public String getTaskRoleArn() {
        return text("taskRoleArn");
    }

    @DataBoundSetter
    public void setTaskRoleArn(String taskRoleArn) {
        give("taskRoleArn", taskRoleArn);
    }

    public String getExecutionRoleArn() {
        return text("executionRoleArn");
    }

    @DataBoundSetter
    public void setExecutionRoleArn(String executionRoleArn) {
        give("executionRoleArn", executionRoleArn);
    }

    public String getReadiness() {
        return text("readiness");
    }

    @DataBoundSetter
    public void setReadiness(String readiness) {
        give("readiness", readiness);
    }

    public Object getAllow() {
        return given("allow", Object.class);
    }

    @DataBoundSetter
    public void setAllow(Object allow) {
        give("allow", allow);
    }

    public String getModelEndpoint() {
        return text("modelEndpoint");
    }

    @DataBoundSetter
    public void setModelEndpoint(String modelEndpoint) {
        give("modelEndpoint", modelEndpoint);
    }

    public Integer getDesiredCount() {
        return given("desiredCount", Integer.class);
    }

    @DataBoundSetter
    public void setDesiredCount(Integer desiredCount) {
        give("desiredCount", desiredCount);
    }

    public Integer getMinimumHealthyPercent() {
        return given("minimumHealthyPercent", Integer.class);
    }

    @DataBoundSetter
    public void setMinimumHealthyPercent(Integer minimumHealthyPercent) {
        give("minimumHealthyPercent", minimumHealthyPercent);
    }

    public Integer getMaximumPercent() {
        return given("maximumPercent", Integer.class);
    }

    @DataBoundSetter
    public void setMaximumPercent(Integer maximumPercent) {
        give("maximumPercent", maximumPercent);
    }

    public String getStrategy() {
        return text("strategy");
    }

    @DataBoundSetter
    public void setStrategy(String strategy) {
        give("strategy", strategy);
    }

    public Boolean getForce() {
        return given("force", Boolean.class);
    }

    @DataBoundSetter
    public void setForce(Boolean force) {
        give("force", force);
    }

    public Boolean getDryRun() {
        return given("dryRun", Boolean.class);
    }

    @DataBoundSetter
    public void setDryRun(Boolean dryRun) {
        give("dryRun", dryRun);
    }

    public String getSpec() {
        return text("spec");
    }

    @DataBoundSetter
    public void setSpec(String spec) {
        give("spec", spec);
    }

    public Map<String, Object> getRunTask() {
        return map("runTask");
    }

    @DataBoundSetter
    public void setRunTask(Map<String, Object> runTask) {
        give("runTask", runTask);
    }

    public Integer getKeep() {
        return given("keep", Integer.class);
    }

    @DataBoundSetter
    public void setKeep(Integer keep) {
        give("keep", keep);
    }

    public Integer getTimeoutMinutes() {
        return given("timeoutMinutes", Integer.class);
    }

    @DataBoundSetter
    public void setTimeoutMinutes(Integer timeoutMinutes) {
        give("timeoutMinutes", timeoutMinutes);
    }

    public Boolean getRollback() {
        return given("rollback", Boolean.class);
    }

    @DataBoundSetter
    public void setRollback(Boolean rollback) {
        give("rollback", rollback);
    }

    public String getOnAbort() {
        return text("onAbort");
    }

    @DataBoundSetter
    public void setOnAbort(String onAbort) {
        give("onAbort", onAbort);
    }

    public String getOnBusy() {
        return text("onBusy");
    }

    @DataBoundSetter
    public void setOnBusy(String onBusy) {
        give("onBusy", onBusy);
    }

    public String getOnPause() {
        return text("onPause");
    }

    @DataBoundSetter
    public void setOnPause(String onPause) {
        give("onPause", onPause);
    }

    public String getResume() {
        return text("resume");
    }

    @DataBoundSetter
    public void setResume(String resume) {
        give("resume", resume);
    }

    public String getDecision() {
        return text("decision");
    }

    @DataBoundSetter
    public void setDecision(String decision) {
        give("decision", decision);
    }

    @SuppressWarnings("unchecked") // as the setter took it
    public List<Map<String, Object>> getVerify() {
        return given("verify", List.class);
    }

    @DataBoundSetter
    public void setVerify(List<Map<String, Object>> verify) {
        give("verify", verify);
    }

    /** Registers the step. */
    @Extension
    public static final class DescriptorImpl extends ParameterizedStepDescriptor {
        public DescriptorImpl() {
            super(
                    DeployToEcsStep::new,
                    DeployOptions.STEP,
                    "Deploy to Amazon ECS",
                    DeployOptions.class,
                    Set.of(Run.class, EnvVars.class, TaskListener.class));
        }

        @Override
        String mainParameter() {
            return "service";
        }
    }
}
