package io.modeltoecs.cloud.ecs;

/** Runs tasks. All under the store's lock; nothing here takes long. */
interface TaskRuntime {

    /** What is told of tasks, under the store's lock. */
    interface Listener {

        /** A task is up. */
        void running(Task task);

        /** A task that was up when the former process ended still is. */
        void resumed(Task task);

        /** A container of a task has become healthy or unhealthy. */
        void healthChanged(Task task);

        /** A task has ended. */
        void stopped(Task task);
    }

    /** Who is told; before the first task is started. */
    void setListener(Listener listener);

    /** Takes a task in and starts it. */
    void start(Task task);

    /**
     * Stops a task; one that is stopped already stays as it is.
     *
     * @param drain whether load balancers may finish what they have sent it
     */
    void stop(Task task, String code, String reason, boolean drain);
}
