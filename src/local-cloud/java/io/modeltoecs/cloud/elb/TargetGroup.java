package io.modeltoecs.cloud.elb;

import java.util.LinkedHashMap;
import java.util.Map;

/** A target group's settings, with the defaults of an Application Load Balancer. */
final class TargetGroup {
    static final String DEREGISTRATION_DELAY = "deregistration_delay.timeout_seconds";

    String arn;
    String name;
    String protocol = "HTTP";
    int port = 80;
    String targetType = "ip";
    boolean healthCheckEnabled = true;
    String healthCheckPath = "/";
    String healthCheckPort = "traffic-port";
    int intervalSeconds = 30;
    int timeoutSeconds = 6;
    int healthyThreshold = 5;
    int unhealthyThreshold = 2;
    String matcher = "200";
    Map<String, String> attributes = new LinkedHashMap<>(Map.of(DEREGISTRATION_DELAY, "300"));
    Map<String, String> tags = new LinkedHashMap<>();

    int deregistrationDelaySeconds() {
        return Integer.parseInt(attributes.get(DEREGISTRATION_DELAY));
    }

    /** Whether the matcher ({@code 200}, {@code 200,204} or {@code 200-299}) holds a status. */
    boolean matches(int status) {
        for (String part : matcher.split(",")) {
            String[] ends = part.strip().split("-");
            int low = Integer.parseInt(ends[0]);
            int high = ends.length > 1 ? Integer.parseInt(ends[1]) : low;
            if (status >= low && status <= high) {
                return true;
            }
        }
        return false;
    }
}
