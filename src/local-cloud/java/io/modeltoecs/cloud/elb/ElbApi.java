package io.modeltoecs.cloud.elb;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.QueryApi;
import io.modeltoecs.cloud.api.QueryParameters;
import io.modeltoecs.cloud.state.StateFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Elastic Load Balancing v2: Application Load Balancers whose listeners are ports of 127.0.0.1. */
public final class ElbApi implements QueryApi, TrafficRules, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ElbApi.class);
    private static final String HOST = "127.0.0.1";
    private static final int ID_LENGTH = 16;

    private static final int MAX_IDLE_SECONDS = 4000;
    private static final int MAX_DELAY_SECONDS = 3600;
    private static final int MAX_PRIORITY = 50_000;

    private final StateFile file;
    private final State state;
    private final TargetGroups groups;
    private final ListenerPorts ports;

    private static final class State {
        Map<String, LoadBalancer> loadBalancers = new LinkedHashMap<>();
        Map<String, TargetGroup> targetGroups = new LinkedHashMap<>();
        Map<String, Listener> listeners = new LinkedHashMap<>();
    }

    public ElbApi(StateFile file, TargetGroups groups) {
        this.file = file;
        this.groups = groups;
        this.ports = new ListenerPorts(groups);
        this.state = file.load(State.class, State::new);
        state.targetGroups.values().forEach(groups::add);
        for (Listener listener : state.listeners.values()) {
            try {
                open(listener);
            } catch (AwsError e) {
                LOG.warn("{}: {}", listener.arn, e.getMessage());
            }
        }
        updateUse();
    }

    @Override
    public String signingName() {
        return "elasticloadbalancing";
    }

    @Override
    public String namespace() {
        return "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/";
    }

    @Override
    public Map<String, Action> actions() {
        Map<String, Action> all = new LinkedHashMap<>();
        all.put("CreateLoadBalancer", this::createLoadBalancer);
        all.put("DescribeLoadBalancers", this::describeLoadBalancers);
        all.put("DescribeLoadBalancerAttributes", this::balancerAttributes);
        all.put("ModifyLoadBalancerAttributes", this::modifyBalancerAttributes);
        all.put("DeleteLoadBalancer", this::deleteLoadBalancer);
        all.put("CreateTargetGroup", this::createTargetGroup);
        all.put("DescribeTargetGroups", this::describeTargetGroups);
        all.put("ModifyTargetGroup", this::modifyTargetGroup);
        all.put("DeleteTargetGroup", this::deleteTargetGroup);
        all.put("ModifyTargetGroupAttributes", this::modifyAttributes);
        all.put("DescribeTargetGroupAttributes", in -> attributes(group(in).attributes));
        all.put("CreateListener", this::createListener);
        all.put("DescribeListeners", this::describeListeners);
        all.put("ModifyListener", this::modifyListener);
        all.put("DeleteListener", this::deleteListener);
        all.put("CreateRule", this::createRule);
        all.put("DescribeRules", this::describeRules);
        all.put("ModifyRule", this::modifyRule);
        all.put("SetRulePriorities", this::setRulePriorities);
        all.put("DeleteRule", this::deleteRule);
        all.put("RegisterTargets", this::registerTargets);
        all.put("DeregisterTargets", this::deregisterTargets);
        all.put("DescribeTargetHealth", this::describeTargetHealth);
        all.put("DescribeTags", this::describeTags);
        all.put("AddTags", this::addTags);
        all.put("RemoveTags", this::removeTags);
        return all;
    }

    /**
     * Makes a load balancer, a target group and a listener that forwards to it, all of one name,
     * unless they are there: what a newcomer's first service is reached by. The group checks {@code
     * /readyz} and drains quickly.
     *
     * @return the target group's ARN
     */
    public synchronized String provide(String name, int port) {
        createLoadBalancer(new QueryParameters(Map.of("Name", name)));
        String balancer = arn(name, state.loadBalancers, b -> b.name).orElseThrow();
        Optional<String> found = arn(name, state.targetGroups, g -> g.name);
        if (found.isEmpty()) {
            createTargetGroup(
                    new QueryParameters(
                            Map.of(
                                    "Name", name,
                                    "Port", "8080",
                                    "TargetType", "ip",
                                    "HealthCheckPath", "/readyz",
                                    "HealthCheckIntervalSeconds", "5",
                                    "HealthCheckTimeoutSeconds", "2",
                                    "HealthyThresholdCount", "2",
                                    "UnhealthyThresholdCount", "2")));
            found = arn(name, state.targetGroups, g -> g.name);
            state.targetGroups
                    .get(found.orElseThrow())
                    .attributes
                    .put(TargetGroup.DEREGISTRATION_DELAY, "5");
        }
        String group = found.orElseThrow();
        if (state.listeners.values().stream().noneMatch(l -> l.port == port)) {
            createListener(
                    new QueryParameters(
                            Map.of(
                                    "LoadBalancerArn",
                                    balancer,
                                    "Port",
                                    String.valueOf(port),
                                    "DefaultActions.member.1.Type",
                                    "forward",
                                    "DefaultActions.member.1.TargetGroupArn",
                                    group)));
        }
        return group;
    }

    private static <T> Optional<String> arn(
            String name, Map<String, T> all, Function<T, String> nameOf) {
        return all.entrySet().stream()
                .filter(e -> nameOf.apply(e.getValue()).equals(name))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private synchronized Map<String, ?> createLoadBalancer(QueryParameters in) {
        String name = in.require("Name");
        LoadBalancer balancer =
                state.loadBalancers.values().stream()
                        .filter(b -> b.name.equals(name))
                        .findFirst()
                        .orElseGet(LoadBalancer::new);
        if (balancer.arn == null) {
            balancer.name = name;
            balancer.arn = Arns.of("elasticloadbalancing", "loadbalancer/app/" + name + "/" + id());
            balancer.createdAt = System.currentTimeMillis();
            balancer.scheme = in.get("Scheme").orElse(balancer.scheme);
            balancer.tags.putAll(in.pairs("Tags"));
            state.loadBalancers.put(balancer.arn, balancer);
            save();
        }
        return Map.of("LoadBalancers", List.of(describe(balancer)));
    }

    private synchronized Map<String, ?> describeLoadBalancers(QueryParameters in) {
        List<String> arns = in.list("LoadBalancerArns");
        List<String> names = in.list("Names");
        List<Object> found = new ArrayList<>();
        for (LoadBalancer balancer : state.loadBalancers.values()) {
            if (arns.isEmpty() && names.isEmpty()
                    || arns.contains(balancer.arn)
                    || names.contains(balancer.name)) {
                found.add(describe(balancer));
            }
        }
        requireAll(arns, names, found, "LoadBalancerNotFound", "load balancers");
        return Markers.page("LoadBalancers", found, in);
    }

    private synchronized Map<String, ?> balancerAttributes(QueryParameters in) {
        return attributes(balancer(in).attributes);
    }

    private synchronized Map<String, ?> modifyBalancerAttributes(QueryParameters in) {
        LoadBalancer balancer = balancer(in);
        Map<String, String> given = in.pairs("Attributes");
        for (String key : given.keySet()) {
            if (!balancer.attributes.containsKey(key)) {
                throw AwsError.of(
                        "ValidationError",
                        "Load balancer attribute key '"
                                + key
                                + "' is not recognized: there are "
                                + balancer.attributes.keySet());
            }
        }
        within(given, LoadBalancer.IDLE_TIMEOUT, 1, MAX_IDLE_SECONDS);
        balancer.attributes.putAll(given);
        state.listeners.values().stream()
                .filter(l -> l.loadBalancerArn.equals(balancer.arn))
                .forEach(l -> ports.idleSeconds(l.arn, balancer.idleSeconds()));
        save();
        return attributes(balancer.attributes);
    }

    /** Refuses an attribute that is given and is no whole number of a range. */
    private static void within(Map<String, String> given, String key, int least, int most) {
        String value = given.getOrDefault(key, String.valueOf(least));
        boolean fits = value.matches("\\d{1,9}");
        if (!fits || Integer.parseInt(value) < least || Integer.parseInt(value) > most) {
            throw AwsError.of(
                    "ValidationError",
                    key + " must be between " + least + " and " + most + ", but was " + value);
        }
    }

    private LoadBalancer balancer(QueryParameters in) {
        String arn = in.require("LoadBalancerArn");
        LoadBalancer balancer = state.loadBalancers.get(arn);
        if (balancer == null) {
            throw AwsError.of("LoadBalancerNotFound", "Load balancer '" + arn + "' not found");
        }
        return balancer;
    }

    private synchronized Map<String, ?> deleteLoadBalancer(QueryParameters in) {
        String arn = in.require("LoadBalancerArn");
        state.loadBalancers.remove(arn);
        List<Listener> gone =
                state.listeners.values().stream()
                        .filter(l -> l.loadBalancerArn.equals(arn))
                        .toList();
        gone.forEach(l -> closeListener(l.arn));
        save();
        return Map.of();
    }

    private Map<String, Object> describe(LoadBalancer balancer) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("LoadBalancerArn", balancer.arn);
        out.put("DNSName", HOST);
        out.put("CanonicalHostedZoneId", "Z0000000000000");
        out.put("CreatedTime", Instant.ofEpochMilli(balancer.createdAt));
        out.put("LoadBalancerName", balancer.name);
        out.put("Scheme", balancer.scheme);
        out.put("VpcId", "vpc-local");
        out.put("State", Map.of("Code", "active"));
        out.put("Type", "application");
        out.put("IpAddressType", "ipv4");
        return out;
    }

    private synchronized Map<String, ?> createTargetGroup(QueryParameters in) {
        String name = in.require("Name");
        if (state.targetGroups.values().stream().anyMatch(g -> g.name.equals(name))) {
            throw AwsError.of(
                    "DuplicateTargetGroupName",
                    "A target group with the same name '" + name + "' exists");
        }
        TargetGroup group = new TargetGroup();
        group.name = name;
        group.arn = Arns.of("elasticloadbalancing", "targetgroup/" + name + "/" + id());
        group.protocol = in.get("Protocol").orElse(group.protocol);
        group.port = in.number("Port", group.port);
        group.targetType = in.get("TargetType").orElse("instance");
        group.tags.putAll(in.pairs("Tags"));
        setHealthCheck(group, in);
        state.targetGroups.put(group.arn, group);
        groups.add(group);
        save();
        return Map.of("TargetGroups", List.of(describe(group)));
    }

    /** The ranges are AWS's, except that a group that is only tried out may check every second. */
    private static void setHealthCheck(TargetGroup group, QueryParameters in) {
        int interval = in.number("HealthCheckIntervalSeconds", group.intervalSeconds, 1, 300);
        int timeout = in.number("HealthCheckTimeoutSeconds", group.timeoutSeconds, 1, 120);
        int healthy = in.number("HealthyThresholdCount", group.healthyThreshold, 2, 10);
        int unhealthy = in.number("UnhealthyThresholdCount", group.unhealthyThreshold, 2, 10);
        if (timeout >= Math.max(interval, 2)) {
            throw AwsError.of(
                    "ValidationError", "Health check interval must be greater than the timeout.");
        }
        group.intervalSeconds = interval;
        group.timeoutSeconds = timeout;
        group.healthyThreshold = healthy;
        group.unhealthyThreshold = unhealthy;
        group.healthCheckEnabled =
                in.get("HealthCheckEnabled")
                        .map(Boolean::parseBoolean)
                        .orElse(group.healthCheckEnabled);
        group.healthCheckPath = in.get("HealthCheckPath").orElse(group.healthCheckPath);
        group.healthCheckPort = in.get("HealthCheckPort").orElse(group.healthCheckPort);
        group.matcher = in.get("Matcher.HttpCode").orElse(group.matcher);
    }

    private synchronized Map<String, ?> describeTargetGroups(QueryParameters in) {
        List<String> arns = in.list("TargetGroupArns");
        List<String> names = in.list("Names");
        String balancer = in.get("LoadBalancerArn").orElse("");
        List<Object> found = new ArrayList<>();
        for (TargetGroup group : state.targetGroups.values()) {
            boolean wanted =
                    balancer.isEmpty()
                            ? arns.isEmpty() && names.isEmpty()
                                    || arns.contains(group.arn)
                                    || names.contains(group.name)
                            : loadBalancersOf(group.arn).contains(balancer);
            if (wanted) {
                found.add(describe(group));
            }
        }
        requireAll(arns, names, found, "TargetGroupNotFound", "target groups");
        return Markers.page("TargetGroups", found, in);
    }

    private synchronized Map<String, ?> modifyTargetGroup(QueryParameters in) {
        TargetGroup group = group(in);
        setHealthCheck(group, in);
        save();
        return Map.of("TargetGroups", List.of(describe(group)));
    }

    private synchronized Map<String, ?> deleteTargetGroup(QueryParameters in) {
        String arn = in.require("TargetGroupArn");
        if (!loadBalancersOf(arn).isEmpty()) {
            throw AwsError.of(
                    "ResourceInUse",
                    "Target group '" + arn + "' is currently in use by a listener or a rule");
        }
        state.targetGroups.remove(arn);
        groups.remove(arn);
        save();
        return Map.of();
    }

    private synchronized Map<String, ?> modifyAttributes(QueryParameters in) {
        TargetGroup group = group(in);
        Map<String, String> given = in.pairs("Attributes");
        within(given, TargetGroup.DEREGISTRATION_DELAY, 0, MAX_DELAY_SECONDS);
        group.attributes.putAll(given);
        save();
        return attributes(group.attributes);
    }

    private static Map<String, ?> attributes(Map<String, String> attributes) {
        List<Object> all = new ArrayList<>();
        attributes.forEach((k, v) -> all.add(Map.of("Key", k, "Value", v)));
        return Map.of("Attributes", all);
    }

    private Map<String, Object> describe(TargetGroup group) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("TargetGroupArn", group.arn);
        out.put("TargetGroupName", group.name);
        out.put("Protocol", group.protocol);
        out.put("Port", group.port);
        out.put("VpcId", "vpc-local");
        out.put("HealthCheckProtocol", "HTTP");
        out.put("HealthCheckPort", group.healthCheckPort);
        out.put("HealthCheckEnabled", group.healthCheckEnabled);
        out.put("HealthCheckIntervalSeconds", group.intervalSeconds);
        out.put("HealthCheckTimeoutSeconds", group.timeoutSeconds);
        out.put("HealthyThresholdCount", group.healthyThreshold);
        out.put("UnhealthyThresholdCount", group.unhealthyThreshold);
        out.put("HealthCheckPath", group.healthCheckPath);
        out.put("Matcher", Map.of("HttpCode", group.matcher));
        out.put("LoadBalancerArns", loadBalancersOf(group.arn));
        out.put("TargetType", group.targetType);
        out.put("ProtocolVersion", "HTTP1");
        return out;
    }

    private List<String> loadBalancersOf(String groupArn) {
        return state.listeners.values().stream()
                .filter(l -> rulesOf(l).anyMatch(r -> r.targetGroupWeights.containsKey(groupArn)))
                .map(l -> l.loadBalancerArn)
                .distinct()
                .toList();
    }

    private void open(Listener listener) {
        LoadBalancer balancer = state.loadBalancers.get(listener.loadBalancerArn);
        ports.open(listener, balancer.idleSeconds());
    }

    private synchronized Map<String, ?> createListener(QueryParameters in) {
        String balancer = balancer(in).arn;
        if (!in.get("Protocol").orElse("HTTP").equals("HTTP")) {
            throw AwsError.of(
                    "UnsupportedProtocol",
                    "The local cloud's listeners speak HTTP, not " + in.require("Protocol"));
        }
        Listener listener = new Listener();
        listener.loadBalancerArn = balancer;
        listener.port = in.number("Port", 80);
        if (state.listeners.values().stream().anyMatch(l -> l.port == listener.port)) {
            throw AwsError.of(
                    "DuplicateListener", "A listener already exists on port " + listener.port);
        }
        listener.arn = balancer.replace(":loadbalancer/", ":listener/") + "/" + id();
        RuleActions.set(listener, in.structures("DefaultActions"), state.targetGroups.keySet());
        open(listener);
        state.listeners.put(listener.arn, listener);
        updateUse();
        save();
        return Map.of("Listeners", List.of(describe(listener)));
    }

    private synchronized Map<String, ?> describeListeners(QueryParameters in) {
        List<String> arns = in.list("ListenerArns");
        String balancer = in.get("LoadBalancerArn").orElse("");
        List<Object> found = new ArrayList<>();
        for (Listener listener : state.listeners.values()) {
            if (arns.contains(listener.arn) || listener.loadBalancerArn.equals(balancer)) {
                found.add(describe(listener));
            }
        }
        requireAll(arns, List.of(), found, "ListenerNotFound", "listeners");
        return Markers.page("Listeners", found, in);
    }

    private synchronized Map<String, ?> modifyListener(QueryParameters in) {
        Listener listener = listener(in);
        RuleActions.set(listener, in.structures("DefaultActions"), state.targetGroups.keySet());
        updateUse();
        save();
        return Map.of("Listeners", List.of(describe(listener)));
    }

    private synchronized Map<String, ?> deleteListener(QueryParameters in) {
        closeListener(listener(in).arn);
        save();
        return Map.of();
    }

    private void closeListener(String arn) {
        ports.close(arn);
        state.listeners.remove(arn);
        updateUse();
    }

    private Map<String, Object> describe(Listener listener) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("ListenerArn", listener.arn);
        out.put("LoadBalancerArn", listener.loadBalancerArn);
        out.put("Port", listener.port);
        out.put("Protocol", "HTTP");
        out.put("DefaultActions", List.of(RuleActions.describe(listener)));
        return out;
    }

    private synchronized Map<String, ?> createRule(QueryParameters in) {
        Listener listener = listener(in);
        Rule rule = new Rule();
        rule.priority = priority(in);
        requireFree(listener, rule);
        rule.conditions = in.structures("Conditions").stream().map(RuleCondition::parse).toList();
        rule.arn = listener.arn.replace(":listener/", ":listener-rule/") + "/" + id();
        in.require("Actions.member.1.Type");
        RuleActions.set(rule, in.structures("Actions"), state.targetGroups.keySet());
        listener.rules = sorted(Stream.concat(listener.rules.stream(), Stream.of(rule)));
        updateUse();
        save();
        return Map.of("Rules", List.of(describe(rule)));
    }

    private static int priority(QueryParameters in) {
        in.require("Priority");
        return in.number("Priority", 0, 1, MAX_PRIORITY);
    }

    private static void requireFree(Listener listener, Rule rule) {
        if (listener.rules.stream().anyMatch(r -> r != rule && r.priority == rule.priority)) {
            throw inUse(rule.priority);
        }
    }

    private static AwsError inUse(int priority) {
        return AwsError.of("PriorityInUse", "Priority '" + priority + "' is in use");
    }

    private static List<Rule> sorted(Stream<Rule> rules) {
        return rules.sorted(Comparator.comparing(r -> r.priority)).toList();
    }

    private synchronized Map<String, ?> describeRules(QueryParameters in) {
        List<String> arns = in.list("RuleArns");
        List<Object> all = new ArrayList<>();
        if (arns.isEmpty()) {
            rulesOf(listener(in)).forEach(r -> all.add(describe(r)));
        }
        arns.forEach(a -> all.add(describe(rule(a))));
        return Markers.page("Rules", all, in);
    }

    private static Map<String, Object> describe(Rule rule) {
        Map<String, Object> out = new LinkedHashMap<>();
        boolean isDefault = rule instanceof Listener;
        out.put("RuleArn", isDefault ? ((Listener) rule).defaultRuleArn() : rule.arn);
        out.put("Priority", isDefault ? "default" : String.valueOf(rule.priority));
        out.put("Conditions", rule.conditions.stream().map(RuleCondition::describe).toList());
        out.put("Actions", List.of(RuleActions.describe(rule)));
        out.put("IsDefault", isDefault);
        return out;
    }

    private synchronized Map<String, ?> modifyRule(QueryParameters in) {
        Rule rule = ownRule(in.require("RuleArn"), "modified");
        List<QueryParameters> conditions = in.structures("Conditions");
        if (!conditions.isEmpty()) {
            rule.conditions = conditions.stream().map(RuleCondition::parse).toList();
        }
        RuleActions.set(rule, in.structures("Actions"), state.targetGroups.keySet());
        updateUse();
        save();
        return Map.of("Rules", List.of(describe(rule)));
    }

    private synchronized Map<String, ?> setRulePriorities(QueryParameters in) {
        in.require("RulePriorities.member.1.RuleArn");
        Map<Rule, Integer> moved = new LinkedHashMap<>();
        for (QueryParameters one : in.structures("RulePriorities")) {
            moved.put(ownRule(one.require("RuleArn"), "moved"), priority(one));
        }
        Set<Listener> listeners = new HashSet<>();
        moved.keySet().forEach(r -> listeners.add(listenerOf(r)));
        for (Listener listener : listeners) {
            Set<Integer> taken = new HashSet<>();
            for (Rule rule : listener.rules) {
                int priority = moved.getOrDefault(rule, rule.priority);
                if (!taken.add(priority)) {
                    throw inUse(priority);
                }
            }
        }
        moved.forEach((rule, priority) -> rule.priority = priority);
        listeners.forEach(l -> l.rules = sorted(l.rules.stream()));
        save();
        return Map.of("Rules", moved.keySet().stream().map(ElbApi::describe).toList());
    }

    private synchronized Map<String, ?> deleteRule(QueryParameters in) {
        Rule rule = ownRule(in.require("RuleArn"), "deleted");
        Listener listener = listenerOf(rule);
        listener.rules = sorted(listener.rules.stream().filter(r -> r != rule));
        updateUse();
        save();
        return Map.of();
    }

    private Listener listenerOf(Rule rule) {
        return state.listeners.values().stream()
                .filter(l -> rulesOf(l).anyMatch(r -> r == rule))
                .findFirst()
                .orElseThrow();
    }

    private Rule ownRule(String arn, String what) {
        Rule rule = rule(arn);
        if (rule instanceof Listener) {
            throw AwsError.of(
                    "OperationNotPermitted", "Default rule '" + arn + "' cannot be " + what);
        }
        return rule;
    }

    private Rule rule(String arn) {
        Rule rule = find(arn);
        if (rule == null) {
            throw AwsError.of("RuleNotFound", "One or more rules not found: " + arn);
        }
        return rule;
    }

    /** A rule by its ARN, or by its listener's for the default one; null where there is none. */
    private Rule find(String arn) {
        return state.listeners.values().stream()
                .flatMap(ElbApi::rulesOf)
                .filter(
                        r ->
                                r.arn.equals(arn)
                                        || r instanceof Listener l
                                                && l.defaultRuleArn().equals(arn))
                .findFirst()
                .orElse(null);
    }

    private static Stream<Rule> rulesOf(Listener listener) {
        return Stream.concat(listener.rules.stream(), Stream.of(listener));
    }

    @Override
    public synchronized Set<String> targetGroups(String rule) {
        Rule found = find(rule);
        return found == null ? null : Set.copyOf(found.targetGroupWeights.keySet());
    }

    @Override
    public synchronized void forward(String rule, Map<String, Integer> weights) {
        Rule found = find(rule);
        if (found != null) {
            found.targetGroupWeights = new LinkedHashMap<>(weights);
            found.fixedResponse = null;
            updateUse();
            save();
        }
    }

    private synchronized Map<String, ?> registerTargets(QueryParameters in) {
        TargetGroup group = group(in);
        targets(group, in).forEach(t -> groups.register(group.arn, t, () -> {}));
        return Map.of();
    }

    private synchronized Map<String, ?> deregisterTargets(QueryParameters in) {
        TargetGroup group = group(in);
        targets(group, in).forEach(t -> groups.forget(group.arn, t));
        return Map.of();
    }

    private static List<Target> targets(TargetGroup group, QueryParameters in) {
        return in.structures("Targets").stream()
                .map(t -> new Target(t.require("Id"), t.number("Port", group.port)))
                .toList();
    }

    private synchronized Map<String, ?> describeTargetHealth(QueryParameters in) {
        TargetGroup group = group(in);
        List<Target> asked = targets(group, in);
        List<Object> all = new ArrayList<>();
        for (Target target : asked.isEmpty() ? groups.targets(group.arn) : asked) {
            TargetHealth health = groups.health(group.arn, target);
            Map<String, Object> state = new LinkedHashMap<>();
            state.put("State", health.state());
            state.put("Reason", health.reason());
            state.put("Description", health.description());
            all.add(
                    Map.of(
                            "Target",
                            Map.of("Id", target.id(), "Port", target.port()),
                            "HealthCheckPort",
                            target.port(),
                            "TargetHealth",
                            state));
        }
        return Map.of("TargetHealthDescriptions", all);
    }

    private synchronized Map<String, ?> describeTags(QueryParameters in) {
        List<Object> all = new ArrayList<>();
        for (String arn : in.requireList("ResourceArns")) {
            List<Object> tags = new ArrayList<>();
            tags(arn).forEach((k, v) -> tags.add(Map.of("Key", k, "Value", v)));
            all.add(Map.of("ResourceArn", arn, "Tags", tags));
        }
        return Map.of("TagDescriptions", all);
    }

    private synchronized Map<String, ?> addTags(QueryParameters in) {
        in.requireList("ResourceArns").forEach(arn -> tags(arn).putAll(in.pairs("Tags")));
        save();
        return Map.of();
    }

    private synchronized Map<String, ?> removeTags(QueryParameters in) {
        List<String> keys = in.list("TagKeys");
        in.requireList("ResourceArns").forEach(arn -> tags(arn).keySet().removeAll(keys));
        save();
        return Map.of();
    }

    private Map<String, String> tags(String arn) {
        if (state.targetGroups.containsKey(arn)) {
            return state.targetGroups.get(arn).tags;
        }
        if (state.loadBalancers.containsKey(arn)) {
            return state.loadBalancers.get(arn).tags;
        }
        return new LinkedHashMap<>();
    }

    private TargetGroup group(QueryParameters in) {
        String arn = in.require("TargetGroupArn");
        TargetGroup group = state.targetGroups.get(arn);
        if (group == null) {
            throw AwsError.of("TargetGroupNotFound", "Target groups '" + arn + "' not found");
        }
        return group;
    }

    private Listener listener(QueryParameters in) {
        String arn = in.require("ListenerArn");
        Listener listener = state.listeners.get(arn);
        if (listener == null) {
            throw AwsError.of("ListenerNotFound", "Listener '" + arn + "' not found");
        }
        return listener;
    }

    private static void requireAll(
            Collection<String> arns,
            Collection<String> names,
            Collection<?> found,
            String code,
            String what) {
        if (found.isEmpty() && !(arns.isEmpty() && names.isEmpty())) {
            Set<String> asked = new HashSet<>(arns);
            asked.addAll(names);
            throw AwsError.of(code, "One or more " + what + " not found: " + asked);
        }
    }

    private void updateUse() {
        Set<String> used = new HashSet<>();
        state.listeners.values().stream()
                .flatMap(ElbApi::rulesOf)
                .forEach(r -> used.addAll(r.targetGroupWeights.keySet()));
        groups.setInUse(used);
    }

    private void save() {
        file.save(state);
    }

    private static String id() {
        return UUID.randomUUID().toString().replace("-", "").substring(0, ID_LENGTH);
    }

    /** What each listener counted since its port was opened. */
    public JsonNode counts() {
        return ports.counts();
    }

    @Override
    public void close() {
        ports.close();
    }
}
