package io.modeltoecs.cloud.elb;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.state.Json;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What was counted, by the names of CloudWatch's metrics of Application Load Balancers.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html">CloudWatch
 *     metrics for your Application Load Balancer</a>
 */
final class TrafficCounts {
    private static final int CLASS = 100;

    private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();

    void request() {
        add("RequestCount");
    }

    void connectionError() {
        add("TargetConnectionErrorCount");
    }

    /** A target's answer. */
    void answered(int status) {
        add("HTTPCode_Target_" + status / CLASS + "XX_Count");
    }

    /** An answer of the load balancer's own. */
    void refused(int status) {
        add("HTTPCode_ELB_" + status / CLASS + "XX_Count");
        add("HTTPCode_ELB_" + status + "_Count");
    }

    private void add(String name) {
        counts.computeIfAbsent(name, n -> new LongAdder()).increment();
    }

    ObjectNode json() {
        ObjectNode json = Json.object();
        new TreeMap<>(counts).forEach((name, count) -> json.put(name, count.sum()));
        return json;
    }
}
