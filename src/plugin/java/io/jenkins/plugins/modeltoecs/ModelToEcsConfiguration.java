package io.jenkins.plugins.modeltoecs;

import hudson.Extension;
import hudson.ExtensionList;
import hudson.Util;
import hudson.model.Job;
import hudson.util.FormValidation;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.Arguments;
import io.modeltoecs.engine.options.AwsOptions;
import io.modeltoecs.engine.options.Settings;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import jenkins.model.GlobalConfiguration;
import jenkins.model.Jenkins;
import net.sf.json.JSONObject;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.StaplerRequest2;
import org.kohsuke.stapler.verb.POST;

/** What an administrator says once for all steps. */
@Extension
@Symbol("modelToEcs")
public final class ModelToEcsConfiguration extends GlobalConfiguration {
    private String bucket;
    private String prefix;
    private String region;
    private String endpoint;
    private String baseImage;
    private boolean defaultChainAllowed;
    private String defaultChainFolders;

    public ModelToEcsConfiguration() {
        load();
    }

    static ModelToEcsConfiguration get() {
        return ExtensionList.lookupSingleton(ModelToEcsConfiguration.class);
    }

    @Override
    public String getDisplayName() {
        return "Model to ECS";
    }

    @Override
    public boolean configure(StaplerRequest2 request, JSONObject form) {
        request.bindJSON(this, form);
        save();
        return true;
    }

    @POST
    public FormValidation doCheckBucket(@QueryParameter String value) {
        return check("bucket", value);
    }

    @POST
    public FormValidation doCheckPrefix(@QueryParameter String value) {
        return check("prefix", value);
    }

    @POST
    public FormValidation doCheckRegion(@QueryParameter String value) {
        return check("region", value);
    }

    @POST
    public FormValidation doCheckEndpoint(@QueryParameter String value) {
        return check("endpoint", value);
    }

    private FormValidation check(String name, String value) {
        if (!Jenkins.get().hasPermission(getRequiredGlobalConfigPagePermission())) {
            return FormValidation.ok();
        }
        String complaint = complaint(name, value);
        return complaint == null ? FormValidation.ok() : FormValidation.error(complaint);
    }

    /** What every step would say of such a value, or null if nothing is wrong with it. */
    static String complaint(String name, String value) {
        try {
            Arguments none = new Arguments("model-to-ecs", Map.of(), AwsOptions.class);
            AwsOptions.from(none, Settings.of(Map.of(name, value), Map.of()));
            return null;
        } catch (StepException e) {
            return e.getMessage();
        }
    }

    /** The values by the names that the engine's settings give them. */
    Map<String, String> values() {
        Map<String, String> values = new HashMap<>();
        values.put("bucket", bucket);
        values.put("prefix", prefix);
        values.put("region", region);
        values.put("endpoint", endpoint);
        values.put("base", baseImage);
        return values;
    }

    /**
     * Whether a job may act as the controller itself, through the SDK's default chain of
     * credentials: only where an administrator said so, and only towards the administrator's own
     * endpoint.
     */
    boolean allowsDefaultChain(Job<?, ?> job, String usedEndpoint) {
        return defaultChainAllowed
                && Objects.equals(usedEndpoint, endpoint)
                && isInFolder(job.getFullName(), Util.fixNull(defaultChainFolders));
    }

    /**
     * Whether a job is in one of the folders that are listed one a line; no list is all of them.
     */
    static boolean isInFolder(String job, String folders) {
        return folders.isBlank()
                || folders.lines()
                        .map(String::strip)
                        .anyMatch(folder -> !folder.isEmpty() && job.startsWith(folder + "/"));
    }

    public String getBucket() {
        return bucket;
    }

    @DataBoundSetter
    public void setBucket(String bucket) {
        this.bucket = Util.fixEmptyAndTrim(bucket);
    }

    public String getPrefix() {
        return prefix;
    }

    @DataBoundSetter
    public void setPrefix(String prefix) {
        this.prefix = Util.fixEmptyAndTrim(prefix);
    }

    public String getRegion() {
        return region;
    }

    @DataBoundSetter
    public void setRegion(String region) {
        this.region = Util.fixEmptyAndTrim(region);
    }

    public String getEndpoint() {
        return endpoint;
    }

    @DataBoundSetter
    public void setEndpoint(String endpoint) {
        this.endpoint = Util.fixEmptyAndTrim(endpoint);
    }

    public String getBaseImage() {
        return baseImage;
    }

    @DataBoundSetter
    public void setBaseImage(String baseImage) {
        this.baseImage = Util.fixEmptyAndTrim(baseImage);
    }

    public boolean isDefaultChainAllowed() {
        return defaultChainAllowed;
    }

    @DataBoundSetter
    public void setDefaultChainAllowed(boolean defaultChainAllowed) {
        this.defaultChainAllowed = defaultChainAllowed;
    }

    public String getDefaultChainFolders() {
        return defaultChainFolders;
    }

    @DataBoundSetter
    public void setDefaultChainFolders(String defaultChainFolders) {
        this.defaultChainFolders = Util.fixEmptyAndTrim(defaultChainFolders);
    }
}
