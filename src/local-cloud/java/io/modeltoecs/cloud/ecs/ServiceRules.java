package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.cloudwatch.Alarms;
import io.modeltoecs.cloud.elb.Targets;
import io.modeltoecs.cloud.elb.TrafficRules;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** What CreateService and UpdateService refuse, in ECS's words where they are known. */
final class ServiceRules {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9\\-_]{1,255}");
    private static final Pattern TOKEN = Pattern.compile("[!-~]{0,36}");
    private static final String DAEMON = "The daemon scheduling strategy does not support ";
    private static final int HUNDRED = 100;
    private static final int DAY_MINUTES = 1440;
    private static final int PAUSE_MINUTES = 20160;
    private static final int TENTHS = 10;
    private static final Set<String> STRATEGIES =
            Set.of("ROLLING", "BLUE_GREEN", "LINEAR", "CANARY");
    private static final Set<String> THRESHOLDS =
            Set.of("BOUNDED_PERCENT", "UNBOUNDED_PERCENT", "COUNT");
    private static final Set<String> HOOK_STAGES =
            Set.of(
                    "RECONCILE_SERVICE",
                    "PRE_SCALE_UP",
                    "POST_SCALE_UP",
                    "TEST_TRAFFIC_SHIFT",
                    "POST_TEST_TRAFFIC_SHIFT",
                    "PRE_PRODUCTION_TRAFFIC_SHIFT",
                    "PRODUCTION_TRAFFIC_SHIFT",
                    "POST_PRODUCTION_TRAFFIC_SHIFT");
    private static final Set<String> NO_PAUSE =
            Set.of("TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT");

    private final Targets targets;
    private final TrafficRules traffic;
    private final Alarms alarms;

    ServiceRules(Targets targets, TrafficRules traffic, Alarms alarms) {
        this.targets = targets;
        this.traffic = traffic;
        this.alarms = alarms;
    }

    void name(String name) {
        require(
                NAME.matcher(name).matches(),
                "ServiceName must match ^[a-zA-Z0-9\\-_]{1,255}$, but was " + name);
    }

    /** A CreateService's clientToken; empty where there is none. */
    void token(String token) {
        require(
                TOKEN.matcher(token).matches(),
                "clientToken must have at most 36 ASCII characters, from 33 to 126, but was "
                        + token);
    }

    /**
     * How many tasks are asked for: a REPLICA service says it, a DAEMON has one for each machine.
     */
    void count(String strategy, ObjectNode in) {
        require(
                strategy.equals("DAEMON") || in.hasNonNull("desiredCount"),
                "DesiredCount is missing");
        require(
                strategy.equals("REPLICA") || !in.hasNonNull("desiredCount"),
                DAEMON
                        + "a desired count for services. Remove the desired count value and try"
                        + " again");
    }

    private static void daemon(JsonNode settings) {
        if (!settings.path("schedulingStrategy").asText().equals("DAEMON")) {
            return;
        }
        require(
                !settings.path("launchType").asText().equals("FARGATE"),
                DAEMON + "the FARGATE launch type. Change the launch type and try again");
        require(
                settings.path("capacityProviderStrategy").isEmpty(),
                "Specifying a capacity provider strategy is not supported when you create a"
                        + " service using the DAEMON scheduling strategy.");
        require(
                settings.path("placementStrategy").isEmpty(),
                DAEMON + "placement strategies. Remove the placement strategy and try again");
        require(
                settings.at("/deploymentConfiguration/maximumPercent").asInt() <= HUNDRED,
                DAEMON + "values above 100 for maximumPercent. Change the value and try again");
    }

    /** Settings as they will be, with the task definition that they are for. */
    void settings(JsonNode settings, ObjectNode definition) {
        controller(settings);
        daemon(settings);
        percent(settings);
        require(
                settings.path("launchType").asText("").isEmpty()
                        || settings.path("capacityProviderStrategy").isEmpty(),
                "Specifying both a launch type and capacity provider strategy is not supported."
                        + " Remove one and try again.");
        boolean awsvpc = definition.path("networkMode").asText().equals("awsvpc");
        boolean network = settings.path("networkConfiguration").has("awsvpcConfiguration");
        require(
                network || !awsvpc,
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
        require(
                awsvpc || !network,
                "Network Configuration is not valid for the given networkMode of this task"
                        + " definition.");
        strategy(settings.path("deploymentConfiguration"));
        for (JsonNode balancer : settings.path("loadBalancers")) {
            balancer(settings, balancer, definition);
        }
        breaker(settings.at("/deploymentConfiguration/deploymentCircuitBreaker"));
        alarms(settings.at("/deploymentConfiguration/alarms"));
    }

    private static void controller(JsonNode settings) {
        String type = settings.at("/deploymentController/type").asText("ECS");
        if (!type.equals("ECS")) {
            throw AwsError.of(
                    "UnsupportedFeatureException",
                    "The local cloud has the deployment controller ECS, not " + type + ".");
        }
    }

    private static void percent(JsonNode settings) {
        JsonNode configuration = settings.path("deploymentConfiguration");
        int min = configuration.path("minimumHealthyPercent").asInt(HUNDRED);
        int max = configuration.path("maximumPercent").asInt(2 * HUNDRED);
        require(min <= HUNDRED, "minimumHealthyPercent must be at most 100");
        require(
                min != HUNDRED || max != HUNDRED,
                "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block"
                        + " deployments.");
        if (configuration.at("/earlySuccessCriteria/enable").asBoolean()) {
            throw AwsError.of(
                    "UnsupportedFeatureException",
                    "The local cloud has no earlySuccessCriteria: a deployment is successful when"
                            + " all its tasks are healthy.");
        }
    }

    private static void strategy(JsonNode configuration) {
        String strategy = configuration.path("strategy").asText("ROLLING");
        require(
                STRATEGIES.contains(strategy),
                "strategy must be one of ROLLING, BLUE_GREEN, LINEAR, CANARY, but was " + strategy);
        within(configuration.path("bakeTimeInMinutes"), "bakeTimeInMinutes", 0, DAY_MINUTES);
        JsonNode linear = configuration.path("linearConfiguration");
        JsonNode canary = configuration.path("canaryConfiguration");
        require(
                linear.isEmpty() || strategy.equals("LINEAR"),
                "linearConfiguration is only valid for the strategy LINEAR, but it is " + strategy);
        require(
                canary.isEmpty() || strategy.equals("CANARY"),
                "canaryConfiguration is only valid for the strategy CANARY, but it is " + strategy);
        share(linear.path("stepPercent"), "stepPercent", 3);
        share(canary.path("canaryPercent"), "canaryPercent", 1.0 / TENTHS);
        within(linear.path("stepBakeTimeInMinutes"), "stepBakeTimeInMinutes", 0, DAY_MINUTES);
        within(canary.path("canaryBakeTimeInMinutes"), "canaryBakeTimeInMinutes", 0, DAY_MINUTES);
        configuration.path("lifecycleHooks").forEach(h -> hook(h, strategy));
    }

    private static void share(JsonNode value, String name, double least) {
        double tenths = value.asDouble() * TENTHS;
        require(
                value.isMissingNode()
                        || value.asDouble() >= least
                                && value.asDouble() <= HUNDRED
                                && Math.abs(tenths - Math.rint(tenths)) < 1e-6,
                name + " must be a multiple of 0.1 from " + least + " to 100.0, but was " + value);
    }

    private static void within(JsonNode value, String name, int least, int most) {
        require(
                value.isMissingNode() || value.asInt() >= least && value.asInt() <= most,
                name + " must be between " + least + " and " + most + ", but was " + value);
    }

    private static void hook(JsonNode hook, String strategy) {
        String type = hook.path("targetType").asText("AWS_LAMBDA");
        if (type.equals("AWS_LAMBDA")) {
            throw AwsError.of(
                    "UnsupportedFeatureException",
                    "The local cloud runs no Lambda functions: the lifecycle hook "
                            + hook.path("hookTargetArn").asText("")
                            + " can't be called. Use targetType PAUSE.");
        }
        require(type.equals("PAUSE"), "targetType must be AWS_LAMBDA or PAUSE, but was " + type);
        require(
                !strategy.equals("ROLLING"),
                "lifecycleHooks are not valid for the strategy ROLLING.");
        List<String> stages = Clusters.texts(hook.path("lifecycleStages"));
        require(!stages.isEmpty(), "lifecycleStages of a lifecycle hook cannot be empty.");
        for (String stage : stages) {
            require(
                    HOOK_STAGES.contains(stage),
                    "lifecycleStages must be of " + HOOK_STAGES + ", but one was " + stage);
            require(
                    !NO_PAUSE.contains(stage),
                    "PAUSE hooks cannot be configured at the stage " + stage + ".");
        }
        JsonNode timeout = hook.path("timeoutConfiguration");
        within(timeout.path("timeoutInMinutes"), "timeoutInMinutes", 1, PAUSE_MINUTES);
        String action = timeout.path("action").asText("ROLLBACK");
        require(
                Set.of("ROLLBACK", "CONTINUE").contains(action),
                "action of a timeoutConfiguration must be ROLLBACK or CONTINUE, but was " + action);
    }

    private static void breaker(JsonNode breaker) {
        JsonNode threshold = breaker.path("thresholdConfiguration");
        if (threshold.isEmpty()) {
            return;
        }
        String type = threshold.path("type").asText();
        require(
                THRESHOLDS.contains(type),
                "type of a thresholdConfiguration must be one of BOUNDED_PERCENT,"
                        + " UNBOUNDED_PERCENT, COUNT, but was "
                        + type);
        require(
                threshold.path("value").asInt() > 0,
                "value of a thresholdConfiguration must be at least 1, but was "
                        + threshold.path("value"));
    }

    private void alarms(JsonNode settings) {
        if (settings.path("enable").asBoolean()) {
            List<String> names = Clusters.texts(settings.path("alarmNames"));
            require(!names.isEmpty(), "alarmNames cannot be empty when alarms are enabled.");
            List<String> unknown = alarms.unknown(names);
            require(unknown.isEmpty(), "There are no CloudWatch alarms with the names " + unknown);
        }
    }

    private void balancer(JsonNode settings, JsonNode balancer, ObjectNode definition) {
        String group = balancer.path("targetGroupArn").asText();
        JsonNode advanced = balancer.path("advancedConfiguration");
        String strategy = settings.at("/deploymentConfiguration/strategy").asText("ROLLING");
        require(
                targets.isInUse(group)
                        || !advanced.isEmpty() && targets.isInUse(alternate(advanced)),
                "The target group with targetGroupArn "
                        + group
                        + " does not have an associated load balancer.");
        if (!strategy.equals("ROLLING")) {
            require(
                    !advanced.isEmpty(),
                    "advancedConfiguration is required in loadBalancers for the strategy "
                            + strategy
                            + ".");
        }
        if (!advanced.isEmpty()) {
            advanced(advanced);
        }
        String name = balancer.path("containerName").asText();
        int port = balancer.path("containerPort").asInt();
        boolean found = false;
        boolean mapped = false;
        for (JsonNode container : definition.path("containerDefinitions")) {
            if (container.path("name").asText().equals(name)) {
                found = true;
                for (JsonNode mapping : container.path("portMappings")) {
                    mapped |= mapping.path("containerPort").asInt() == port;
                }
            }
        }
        require(found, "The container " + name + " does not exist in the task definition.");
        require(
                mapped,
                "The container " + name + " did not have a container port " + port + " defined.");
    }

    private static String alternate(JsonNode advanced) {
        return advanced.path("alternateTargetGroupArn").asText();
    }

    private void advanced(JsonNode advanced) {
        require(
                targets.exists(alternate(advanced)),
                "The alternateTargetGroupArn " + alternate(advanced) + " does not exist.");
        for (String member : List.of("productionListenerRule", "testListenerRule")) {
            String rule = advanced.path(member).asText("");
            require(
                    rule.isEmpty() && member.startsWith("test")
                            || traffic.targetGroups(rule) != null,
                    "The " + member + " " + rule + " does not exist.");
        }
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw AwsError.invalidParameter(message);
        }
    }
}
