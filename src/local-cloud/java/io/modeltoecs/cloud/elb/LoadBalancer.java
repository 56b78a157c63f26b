package io.modeltoecs.cloud.elb;

import java.util.LinkedHashMap;
import java.util.Map;

/** A load balancer: a name for listeners, and their settings. */
final class LoadBalancer {
    static final String IDLE_TIMEOUT = "idle_timeout.timeout_seconds";

    String arn;
    String name;
    long createdAt;
    String scheme = "internet-facing";
    Map<String, String> tags = new LinkedHashMap<>();

    /** With the defaults of an Application Load Balancer. */
    Map<String, String> attributes =
            new LinkedHashMap<>(
                    Map.of(
                            IDLE_TIMEOUT,
                            "60",
                            "deletion_protection.enabled",
                            "false",
                            "load_balancing.cross_zone.enabled",
                            "true",
                            "access_logs.s3.enabled",
                            "false",
                            "client_keep_alive.seconds",
                            "3600",
                            "routing.http2.enabled",
                            "true"));

    /** How long a connection is kept that nothing goes over, and an answer is waited for. */
    int idleSeconds() {
        return Integer.parseInt(attributes.get(IDLE_TIMEOUT));
    }
}
