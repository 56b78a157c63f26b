package io.modeltoecs.cloud.ecs;

/** A lifecycle hook at which a deployment pauses. */
final class Hook {
    static final String WAITS = "AWAITING_ACTION";
    static final String SUCCEEDED = "SUCCEEDED";
    static final String FAILED = "FAILED";
    static final String TIMED_OUT = "TIMED_OUT";

    String id;
    Stage stage;
    String status = WAITS;
    long expiresAt;
    String timeoutAction;

    boolean waits() {
        return status.equals(WAITS);
    }

    /** Whether the deployment may go on as far as this hook is concerned. */
    boolean lets() {
        return status.equals(SUCCEEDED) || isTimedOut() && timeoutAction.equals("CONTINUE");
    }

    boolean isTimedOut() {
        return status.equals(TIMED_OUT);
    }
}
