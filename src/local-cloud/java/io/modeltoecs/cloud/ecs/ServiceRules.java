package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.elb.TargetGroups;
import java.util.regex.Pattern;

/** What CreateService and UpdateService refuse, in ECS's words. */
final class ServiceRules {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9\\-_]{1,255}");
    private static final int HUNDRED = 100;

    private final TargetGroups targetGroups;

    ServiceRules(TargetGroups targetGroups) {
        this.targetGroups = targetGroups;
    }

    void name(String name) {
        require(
                NAME.matcher(name).matches(),
                "ServiceName must match ^[a-zA-Z0-9\\-_]{1,255}$, but was " + name);
    }

    /** Settings as they will be, with the task definition that they are for. */
    void settings(JsonNode settings, ObjectNode definition) {
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
        for (JsonNode balancer : settings.path("loadBalancers")) {
            balancer(balancer, definition);
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
    }

    private void balancer(JsonNode balancer, ObjectNode definition) {
        String group = balancer.path("targetGroupArn").asText();
        require(
                targetGroups.isInUse(group),
                "The target group with targetGroupArn "
                        + group
                        + " does not have an associated load balancer.");
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

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw AwsError.invalidParameter(message);
        }
    }
}
