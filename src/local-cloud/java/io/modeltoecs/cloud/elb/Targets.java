package io.modeltoecs.cloud.elb;

/** The targets of target groups, as ECS sees them. Groups are named by their ARN. */
public interface Targets {

    /** Whether there is such a target group. */
    boolean exists(String group);

    /** Whether a listener forwards to the target group. */
    boolean isInUse(String group);

    /** How long a target drains, in seconds. */
    int deregistrationDelay(String group);

    /**
     * Takes a target in; it gets traffic once it is healthy.
     *
     * @param onChange called, without any lock, when its health changes
     */
    void register(String group, Target target, Runnable onChange);

    /** Gives a target no new requests; those under way go on. */
    void drain(String group, Target target);

    /** Takes a target out at once. */
    void forget(String group, Target target);

    /** What is thought of a target. */
    TargetHealth health(String group, Target target);
}
