package io.modeltoecs.cloud.elb;

/**
 * What a load balancer thinks of a target.
 *
 * @param state initial, healthy, unhealthy, draining, unused or unavailable
 * @param reason ELB's reason code; null where there is none
 * @param description in words; null where there are none
 */
public record TargetHealth(String state, String reason, String description) {
    static final TargetHealth REGISTERING =
            new TargetHealth(
                    "initial", "Elb.RegistrationInProgress", "Target registration is in progress");
    static final TargetHealth CHECKING =
            new TargetHealth(
                    "initial", "Elb.InitialHealthChecking", "Initial health checks in progress");
    static final TargetHealth HEALTHY = new TargetHealth("healthy", null, null);
    static final TargetHealth DRAINING =
            new TargetHealth(
                    "draining",
                    "Target.DeregistrationInProgress",
                    "Target deregistration is in progress");
    static final TargetHealth UNUSED =
            new TargetHealth(
                    "unused",
                    "Target.NotInUse",
                    "Target group is not configured to receive traffic from the load balancer");
    static final TargetHealth NOT_REGISTERED =
            new TargetHealth(
                    "unused",
                    "Target.NotRegistered",
                    "Target is not registered to the target group");

    static TargetHealth unhealthy(String reason, String description) {
        return new TargetHealth("unhealthy", reason, description);
    }

    /** Gets traffic. */
    public boolean isHealthy() {
        return state.equals("healthy");
    }

    /** Failed its checks. */
    public boolean isUnhealthy() {
        return state.equals("unhealthy");
    }
}
