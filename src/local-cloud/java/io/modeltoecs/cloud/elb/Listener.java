package io.modeltoecs.cloud.elb;

import java.util.LinkedHashMap;
import java.util.Map;

/** A listener: a port that forwards to target groups by weight. */
final class Listener {
    String arn;
    String loadBalancerArn;
    int port;
    Map<String, Integer> targetGroupWeights = new LinkedHashMap<>();
}
