package io.jenkins.plugins.modeltoecs;

import hudson.AbortException;
import hudson.model.Item;
import hudson.util.ListBoxModel;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.Arguments;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import net.sf.json.JSONObject;
import org.jenkinsci.plugins.workflow.steps.Step;
import org.jenkinsci.plugins.workflow.steps.StepDescriptor;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.StaplerRequest2;
import org.kohsuke.stapler.verb.POST;

/** What Jenkins knows of a step: its name, its parameters and what it needs around it. */
public abstract class ParameterizedStepDescriptor extends StepDescriptor {
    private final Supplier<? extends ParameterizedStep> maker;
    private final String name;
    private final String displayName;
    private final Class<? extends Record> options;
    private final Set<Class<?>> requiredContext;

    /**
     * @param maker makes a step without arguments
     * @param name the step's name in a Jenkinsfile
     * @param displayName what it does, in the list of steps
     * @param options the engine's options: their components are the step's parameters
     * @param requiredContext what must be around the step
     */
    ParameterizedStepDescriptor(
            Supplier<? extends ParameterizedStep> maker,
            String name,
            String displayName,
            Class<? extends Record> options,
            Set<Class<?>> requiredContext) {
        this.maker = maker;
        this.name = name;
        this.displayName = displayName;
        this.options = options;
        this.requiredContext = requiredContext;
    }

    @Override
    public final String getFunctionName() {
        return name;
    }

    @Override
    public final String getDisplayName() {
        return displayName;
    }

    @Override
    public final Set<? extends Class<?>> getRequiredContext() {
        return requiredContext;
    }

    /** Names of all parameters. */
    final List<String> parameters() {
        return Arguments.namesOf(options);
    }

    /**
     * Makes a step from the arguments of a call, as they are: the engine's options say what is
     * wrong with one, when the step starts. Pipeline itself would end with an exception's text, or
     * take any text that isn't true for false.
     *
     * @throws AbortException if one of them isn't a parameter: Pipeline itself only logs a warning
     */
    @Override
    @SuppressWarnings("deprecation") // what workflow-cps calls where it is overridden
    public final Step newInstance(Map<String, Object> arguments) throws Exception {
        try {
            Arguments.refuseUnknown(name, arguments, parameters());
        } catch (StepException e) {
            throw new AbortException(e.getMessage());
        }
        ParameterizedStep step = maker.get();
        arguments.forEach(step::give);
        return step;
    }

    /** Makes a step from a form of the Snippet Generator, which shows what is wrong with it. */
    @Override
    @SuppressWarnings("deprecation") // binds texts to the setters' types, which the getters return
    public final Step newInstance(StaplerRequest2 request, JSONObject form) {
        Map<String, Object> arguments =
                new FormArguments(parameters(), clazz.asSubclass(Step.class)).read(form);
        try {
            return super.newInstance(arguments);
        } catch (Exception e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** What the form offers for {@code credentialsId}. */
    @POST
    public final ListBoxModel doFillCredentialsIdItems(
            @AncestorInPath Item item, @QueryParameter String credentialsId) {
        return CredentialsChoice.awsKeys(item, credentialsId);
    }

    /** The parameter that says most, shown beside the step's name. */
    @Override
    public final String argumentsToString(Map<String, Object> arguments) {
        Object value = arguments.get(mainParameter());
        return value instanceof String text ? text : null;
    }

    abstract String mainParameter();
}
