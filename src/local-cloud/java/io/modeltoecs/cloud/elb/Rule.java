package io.modeltoecs.cloud.elb;

import io.undertow.server.HttpServerExchange;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a listener does with the requests that meet some conditions. */
class Rule {
    String arn;
    int priority;
    List<RuleCondition> conditions = List.of();

    /** Where they go to; empty where they are answered here. */
    volatile Map<String, Integer> targetGroupWeights = new LinkedHashMap<>();

    /** The answer, where they go nowhere; null where they do. */
    volatile FixedResponse fixedResponse;

    /** An answer without a target. */
    static final class FixedResponse {
        int status;
        String contentType;
        String body;
    }

    boolean matches(HttpServerExchange exchange) {
        return conditions.stream().allMatch(c -> c.matches(exchange));
    }
}
