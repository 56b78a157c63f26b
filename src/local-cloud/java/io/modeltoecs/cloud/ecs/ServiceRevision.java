package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.state.Json;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a deployment rolls out. */
final class ServiceRevision {
    String arn;
    String taskDefinition;
    long createdAt;
    Map<String, String> images = new LinkedHashMap<>();
    Map<String, String> digests = new HashMap<>();

    /** The service's settings that are a matter of the revision, as they were set. */
    ObjectNode settings = Json.object();

    /** Whether its tasks are in the alternate target groups of the load balancers that have one. */
    boolean alternate;

    JsonNode loadBalancers() {
        return settings.path("loadBalancers");
    }

    /** Where its tasks register, of one of its load balancers. */
    String targetGroup(JsonNode balancer) {
        String own = balancer.path("targetGroupArn").asText();
        return alternate ? alternateOf(balancer, own) : own;
    }

    /** Where the tasks of the revision before it or after it register. */
    String otherTargetGroup(JsonNode balancer) {
        String own = balancer.path("targetGroupArn").asText();
        return alternate ? own : alternateOf(balancer, own);
    }

    private static String alternateOf(JsonNode balancer, String own) {
        return balancer.at("/advancedConfiguration/alternateTargetGroupArn").asText(own);
    }
}
