package io.modeltoecs.cloud.ecs;

import io.modeltoecs.cloud.elb.Target;
import io.modeltoecs.cloud.elb.TargetHealth;
import io.modeltoecs.cloud.elb.Targets;
import io.modeltoecs.cloud.elb.TrafficRules;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Load balancers whose targets are as healthy as a test says. */
final class SimulatedBalancer implements Targets, TrafficRules {
    static final TargetHealth INITIAL = new TargetHealth("initial", "Elb.InitialHealthChecking", "");
    static final TargetHealth HEALTHY = new TargetHealth("healthy", null, null);
    static final TargetHealth UNHEALTHY =
            new TargetHealth(
                    "unhealthy",
                    "Target.ResponseCodeMismatch",
                    "Health checks failed with these codes: [503]");

    /** In seconds, by target group. */
    final Map<String, Integer> delays = new HashMap<>();

    final Map<String, Map<String, Integer>> rules = new LinkedHashMap<>();
    private final Map<String, Map<Target, TargetHealth>> targets = new HashMap<>();
    private final Map<Target, Runnable> listeners = new HashMap<>();

    void group(String arn, int delay) {
        delays.put(arn, delay);
        targets.put(arn, new LinkedHashMap<>());
    }

    void set(Target target, TargetHealth health) {
        targets.values().forEach(g -> g.computeIfPresent(target, (t, h) -> health));
        listeners.getOrDefault(target, () -> {}).run();
    }

    int registered(String arn) {
        return targets.get(arn).size();
    }

    @Override
    public boolean exists(String group) {
        return delays.containsKey(group);
    }

    @Override
    public boolean isInUse(String group) {
        return rules.values().stream().anyMatch(w -> w.containsKey(group));
    }

    @Override
    public int deregistrationDelay(String group) {
        return delays.get(group);
    }

    @Override
    public void register(String group, Target target, Runnable onChange) {
        targets.get(group).put(target, INITIAL);
        listeners.put(target, onChange);
    }

    @Override
    public void drain(String group, Target target) {
        targets.get(group).put(target, new TargetHealth("draining", null, null));
    }

    @Override
    public void forget(String group, Target target) {
        targets.get(group).remove(target);
        listeners.remove(target);
    }

    @Override
    public TargetHealth health(String group, Target target) {
        return targets.get(group).getOrDefault(target, new TargetHealth("unused", null, null));
    }

    @Override
    public Set<String> targetGroups(String rule) {
        Map<String, Integer> weights = rules.get(rule);
        return weights == null ? null : weights.keySet();
    }

    @Override
    public void forward(String rule, Map<String, Integer> weights) {
        rules.put(rule, new LinkedHashMap<>(weights));
    }
}
