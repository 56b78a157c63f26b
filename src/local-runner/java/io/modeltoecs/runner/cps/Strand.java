package io.modeltoecs.runner.cps;

import com.cloudbees.groovy.cps.Continuable;
import com.cloudbees.groovy.cps.Outcome;
import io.modeltoecs.runner.step.Block;
import io.modeltoecs.runner.step.Scope;
import java.io.Serializable;

/**
 * A line of execution: the Jenkinsfile itself, or the body of a step that is running. It either can
 * be resumed, or waits for its step.
 */
final class Strand implements Serializable {
    private static final long serialVersionUID = 1L;

    final int id;

    /** The strand whose step runs this body, or null for the Jenkinsfile itself. */
    final Integer parent;

    /** Which of that step's bodies this is. */
    final String key;

    final Scope scope;
    final Continuable program;

    /** What the program is to go on with, or null while it waits. */
    Outcome resume;

    /** The step it waits for, or null. */
    StepCall call;

    /** The step it waits for, if that has a body. */
    Block block;

    /** When that step began, on the clock of System.nanoTime. */
    long startedAt;

    /** Counts the calls, so that a late alarm or result can be told from a current one. */
    int calls;

    /** Why the step it waits for was stopped, or null. */
    Throwable stopped;

    Strand(int id, Integer parent, String key, Scope scope, Continuable program, Outcome resume) {
        this.id = id;
        this.parent = parent;
        this.key = key;
        this.scope = scope;
        this.program = program;
        this.resume = resume;
    }
}
