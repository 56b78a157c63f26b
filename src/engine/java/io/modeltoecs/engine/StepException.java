package io.modeltoecs.engine;

/**
 * A step can't go on, for a reason that its user can act on. The message stands alone: it names the
 * parameter or the thing, its value and what would be right, and is shown without a stack trace.
 */
public class StepException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StepException(String message) {
        super(message);
    }

    public StepException(String message, Throwable cause) {
        super(message, cause);
    }
}
