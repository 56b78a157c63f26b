package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.Json;
import java.util.List;

/** The actions on services. All under the store's lock. */
final class Services {
    private static final int PAGE = 10;
    private static final int MAX_DESCRIBED = 10;

    /** A service of the strategy DAEMON has a task on each instance: there is one machine. */
    private static final int DAEMONS = 1;

    /** Members that are kept as they are set. */
    private static final List<String> SETTINGS =
            List.of(
                    "loadBalancers",
                    "serviceRegistries",
                    "launchType",
                    "capacityProviderStrategy",
                    "platformVersion",
                    "platformFamily",
                    "deploymentConfiguration",
                    "networkConfiguration",
                    "placementConstraints",
                    "placementStrategy",
                    "healthCheckGracePeriodSeconds",
                    "schedulingStrategy",
                    "deploymentController",
                    "enableECSManagedTags",
                    "propagateTags",
                    "enableExecuteCommand",
                    "availabilityZoneRebalancing",
                    "serviceConnectConfiguration",
                    "volumeConfigurations",
                    "vpcLatticeConfigurations");

    private final EcsStore store;
    private final TaskDefinitions definitions;
    private final Rollout rollout;
    private final ServiceRules rules;
    private final ServiceView view;

    Services(
            EcsStore store,
            TaskDefinitions definitions,
            Rollout rollout,
            ServiceRules rules,
            ServiceView view) {
        this.store = store;
        this.definitions = definitions;
        this.rollout = rollout;
        this.rules = rules;
        this.view = view;
    }

    JsonNode create(ObjectNode in) {
        Cluster cluster = store.cluster(in.path("cluster").asText(""));
        String name = in.path("serviceName").asText();
        rules.name(name);
        rules.token(in.path("clientToken").asText(""));
        Service existing = cluster.services.get(name);
        if (existing != null && existing.isActive() && existing.wasMadeBy(in)) {
            return answer(existing);
        }
        if (existing != null && !existing.status.equals("INACTIVE")) {
            throw AwsError.invalidParameter(
                    existing.status.equals("DRAINING")
                            ? "Unable to Start a service that is still Draining."
                            : "Creation of service was not idempotent.");
        }
        ObjectNode definition = definitions.usable(in.path("taskDefinition").asText());
        Service service = new Service();
        service.name = name;
        service.cluster = cluster.name;
        service.request = in.deepCopy();
        service.createdAt = store.now();
        rules.count(in.path("schedulingStrategy").asText("REPLICA"), in);
        service.desiredCount = in.path("desiredCount").asInt(DAEMONS);
        service.tags.putAll(Tags.map(in.path("tags")));
        SETTINGS.forEach(s -> copy(in, service.settings, s));
        fill(service.settings);
        rules.settings(service.settings, definition);
        cluster.services.put(name, service);
        rollout.begin(service, definition);
        return answer(service);
    }

    /** Adds what ECS adds. */
    private static void fill(ObjectNode settings) {
        for (String list :
                List.of(
                        "loadBalancers",
                        "serviceRegistries",
                        "placementConstraints",
                        "placementStrategy")) {
            settings.withArray("/" + list);
        }
        if (!settings.has("launchType") && !settings.has("capacityProviderStrategy")) {
            settings.put("launchType", "EC2");
        }
        if (settings.path("launchType").asText().equals("FARGATE")) {
            defaultTo(settings, "platformVersion", "LATEST");
            defaultTo(settings, "platformFamily", "Linux");
        }
        defaultTo(settings, "schedulingStrategy", "REPLICA");
        defaultTo(settings, "propagateTags", "NONE");
        defaultTo(settings, "availabilityZoneRebalancing", "ENABLED");
        for (String flag : List.of("enableECSManagedTags", "enableExecuteCommand")) {
            if (!settings.has(flag)) {
                settings.put(flag, false);
            }
        }
        if (!settings.has("healthCheckGracePeriodSeconds")
                && !settings.path("loadBalancers").isEmpty()) {
            settings.put("healthCheckGracePeriodSeconds", 0);
        }
        fillConfiguration(settings);
    }

    private static void fillConfiguration(ObjectNode settings) {
        ObjectNode configuration = settings.withObject("/deploymentConfiguration");
        boolean daemon = settings.path("schedulingStrategy").asText().equals("DAEMON");
        if (!configuration.has("minimumHealthyPercent")) {
            configuration.put("minimumHealthyPercent", daemon ? 0 : 100);
        }
        if (!configuration.has("maximumPercent")) {
            configuration.put("maximumPercent", daemon ? 100 : 200);
        }
        if (!configuration.has("deploymentCircuitBreaker")) {
            configuration
                    .putObject("deploymentCircuitBreaker")
                    .put("enable", false)
                    .put("rollback", false);
        }
        ObjectNode alarms = configuration.withObject("/alarms");
        alarms.withArray("/alarmNames");
        for (String flag : List.of("enable", "rollback")) {
            if (!alarms.has(flag)) {
                alarms.put(flag, false);
            }
        }
        defaultTo(configuration, "strategy", "ROLLING");
        if (!configuration.has("bakeTimeInMinutes")) {
            configuration.put("bakeTimeInMinutes", 0);
        }
    }

