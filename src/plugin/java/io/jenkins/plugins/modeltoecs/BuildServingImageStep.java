package io.jenkins.plugins.modeltoecs;

import hudson.EnvVars;
import hudson.Extension;
import hudson.FilePath;
import hudson.Launcher;
import hudson.model.Item;
import hudson.model.Run;
import hudson.model.TaskListener;
import hudson.util.ListBoxModel;
import io.modeltoecs.engine.options.BuildOptions;
import java.util.Map;
import java.util.Set;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** Builds an image that serves a model or an application, and pushes it. */
public final class BuildServingImageStep extends ParameterizedStep {

    @DataBoundConstructor
    public BuildServingImageStep() {}

    @Override
    public StepExecution start(StepContext context) {
        return new BuildExecution(this, context);
    }

    public String getRepository() {
        return text("repository");
    }

    @DataBoundSetter
    public void setRepository(String repository) {
        give("repository", repository);
    }

    public String getRegistry() {
        return text("registry");
    }

    @DataBoundSetter
    public void setRegistry(String registry) {
        give("registry", registry);
    }

    public String getRegistryCredentialsId() {
        return text("registryCredentialsId");
    }

    @DataBoundSetter
    public void setRegistryCredentialsId(String registryCredentialsId) {
        give("registryCredentialsId", registryCredentialsId);
    }

    public String getApp() {
        return text("app");
    }

    @DataBoundSetter
    public void setApp(String app) {
        give("app", app);
    }

    public Object getInclude() {
        return given("include", Object.class);
    }

    @DataBoundSetter
    public void setInclude(Object include) {
        give("include", include);
    }

    public String getRequirements() {
        return text("requirements");
    }

    @DataBoundSetter
    public void setRequirements(String requirements) {
        give("requirements", requirements);
    }

    public String getModel() {
        return text("model");
    }

    @DataBoundSetter
    public void setModel(String model) {
        give("model", model);
    }

    public String getPipCredentialsId() {
        return text("pipCredentialsId");
    }

    @DataBoundSetter
    public void setPipCredentialsId(String pipCredentialsId) {
        give("pipCredentialsId", pipCredentialsId);
    }

    public Object getAllow() {
        return given("allow", Object.class);
    }

    @DataBoundSetter
    public void setAllow(Object allow) {
        give("allow", allow);
    }

    public String getBase() {
        return text("base");
    }

    @DataBoundSetter
    public void setBase(String base) {
        give("base", base);
    }

    public Object getPlatforms() {
        return given("platforms", Object.class);
    }

    @DataBoundSetter
    public void setPlatforms(Object platforms) {
        give("platforms", platforms);
    }

    public String getDockerfile() {
        return text("dockerfile");
    }

    @DataBoundSetter
    public void setDockerfile(String dockerfile) {
        give("dockerfile", dockerfile);
    }

    public Map<String, Object> getBuildArgs() {
        return map("buildArgs");
    }

    @DataBoundSetter
    public void setBuildArgs(Map<String, Object> buildArgs) {
        give("buildArgs", buildArgs);
    }

    public Object getTags() {
        return given("tags", Object.class);
    }

    @DataBoundSetter
    public void setTags(Object tags) {
        give("tags", tags);
    }

    public Map<String, Object> getLabels() {
        return map("labels");
    }

    @DataBoundSetter
    public void setLabels(Map<String, Object> labels) {
        give("labels", labels);
    }

    public Integer getPort() {
        return given("port", Integer.class);
    }

    @DataBoundSetter
    public void setPort(Integer port) {
        give("port", port);
    }

    public Boolean getSbom() {
        return given("sbom", Boolean.class);
    }

    @DataBoundSetter
    public void setSbom(Boolean sbom) {
        give("sbom", sbom);
    }

    public String getSigningCredentialsId() {
        return text("signingCredentialsId");
    }

    @DataBoundSetter
    public void setSigningCredentialsId(String signingCredentialsId) {
        give("signingCredentialsId", signingCredentialsId);
    }

    public String getFailOn() {
        return text("failOn");
    }

    @DataBoundSetter
    public void setFailOn(String failOn) {
        give("failOn", failOn);
    }

    public Boolean getImmutable() {
        return given("immutable", Boolean.class);
    }

    @DataBoundSetter
    public void setImmutable(Boolean immutable) {
        give("immutable", immutable);
    }

    public Boolean getCreateRepository() {
        return given("createRepository", Boolean.class);
    }

    @DataBoundSetter
    public void setCreateRepository(Boolean createRepository) {
        give("createRepository", createRepository);
    }

    /** Registers the step. */
    @Extension
    public static final class DescriptorImpl extends ParameterizedStepDescriptor {
        public DescriptorImpl() {
            super(
                    BuildServingImageStep::new,
                    BuildOptions.STEP,
                    "Build a serving image",
                    BuildOptions.class,
                    Set.of(
                            Run.class,
                            FilePath.class,
                            Launcher.class,
                            EnvVars.class,
                            TaskListener.class));
        }

        @Override
        String mainParameter() {
            return "repository";
        }

        /** What the form offers for {@code registryCredentialsId}. */
        @POST
        public ListBoxModel doFillRegistryCredentialsIdItems(
                @AncestorInPath Item item, @QueryParameter String registryCredentialsId) {
            return CredentialsChoice.logins(item, registryCredentialsId);
        }

        /** What the form offers for {@code signingCredentialsId}. */
        @POST
        public ListBoxModel doFillSigningCredentialsIdItems(
                @AncestorInPath Item item, @QueryParameter String signingCredentialsId) {
            return CredentialsChoice.texts(item, signingCredentialsId);
        }

        /** What the form offers for {@code pipCredentialsId}. */
        @POST
        public ListBoxModel doFillPipCredentialsIdItems(
                @AncestorInPath Item item, @QueryParameter String pipCredentialsId) {
            return CredentialsChoice.logins(item, pipCredentialsId);
        }
    }
}
