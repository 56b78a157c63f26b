package io.jenkins.plugins.modeltoecs;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jenkinsci.plugins.workflow.steps.Step;
import org.kohsuke.stapler.DataBoundSetter;

/**
 * A step as it was written: what was given is kept as it is, and what it means stands in the
 * engine's options. So there is one plain setter per parameter, and none in a constructor:
 * Declarative refuses a step whose constructor's parameters are missing before a build begins.
 */
public abstract class ParameterizedStep extends Step {
    private final LinkedHashMap<String, Object> given = new LinkedHashMap<>();

    /** The arguments that were written, in plain values that can be kept over a restart. */
    final LinkedHashMap<String, Object> given() {
        return PlainValues.of(given);
    }

    final void give(String parameter, Object value) {
        given.put(parameter, value);
    }

    final <T> T given(String parameter, Class<T> type) {
        return type.cast(given.get(parameter));
    }

    final String text(String parameter) {
        return given(parameter, String.class);
    }

    @SuppressWarnings("unchecked") // as the setters took it
    final Map<String, Object> map(String parameter) {
        return given(parameter, Map.class);
    }

    public String getBucket() {
        return text("bucket");
    }

    @DataBoundSetter
    public void setBucket(String bucket) {
        give("bucket", bucket);
    }

    public String getPrefix() {
        return text("prefix");
    }

    @DataBoundSetter
    public void setPrefix(String prefix) {
        give("prefix", prefix);
    }

    public String getRegion() {
        return text("region");
    }

    @DataBoundSetter
    public void setRegion(String region) {
        give("region", region);
    }

    public String getCredentialsId() {
        return text("credentialsId");
    }

    @DataBoundSetter
    public void setCredentialsId(String credentialsId) {
        give("credentialsId", credentialsId);
    }

    public String getRoleArn() {
        return text("roleArn");
    }

    @DataBoundSetter
    public void setRoleArn(String roleArn) {
        give("roleArn", roleArn);
    }

    public String getExternalId() {
        return text("externalId");
    }

    @DataBoundSetter
    public void setExternalId(String externalId) {
        give("externalId", externalId);
    }

    public String getEndpoint() {
        return text("endpoint");
    }

    @DataBoundSetter
    public void setEndpoint(String endpoint) {
        give("endpoint", endpoint);
    }
}