    private static void defaultTo(ObjectNode node, String member, String value) {
        if (!node.has(member)) {
            node.put(member, value);
        }
    }

    private static void copy(ObjectNode from, ObjectNode to, String member) {
        if (from.hasNonNull(member)) {
            to.set(member, from.get(member).deepCopy());
        }
    }

    JsonNode update(ObjectNode in) {
        Service service = active(in);
        if (in.hasNonNull("desiredCount")) {
            rules.count(service.settings.path("schedulingStrategy").asText(), in);
        }
        ObjectNode settings = service.settings.deepCopy();
        boolean deploys = in.path("forceNewDeployment").asBoolean();
        for (String member : SETTINGS) {
            if (in.hasNonNull(member)) {
                deploys |=
                        Rollout.REVISION_SETTINGS.contains(member)
                                && !in.get(member).equals(settings.get(member));
                if (member.equals("deploymentConfiguration")) {
                    configure(settings.withObject("/" + member), (ObjectNode) in.get(member));
                } else {
                    copy(in, settings, member);
                }
            }
        }
        if (in.hasNonNull("capacityProviderStrategy")) {
            settings.remove("launchType");
        }
        fill(settings);
        String current = service.primary().taskDefinition;
        ObjectNode definition =
                in.hasNonNull("taskDefinition")
                        ? definitions.usable(in.path("taskDefinition").asText())
                        : definitions.find(current).orElseThrow();
        deploys |= !TaskDefinitions.arn(definition).equals(current);
        if (deploys) {
            definitions.usable(TaskDefinitions.arn(definition));
        }
        rules.settings(settings, definition);
        service.settings = settings;
        if (in.hasNonNull("desiredCount")) {
            service.desiredCount = in.path("desiredCount").asInt();
            service.steadySince = 0;
        }
        service.primary().clearBackOff();
        service.primary().saidStuck = false;
        if (deploys) {
            rollout.begin(service, definition);
        }
        store.changed(service);
        return answer(service);
    }

    /**
     * Members that are not given keep their values, but for what only the former strategy takes.
     */
    private static void configure(ObjectNode configuration, ObjectNode given) {
        if (given.has("strategy") && !given.get("strategy").equals(configuration.get("strategy"))) {
            configuration.remove(List.of("canaryConfiguration", "linearConfiguration"));
        }
        configuration.setAll(given);
    }

    JsonNode delete(ObjectNode in) {
        Service service = active(in);
        boolean daemon = service.settings.path("schedulingStrategy").asText().equals("DAEMON");
        if (service.desiredCount > 0 && !daemon && !in.path("force").asBoolean()) {
            throw AwsError.invalidParameter(
                    "The service cannot be stopped while it is scaled above 0.");
        }
        service.desiredCount = 0;
        service.status = "DRAINING";
        service.history.clear();
        store.changed(service);
        return answer(service);
    }

    JsonNode describe(ObjectNode in) {
        Cluster cluster = store.cluster(in.path("cluster").asText(""));
        JsonNode names = in.path("services");
        if (names.isEmpty()) {
            throw AwsError.invalidParameter("Services cannot be empty.");
        }
        if (names.size() > MAX_DESCRIBED) {
            throw AwsError.invalidParameter("Services can not exceed 10 items.");
        }
        boolean tags = in.path("include").toString().contains("TAGS");
        ObjectNode out = Json.object();
        ArrayNode found = out.putArray("services");
        ArrayNode failures = out.putArray("failures");
        for (JsonNode name : names) {
            Service service = cluster.services.get(shortName(name.asText()));
            if (service == null) {
                String arn =
                        Arns.of("ecs", "service/" + cluster.name + "/" + shortName(name.asText()));
                failures.addObject().put("arn", arn).put("reason", "MISSING");
            } else {
                found.add(view.json(service, tags));
            }
        }
        return out;
    }

    JsonNode list(ObjectNode in) {
        Cluster cluster = store.cluster(in.path("cluster").asText(""));
        String launchType = in.path("launchType").asText("");
        List<String> arns =
                cluster.services.values().stream()
                        .filter(Service::isActive)
                        .filter(
                                s ->
                                        launchType.isEmpty()
                                                || Fleet.launchType(s.settings).equals(launchType))
                        .map(Service::arn)
                        .toList();
        return Pages.of("serviceArns", arns, in, PAGE);
    }

    /**
     * A service that can be changed.
     *
     * @throws AwsError ServiceNotFoundException, ServiceNotActiveException
     */
    private Service active(ObjectNode in) {
        Service service = find(store, in, "service");
        if (!service.isActive()) {
            throw AwsError.of("ServiceNotActiveException", "Service was not ACTIVE.");
        }
        return service;
    }

    static Service find(EcsStore store, ObjectNode in, String member) {
        String reference = in.path(member).asText();
        Service service =
                store.cluster(in.path("cluster").asText("")).services.get(shortName(reference));
        if (service == null) {
            throw AwsError.of("ServiceNotFoundException", "Service not found.");
        }
        return service;
    }

    static String shortName(String nameOrArn) {
        return nameOrArn.substring(nameOrArn.lastIndexOf('/') + 1);
    }

    private ObjectNode answer(Service service) {
        ObjectNode out = Json.object();
        out.set("service", view.json(service, true));
        return out;
    }
}
