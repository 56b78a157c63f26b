package io.modeltoecs.cloud.ecs;

import java.util.Optional;

/** Whether there is room for a task. */
interface Placement {
    /** One machine that takes all. */
    Placement UNLIMITED = (cluster, group) -> Optional.empty();

    /**
     * Why a task can't be placed.
     *
     * @param group as the task will have it: {@code service:NAME} or {@code family:NAME}
     * @return the reason as the events of a service have it; empty where it can be placed
     */
    Optional<String> refusal(String cluster, String group);
}
