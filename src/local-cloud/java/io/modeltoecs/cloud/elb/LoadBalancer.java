package io.modeltoecs.cloud.elb;

import java.util.LinkedHashMap;
import java.util.Map;

/** A load balancer: a name for listeners. */
final class LoadBalancer {
    String arn;
    String name;
    long createdAt;
    String scheme = "internet-facing";
    Map<String, String> tags = new LinkedHashMap<>();
}
