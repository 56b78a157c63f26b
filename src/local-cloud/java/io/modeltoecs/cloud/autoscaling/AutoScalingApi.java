package io.modeltoecs.cloud.autoscaling;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.JsonApi;
import io.modeltoecs.cloud.state.Json;
import java.util.Map;

/**
 * The questions of Application Auto Scaling that deploy tools ask before they touch a service.
 * Nothing scales by itself here, so there is never a target or a policy; what would make one is an
 * unknown operation.
 */
public final class AutoScalingApi implements JsonApi {

    @Override
    public String target() {
        return "AnyScaleFrontendService";
    }

    @Override
    public Map<String, Action> actions() {
        return Map.of(
                "DescribeScalableTargets", in -> none("ScalableTargets"),
                "DescribeScalingPolicies", in -> none("ScalingPolicies"));
    }

    private static ObjectNode none(String member) {
        ObjectNode out = Json.object();
        out.putArray(member);
        return out;
    }
}
