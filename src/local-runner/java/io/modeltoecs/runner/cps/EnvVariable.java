package io.modeltoecs.runner.cps;

import edu.umd.cs.findbugs.annotations.SuppressFBWarnings;
import groovy.lang.GroovyObjectSupport;
import io.modeltoecs.runner.build.Build;
import java.io.Serializable;
import java.util.Map;

/** The variable {@code env}: reads what a process would get here, sets for the whole build. */
public final class EnvVariable extends GroovyObjectSupport implements Serializable {
    private static final long serialVersionUID = 1L;

    @SuppressFBWarnings(value = "SE_BAD_FIELD", justification = "a snapshot leaves the build out")
    private final Build build;

    EnvVariable(Build build) {
        this.build = build;
    }

    @Override
    public Object getProperty(String name) {
        return getEnvironment().get(name);
    }

    @Override
    public void setProperty(String name, Object value) {
        build.setVariable(name, value == null ? "" : value.toString());
    }

    /** All variables. */
    public Map<String, String> getEnvironment() {
        return build.environment(Interpreter.current().scope);
    }
}
