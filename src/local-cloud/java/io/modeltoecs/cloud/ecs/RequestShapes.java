package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The types and the closed sets of values in requests, as the API's model has them: what a client
 * that checks its input never sends. Paths are like {@code containerDefinitions/name}; lists on the
 * way are gone through.
 */
final class RequestShapes {
    private static final String REGISTER = "RegisterTaskDefinition";
    private static final Set<String> ON_OFF = Set.of("ENABLED", "DISABLED");
    private static final Set<String> TAGS = Set.of("TAGS");

    private static final List<String> TEXTS =
            List.of(
                    "cluster",
                    "clusterName",
                    "service",
                    "serviceName",
                    "task",
                    "taskDefinition",
                    "family",
                    "familyPrefix",
                    "networkMode",
                    "executionRoleArn",
                    "taskRoleArn",
                    "containerDefinitions/name",
                    "containerDefinitions/image",
                    "containerDefinitions/environment/name",
                    "containerDefinitions/environment/value",
                    "loadBalancers/targetGroupArn",
                    "loadBalancers/containerName",
                    "resourceArn",
                    "tags/key",
                    "tags/value",
                    "reason",
                    "startedBy",
                    "group");
    private static final List<String> NUMBERS =
            List.of(
                    "desiredCount",
                    "count",
                    "maxResults",
                    "healthCheckGracePeriodSeconds",
                    "deploymentConfiguration/minimumHealthyPercent",
                    "deploymentConfiguration/maximumPercent",
                    "loadBalancers/containerPort",
                    "ephemeralStorage/sizeInGiB",
                    "containerDefinitions/cpu",
                    "containerDefinitions/memory",
                    "containerDefinitions/memoryReservation",
                    "containerDefinitions/stopTimeout",
                    "containerDefinitions/startTimeout",
                    "containerDefinitions/portMappings/containerPort",
                    "containerDefinitions/portMappings/hostPort",
                    "containerDefinitions/healthCheck/interval",
                    "containerDefinitions/healthCheck/timeout",
                    "containerDefinitions/healthCheck/retries",
                    "containerDefinitions/healthCheck/startPeriod");
    private static final List<String> LISTS =
            List.of(
                    "containerDefinitions",
                    "containerDefinitions/environment",
                    "containerDefinitions/portMappings",
                    "containerDefinitions/secrets",
                    "containerDefinitions/command",
                    "services",
                    "clusters",
                    "tasks",
                    "tags",
                    "tagKeys",
                    "include",
                    "loadBalancers",
                    "requiresCompatibilities",
                    "serviceDeploymentArns",
                    "serviceRevisionArns");
    private static final List<String> STRUCTURES =
            List.of(
                    "containerDefinitions/healthCheck",
                    "containerDefinitions/logConfiguration",
                    "networkConfiguration",
                    "networkConfiguration/awsvpcConfiguration",
                    "deploymentConfiguration",
                    "deploymentConfiguration/deploymentCircuitBreaker",
                    "deploymentConfiguration/alarms",
                    "overrides");

