package io.modeltoecs.cloud.elb;

import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.QueryParameters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The actions of listeners and rules in the API: forward by weight, and fixed answers. */
final class RuleActions {
    private static final int MAX_WEIGHT = 999;

    private RuleActions() {}

    /**
     * Gives a rule the actions of a request; one that names none leaves it as it is.
     *
     * @param known the target groups that there are
     * @throws AwsError where there is no such action or target group
     */
    static void set(Rule rule, List<QueryParameters> actions, Set<String> known) {
        if (actions.isEmpty()) {
            return;
        }
        if (actions.size() > 1) {
            throw AwsError.of("TooManyActions", "The local cloud's rules have one action.");
        }
        QueryParameters action = actions.get(0);
        switch (action.require("Type")) {
            case "forward" -> {
                rule.targetGroupWeights = weights(action, known);
                rule.fixedResponse = null;
            }
            case "fixed-response" -> {
                Rule.FixedResponse response = new Rule.FixedResponse();
                response.status = action.number("FixedResponseConfig.StatusCode", 0);
                response.contentType =
                        action.get("FixedResponseConfig.ContentType").orElse("text/plain");
                response.body = action.get("FixedResponseConfig.MessageBody").orElse("");
                if (response.status < 200 || response.status > 599) {
                    throw AwsError.of(
                            "ValidationError",
                            "StatusCode must be between 200 and 599, but was " + response.status);
                }
                rule.fixedResponse = response;
                rule.targetGroupWeights = Map.of();
            }
            default ->
                    throw AwsError.of(
                            "InvalidLoadBalancerAction",
                            "The local cloud's rules forward or give a fixed response, but the"
                                    + " action is "
                                    + action.require("Type"));
        }
    }

    private static Map<String, Integer> weights(QueryParameters action, Set<String> known) {
        Map<String, Integer> weights = new LinkedHashMap<>();
        List<QueryParameters> tuples = action.structures("ForwardConfig.TargetGroups");
        if (tuples.isEmpty()) {
            weights.put(action.require("TargetGroupArn"), 1);
        }
        for (QueryParameters tuple : tuples) {
            int weight = tuple.number("Weight", 1);
            if (weight < 0 || weight > MAX_WEIGHT) {
                throw AwsError.of(
                        "ValidationError",
                        "Weight must be between 0 and " + MAX_WEIGHT + ", but was " + weight);
            }
            weights.put(tuple.require("TargetGroupArn"), weight);
        }
        for (String arn : weights.keySet()) {
            if (!known.contains(arn)) {
                throw AwsError.of("TargetGroupNotFound", "Target group '" + arn + "' not found");
            }
        }
        return weights;
    }

    static Map<String, Object> describe(Rule rule) {
        Map<String, Object> action = new LinkedHashMap<>();
        Rule.FixedResponse response = rule.fixedResponse;
        action.put("Order", 1);
        if (response != null) {
            action.put("Type", "fixed-response");
            action.put(
                    "FixedResponseConfig",
                    Map.of(
                            "StatusCode",
                            response.status,
                            "ContentType",
                            response.contentType,
                            "MessageBody",
                            response.body));
            return action;
        }
        List<Object> tuples = new ArrayList<>();
        Map<String, Integer> weights = rule.targetGroupWeights;
        weights.forEach((arn, w) -> tuples.add(Map.of("TargetGroupArn", arn, "Weight", w)));
        action.put("Type", "forward");
        if (weights.size() == 1) {
            action.put("TargetGroupArn", weights.keySet().iterator().next());
        }
        action.put(
                "ForwardConfig",
                Map.of(
                        "TargetGroups",
                        tuples,
                        "TargetGroupStickinessConfig",
                        Map.of("Enabled", false)));
        return action;
    }
}
