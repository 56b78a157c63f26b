package io.modeltoecs.runner.step;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** All steps that there are, by name. */
public final class StepRegistry {
    /** Calls that describe a thing for a step, without doing anything. */
    private static final Set<String> SYMBOLS =
            Set.of(
                    // build parameters
                    "parameters",
                    "string",
                    "text",
                    "booleanParam",
                    "choice",
                    "password",
                    // other properties of a job
                    "buildDiscarder",
                    "logRotator",
                    "disableConcurrentBuilds",
                    "disableResume",
                    "durabilityHint",
                    "pipelineTriggers",
                    "cron",
                    "pollSCM",
                    "githubPush",
                    "upstream",
                    // credentials
                    "usernamePassword",
                    "usernameColonPassword",
                    "aws");

    private final Map<String, Step> steps = new TreeMap<>();

    /** Adds steps. */
    public void add(Collection<Step> more) {
        more.forEach(step -> steps.put(step.name(), step));
    }

    /** The step, or null. */
    public Step step(String name) {
        return steps.get(name);
    }

    /** The names of all steps. */
    public Set<String> names() {
        return steps.keySet();
    }

    /** Whether a call of this name describes a thing for a step. */
    public boolean isSymbol(String name) {
        return SYMBOLS.contains(name);
    }
}
