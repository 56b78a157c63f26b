package io.modeltoecs.cloud.ecs;

/**
 * Why a deployment does not go on.
 *
 * @param state the deployment's rolloutStateReason, less the full stop
 * @param event what follows "deployment failed: " in the service's events; null where none is told
 * @param cause what follows "rolled back because " in the service deployment's statusReason
 * @param rollback whether to go back to the last completed deployment, where there is one
 */
record Failure(String state, String event, String cause, boolean rollback) {

    static Failure breaker(boolean rollback) {
        return new Failure(
                "ECS deployment circuit breaker: tasks failed to start",
                "tasks failed to start.",
                "the circuit breaker threshold was exceeded.",
                rollback);
    }

    static Failure alarm(boolean rollback) {
        return new Failure(
                "ECS deployment alarms: alarm detected",
                "alarm detected.",
                "a CloudWatch alarm was triggered.",
                rollback);
    }

    static Failure hooks(Stage stage, String detail) {
        return new Failure(
                "ECS deployment lifecycle hook: " + stage + " failed",
                null,
                stage + " lifecycle hook(s) failed. " + detail,
                true);
    }

    static Failure network(String detail) {
        return new Failure(
                "ECS deployment: invalid networking configuration",
                null,
                "of invalid networking configuration: " + detail,
                true);
    }

    static Failure tooLong(Stage stage) {
        return new Failure(
                "ECS deployment: " + stage + " took too long",
                null,
                stage + " lifecycle stage timed out.",
                true);
    }

    static Failure stopped(boolean rollback) {
        return new Failure(
                "ECS deployment was stopped by the user",
                null,
                "it was stopped by the user.",
                rollback);
    }

    /** The part of {@link #state} that names who noticed. */
    String source() {
        int colon = state.indexOf(':');
        return colon < 0 ? state : state.substring(0, colon);
    }
}
