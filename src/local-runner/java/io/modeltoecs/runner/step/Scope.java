package io.modeltoecs.runner.step;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the enclosing blocks give to a step.
 *
 * @param environment variables of {@code withEnv} and {@code withCredentials}; an empty value
 *     removes
 * @param workspace the folder of the enclosing {@code node}, or null outside one
 * @param directory the current directory, or null outside a {@code node}
 * @param branch name of the enclosing parallel branch, or null
 * @param stage name of the enclosing stage, or null
 */
public record Scope(
        LinkedHashMap<String, String> environment,
        String workspace,
        String directory,
        String branch,
        String stage)
        implements Serializable {

    /** Outside of any block. */
    public static final Scope TOP = new Scope(new LinkedHashMap<>(), null, null, null, null);

    /** This, with more variables. */
    public Scope with(Map<String, String> variables) {
        LinkedHashMap<String, String> all = new LinkedHashMap<>(environment);
        all.putAll(variables);
        return new Scope(all, workspace, directory, branch, stage);
    }

    /** This, in a workspace. */
    public Scope at(String newWorkspace) {
        return new Scope(environment, newWorkspace, newWorkspace, branch, stage);
    }

    /** This, in another directory. */
    public Scope in(String newDirectory) {
        return new Scope(environment, workspace, newDirectory, branch, stage);
    }

    /** This, in a parallel branch. */
    public Scope onBranch(String newBranch) {
        return new Scope(environment, workspace, directory, newBranch, stage);
    }

    /** This, in a stage. */
    public Scope inStage(String newStage) {
        return new Scope(environment, workspace, directory, branch, newStage);
    }
}
