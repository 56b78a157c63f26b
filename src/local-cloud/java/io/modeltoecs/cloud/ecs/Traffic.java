package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.elb.TrafficRules;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** How much of a service's traffic goes to which of its revisions' target groups. */
final class Traffic {
    private static final double ALL = 100;
    private static final int TENTHS = 10;

    private final TrafficRules rules;

    Traffic(TrafficRules rules) {
        this.rules = rules;
    }

    /**
     * Gives a revision its part of the production traffic; the rest is the other one's.
     *
     * @return what is wrong with the listener's rules; null where nothing is
     */
    String production(ServiceRevision revision, double percent) {
        return set(revision, "productionListenerRule", percent);
    }

    /**
     * Gives a revision its part of the test traffic.
     *
     * @return what is wrong with the listener's rules; null where nothing is
     */
    String test(ServiceRevision revision, double percent) {
        return set(revision, "testListenerRule", percent);
    }

    private String set(ServiceRevision revision, String kind, double percent) {
        for (JsonNode balancer : revision.loadBalancers()) {
            String rule = balancer.path("advancedConfiguration").path(kind).asText("");
            if (rule.isEmpty()) {
                continue;
            }
            Set<String> found = rules.targetGroups(rule);
            if (found == null) {
                return "The listener rule " + rule + " does not exist.";
            }
            String own = revision.targetGroup(balancer);
            String other = revision.otherTargetGroup(balancer);
            if (!found.contains(own) && !found.contains(other)) {
                return "The listener rule "
                        + rule
                        + " forwards to neither "
                        + own
                        + " nor "
                        + other
                        + ".";
            }
            rules.forward(rule, weights(own, other, percent));
        }
        return null;
    }

    /** Weights are whole numbers up to 999, and percents have tenths. */
    private static Map<String, Integer> weights(String own, String other, double percent) {
        int factor = percent == Math.rint(percent) ? 1 : TENTHS;
        int part = (int) Math.round(percent * factor);
        Map<String, Integer> weights = new LinkedHashMap<>();
        weights.put(other, (int) ALL * factor - part);
        weights.put(own, part);
        return weights;
    }
}
