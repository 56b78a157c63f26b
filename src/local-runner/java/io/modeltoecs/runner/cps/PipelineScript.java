package io.modeltoecs.runner.cps;

import com.cloudbees.groovy.cps.SerializableScript;
import groovy.lang.MissingPropertyException;
import io.modeltoecs.runner.build.Build;
import org.codehaus.groovy.runtime.InvokerHelper;
import org.codehaus.groovy.runtime.InvokerInvocationException;

/**
 * Base class of the Jenkinsfile and of each var. Names are resolved in Jenkins' order ({@code
 * CpsScript} of workflow-cps): binding, global variable (a var among them), step.
 */
public abstract class PipelineScript extends SerializableScript {
    private static final long serialVersionUID = 1L;
    private static final String STEPS = "steps";

    private Build build;

    /** Ties a new script to its build. */
    final void initialize(Build newBuild) {
        build = newBuild;
        getBinding().setVariable(STEPS, new Steps(build));
    }

    @Override
    public final Object invokeMethod(String name, Object arguments) {
        if (getBinding().hasVariable(name)) {
            Object variable = getBinding().getVariable(name);
            if (!InvokerHelper.getMetaClass(variable)
                    .respondsTo(variable, "call", InvokerHelper.asArray(arguments))
                    .isEmpty()) {
                return call(variable, arguments);
            }
        }
        Object global = Globals.get(build, this, name);
        if (global != null) {
            return call(global, arguments);
        }
        return ((Steps) getBinding().getVariable(STEPS)).invokeMethod(name, arguments);
    }

    private static Object call(Object receiver, Object arguments) {
        try {
            return InvokerHelper.getMetaClass(receiver).invokeMethod(receiver, "call", arguments);
        } catch (Exception e) {
            throw new InvokerInvocationException(e);
        }
    }

    @Override
    public Object getProperty(String property) {
        try {
            return super.getProperty(property);
        } catch (MissingPropertyException missing) {
            Object global = Globals.get(build, this, property);
            if (global != null) {
                return global;
            }
            String variable = build.environment(Interpreter.current().scope).get(property);
            if (variable != null) {
                return variable;
            }
            throw missing;
        }
    }

    @Override
    public void println() {
        invokeMethod("echo", "");
    }

    @Override
    public void print(Object value) {
        println(value);
    }

    @Override
    public void println(Object value) {
        invokeMethod("echo", String.valueOf(value));
    }

    /** The step, not Groovy's method of this name. */
    public Object sleep(long time) {
        return invokeMethod("sleep", time);
    }
}
