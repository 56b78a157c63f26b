package io.modeltoecs.cloud.elb;

import io.undertow.server.HttpServerExchange;
import java.util.List;

/** A listener: a port with rules; it is itself the rule for what no other one matches. */
final class Listener extends Rule {
    String loadBalancerArn;
    int port;

    /** By priority; replaced as a whole, as requests are matched meanwhile. */
    volatile List<Rule> rules = List.of();

    /** The rule for a request. */
    Rule ruleFor(HttpServerExchange exchange) {
        return rules.stream().filter(r -> r.matches(exchange)).findFirst().orElse(this);
    }

    /** The ARN of the rule that it is itself. */
    String defaultRuleArn() {
        return arn.replace(":listener/", ":listener-rule/") + "/default";
    }
}
