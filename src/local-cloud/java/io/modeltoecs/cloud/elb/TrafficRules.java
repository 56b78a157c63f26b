package io.modeltoecs.cloud.elb;

import java.util.Map;
import java.util.Set;

/** The rules by which listeners forward, as ECS sees them: each by its ARN or its listener's. */
public interface TrafficRules {

    /** The target groups that a rule forwards to; null where there is no such rule. */
    Set<String> targetGroups(String rule);

    /** Makes a rule forward to target groups by weight. */
    void forward(String rule, Map<String, Integer> weights);
}