    private static final Set<String> LAUNCH_TYPES =
            Set.of("EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES");
    private static final Map<String, Set<String>> VALUES =
            Map.ofEntries(
                    Map.entry("launchType", LAUNCH_TYPES),
                    Map.entry("requiresCompatibilities", LAUNCH_TYPES),
                    Map.entry("schedulingStrategy", Set.of("REPLICA", "DAEMON")),
                    Map.entry("propagateTags", Set.of("TASK_DEFINITION", "SERVICE", "NONE")),
                    Map.entry("availabilityZoneRebalancing", ON_OFF),
                    Map.entry("networkConfiguration/awsvpcConfiguration/assignPublicIp", ON_OFF),
                    Map.entry("desiredStatus", Set.of("RUNNING", "PENDING", "STOPPED")),
                    Map.entry("sort", Set.of("ASC", "DESC")),
                    Map.entry("networkMode", Set.of("bridge", "host", "awsvpc", "none")),
                    Map.entry("pidMode", Set.of("host", "task")),
                    Map.entry("ipcMode", Set.of("host", "task", "none")),
                    Map.entry("runtimePlatform/cpuArchitecture", Set.of("X86_64", "ARM64")),
                    Map.entry(
                            "containerDefinitions/versionConsistency",
                            Set.of("enabled", "disabled")),
                    Map.entry("containerDefinitions/portMappings/protocol", Set.of("tcp", "udp")),
                    Map.entry(
                            "containerDefinitions/dependsOn/condition",
                            Set.of("START", "COMPLETE", "SUCCESS", "HEALTHY")),
                    Map.entry(
                            "containerDefinitions/logConfiguration/logDriver",
                            Set.of(
                                    "json-file",
                                    "syslog",
                                    "journald",
                                    "gelf",
                                    "fluentd",
                                    "awslogs",
                                    "splunk",
                                    "awsfirelens")));
    private static final Map<String, Set<String>> INCLUDED =
            Map.of(
                    "DescribeServices", TAGS,
                    "DescribeTasks", TAGS,
                    "DescribeTaskDefinition", TAGS,
                    "DescribeClusters",
                            Set.of(
                                    "ATTACHMENTS",
                                    "CONFIGURATIONS",
                                    "SETTINGS",
                                    "STATISTICS",
                                    "TAGS"));
    private static final Map<String, Set<String>> STATUS =
            Map.of(
                    "ListTaskDefinitions", Set.of("ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"),
                    "ListTaskDefinitionFamilies", Set.of("ACTIVE", "INACTIVE", "ALL"),
                    "ListServiceDeployments",
                            Set.of(
                                    "PENDING",
                                    "SUCCESSFUL",
                                    "STOPPED",
                                    "STOP_REQUESTED",
                                    "IN_PROGRESS",
                                    "ROLLBACK_REQUESTED",
                                    "ROLLBACK_IN_PROGRESS",
                                    "ROLLBACK_SUCCESSFUL",
                                    "ROLLBACK_FAILED"));

    private RequestShapes() {}

    /**
     * Refuses a request that the model has no place for.
     *
     * @throws AwsError SerializationException for a type, InvalidParameterException (in a task
     *     definition ClientException) for a value
     */
    static void check(String action, ObjectNode in) {
        types(in, LISTS, JsonNode::isArray, "a list");
        types(in, STRUCTURES, JsonNode::isObject, "a structure");
        types(in, TEXTS, JsonNode::isTextual, "a string");
        types(in, NUMBERS, JsonNode::isIntegralNumber, "an integer");
        VALUES.forEach((path, values) -> values(action, in, path, values));
        values(action, in, "include", INCLUDED.get(action));
        values(action, in, "status", STATUS.get(action));
        notNegative(in, "desiredCount");
        notNegative(in, "healthCheckGracePeriodSeconds");
    }

    private static void types(
            ObjectNode in, List<String> paths, Predicate<JsonNode> is, String type) {
        for (String path : paths) {
            for (JsonNode value : found(in, path, false)) {
                if (!is.test(value)) {
                    throw AwsError.of(
                            "SerializationException", path + " is not " + type + ": " + value);
                }
            }
        }
    }

    private static void values(String action, ObjectNode in, String path, Set<String> values) {
        for (JsonNode value : values == null ? List.<JsonNode>of() : found(in, path, true)) {
            if (!values.contains(value.asText())) {
                String message =
                        path
                                + " must be one of "
                                + values.stream().sorted().toList()
                                + ", but was "
                                + value.asText();
                throw action.equals(REGISTER)
                        ? AwsError.client(message)
                        : AwsError.invalidParameter(message);
            }
        }
    }

    private static void notNegative(ObjectNode in, String member) {
        if (in.path(member).asInt() < 0) {
            throw AwsError.invalidParameter(
                    member + " must be at least 0, but was " + in.path(member));
        }
    }

    /** The values at a path; of a list at its end the elements, where they are asked for. */
    private static List<JsonNode> found(JsonNode in, String path, boolean elements) {
        List<JsonNode> nodes = List.of(in);
        List<String> members = Arrays.asList(path.split("/"));
        for (int i = 0; i < members.size(); i++) {
            List<JsonNode> next = new ArrayList<>();
            for (JsonNode node : nodes) {
                JsonNode value = node.path(members.get(i));
                if (value.isArray() && (elements || i < members.size() - 1)) {
                    value.forEach(next::add);
                } else if (!value.isMissingNode() && !value.isNull()) {
                    next.add(value);
                }
            }
            nodes = next;
        }
        return nodes;
    }
}
