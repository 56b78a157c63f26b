package io.modeltoecs.cloud.ecs;

import static io.modeltoecs.cloud.ecs.TaskDefinitionRules.require;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** What RegisterTaskDefinition refuses of container definitions. */
final class ContainerRules {
    private static final int MAX_PORT = 65535;
    private static final int MIN_FARGATE_TIMEOUT = 2;
    private static final int MAX_FARGATE_TIMEOUT = 120;
    private static final Pattern PARAMETER = Pattern.compile("[a-zA-Z0-9_.\\-/]{1,2048}");
    private static final Pattern SECRET_ARN =
            Pattern.compile(
                    "arn:aws[a-z-]*:(secretsmanager:[^:]*:\\d{12}:secret:.+|"
                            + "ssm:[^:]*:\\d{12}:parameter/.+)");

    private static final List<Limit> HEALTH_LIMITS =
            List.of(
                    new Limit("interval", 5, 300),
                    new Limit("timeout", 2, 60),
                    new Limit("retries", 1, 10),
                    new Limit("startPeriod", 0, 300));

    private record Limit(String setting, int min, int max) {}

    private ContainerRules() {}

    /** Names and images of all containers. */
    static void names(JsonNode containers) {
        Set<String> names = new HashSet<>();
        for (JsonNode container : containers) {
            String name = name(container);
            require(!name.isEmpty(), "Container.name should not be null or empty.");
            require(
                    !container.path("image").asText("").isEmpty(),
                    "Container.image should not be null or empty.");
            require(
                    TaskDefinitionRules.NAME.matcher(name).matches(),
                    "Container.name contains invalid characters.");
            require(names.add(name), "Container names must be unique within a task definition");
        }
    }

    /**
     * One container.
     *
     * @param in the task definition that it is of
     * @param volumes the names of its volumes
     */
    static void check(JsonNode in, JsonNode container, Set<String> volumes) {
        memory(in, container);
        ports(in, container);
        healthCheck(container);
        mounts(container, volumes);
        secrets(container);
        require(
                !container.at("/logConfiguration/logDriver").asText().equals("awslogs")
                        || container.at("/logConfiguration/options").has("awslogs-group"),
                "Log driver awslogs requires options: awslogs-group");
    }

    private static String name(JsonNode container) {
        return container.path("name").asText("");
    }

    private static void memory(JsonNode in, JsonNode container) {
        String head = "Invalid setting for container '" + name(container) + "'. ";
        boolean hard = container.hasNonNull("memory");
        boolean soft = container.hasNonNull("memoryReservation");
        require(
                in.hasNonNull("memory") || hard || soft,
                head + "At least one of 'memory' or 'memoryReservation' must be specified.");
        int memory = container.path("memory").asInt();
        require(
                !hard || !soft || memory >= container.path("memoryReservation").asInt(),
                head + "'memory' must be greater than or equal to 'memoryReservation'.");
        require(
                !in.hasNonNull("memory") || memory <= TaskSize.memory(in),
                "The 'memory' setting for container '"
                        + name(container)
                        + "' is greater than for the task");
    }

    private static boolean sharesHostPorts(JsonNode in) {
        return Set.of("awsvpc", "host").contains(in.path("networkMode").asText());
    }

    private static void ports(JsonNode in, JsonNode container) {
        for (JsonNode mapping : container.path("portMappings")) {
            int port = mapping.path("containerPort").asInt();
            require(
                    port >= 1 && port <= MAX_PORT,
                    "Invalid 'containerPort' setting for container '" + name(container) + "'.");
            require(
                    !sharesHostPorts(in) || mapping.path("hostPort").asInt(port) == port,
                    "When networkMode="
                            + in.path("networkMode").asText()
                            + ", the host ports and container ports in port mappings must match.");
        }
    }

    /** Ports and their names, over all containers. */
    static void hostPorts(JsonNode in) {
        Set<String> taken = new HashSet<>();
        Set<String> names = new HashSet<>();
        for (JsonNode container : in.path("containerDefinitions")) {
            for (JsonNode mapping : container.path("portMappings")) {
                String protocol = mapping.path("protocol").asText("tcp").toUpperCase(Locale.ROOT);
                int port = mapping.path(sharesHostPorts(in) ? "containerPort" : "hostPort").asInt();
                require(
                        port == 0 || taken.add(protocol + port),
                        protocol + " host port '" + port + "' is mapped multiple times in task.");
                String name = mapping.path("name").asText("");
                require(
                        name.isEmpty() || names.add(name),
                        "Invalid port mapping '" + name + "': port mapping name is already used.");
            }
        }
    }

    private static void healthCheck(JsonNode container) {
        JsonNode check = container.path("healthCheck");
        if (check.isMissingNode() || check.isNull()) {
            return;
        }
        require(
                !check.path("command").isEmpty(),
                "Container.healthCheck.command should not be null or empty.");
        for (Limit limit : HEALTH_LIMITS) {
            int value = check.path(limit.setting).asInt(limit.min);
            String head = "Health check " + limit.setting + " must be ";
            String tail = " for container '" + name(container) + "'";
            require(
                    value >= limit.min,
                    head
                            + "greater than or equal to the minimum allowed value "
                            + limit.min
                            + tail);
            require(
                    value <= limit.max,
                    head + "less than or equal to the maximum allowed value " + limit.max + tail);
        }
    }

    private static void mounts(JsonNode container, Set<String> volumes) {
        for (JsonNode mount : container.path("mountPoints")) {
            String volume = mount.path("sourceVolume").asText();
            require(volumes.contains(volume), "Unknown volume '" + volume + "'");
        }
    }

    private static void secrets(JsonNode container) {
        Set<String> names = new HashSet<>();
        container.path("environment").forEach(v -> names.add(v.path("name").asText()));
        for (JsonNode secret : container.path("secrets")) {
            String name = secret.path("name").asText();
            require(
                    names.add(name),
                    "The secret name must be unique and not shared with any new or existing"
                            + " environment variables set on the container, such as '"
                            + name
                            + "'.");
            String from = secret.path("valueFrom").asText("");
            require(
                    PARAMETER.matcher(from).matches() || SECRET_ARN.matcher(from).matches(),
                    "The Systems Manager parameter name specified for secret "
                            + name
                            + " is invalid. The parameter name can be up to 2048 characters and"
                            + " include the following letters and symbols: a-zA-Z0-9_.-,");
        }
    }

    /** What only Fargate refuses. */
    static void fargate(JsonNode container) {
        require(
                !container.path("privileged").asBoolean(),
                "Fargate requires that the 'privileged' setting be 'false'");
        for (String timeout : List.of("startTimeout", "stopTimeout")) {
            int seconds = container.path(timeout).asInt(MIN_FARGATE_TIMEOUT);
            require(
                    seconds >= MIN_FARGATE_TIMEOUT && seconds <= MAX_FARGATE_TIMEOUT,
                    "Invalid '"
                            + timeout
                            + "' setting for container '"
                            + name(container)
                            + "'. The valid values for Fargate are "
                            + MIN_FARGATE_TIMEOUT
                            + "-"
                            + MAX_FARGATE_TIMEOUT
                            + " seconds.");
        }
    }
}
