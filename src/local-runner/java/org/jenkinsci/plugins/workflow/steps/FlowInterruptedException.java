package org.jenkinsci.plugins.workflow.steps;

/**
 * A step was stopped from outside: by a timeout, by a failed parallel branch, or by the user. It
 * has Jenkins' name, so that a Jenkinsfile can catch it by that name.
 */
public final class FlowInterruptedException extends InterruptedException {
    private static final long serialVersionUID = 1L;

    private final String result;
    private boolean actualInterruption = true;

    /**
     * @param result what the build ends with unless this is caught, as {@code ABORTED}
     * @param cause why, in a sentence
     */
    public FlowInterruptedException(String result, String cause) {
        super(cause);
        this.result = result;
    }

    /** What the build ends with unless this is caught. */
    public String getResult() {
        return result;
    }

    /** Whether what is around should stop as well: false once a timeout has done its work. */
    public boolean isActualInterruption() {
        return actualInterruption;
    }

    public void setActualInterruption(boolean actualInterruption) {
        this.actualInterruption = actualInterruption;
    }
}
