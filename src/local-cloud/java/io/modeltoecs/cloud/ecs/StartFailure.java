package io.modeltoecs.cloud.ecs;

/** Why a task could not be started, in ECS's words. */
final class StartFailure extends RuntimeException {
    private final transient TaskContainer container;

    /** A failure of a container, or of the whole task where it is null. */
    StartFailure(TaskContainer container, String reason) {
        super(reason, null, false, false);
        this.container = container;
    }

    TaskContainer container() {
        return container;
    }
}
