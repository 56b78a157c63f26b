package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Clusters. All under the store's lock. */
final class Clusters {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9\\-_]{1,255}");
    private static final int PAGE = 100;

    private final EcsStore store;

    Clusters(EcsStore store) {
        this.store = store;
    }

    JsonNode create(ObjectNode in) {
        String name = in.path("clusterName").asText("default");
        if (!NAME.matcher(name).matches()) {
            throw AwsError.invalidParameter(
                    "ClusterName must match ^[a-zA-Z0-9\\-_]{1,255}$, but was " + name);
        }
        Cluster cluster = ensure(name);
        cluster.status = "ACTIVE";
        cluster.tags.putAll(Tags.map(in.path("tags")));
        ObjectNode out = Json.object();
        out.set("cluster", json(cluster));
        return out;
    }

    /** A cluster that is made where it is missing. */
    Cluster ensure(String name) {
        Cluster cluster = store.state().clusters.computeIfAbsent(name, n -> new Cluster());
        cluster.name = name;
        store.changed();
        return cluster;
    }

    JsonNode describe(ObjectNode in) {
        ObjectNode out = Json.object();
        ArrayNode found = out.putArray("clusters");
        ArrayNode failures = out.putArray("failures");
        if (in.path("clusters").size() > PAGE) {
            throw AwsError.invalidParameter("Clusters can not exceed " + PAGE + " items.");
        }
        List<String> names =
                in.path("clusters").isEmpty() ? List.of("default") : texts(in.path("clusters"));
        for (String name : names) {
            Cluster cluster = store.state().clusters.get(name.substring(name.indexOf('/') + 1));
            if (cluster == null) {
                failures.addObject().put("arn", name).put("reason", "MISSING");
            } else {
                found.add(json(cluster));
            }
        }
        return out;
    }

    JsonNode list(ObjectNode in) {
        List<String> arns =
                store.state().clusters.values().stream()
                        .filter(c -> c.status.equals("ACTIVE"))
                        .map(Cluster::arn)
                        .toList();
        return Pages.of("clusterArns", arns, in, PAGE);
    }

    JsonNode delete(ObjectNode in) {
        if (in.path("cluster").asText("").isEmpty()) {
            throw AwsError.invalidParameter("Cluster can not be blank.");
        }
        Cluster cluster = store.cluster(in.path("cluster").asText(""));
        if (cluster.services.values().stream().anyMatch(Service::isActive)) {
            throw AwsError.of(
                    "ClusterContainsServicesException",
                    "The Cluster cannot be deleted while Services are active.");
        }
        if (store.tasks().stream()
                .anyMatch(t -> t.cluster.equals(cluster.name) && !t.hasStopped())) {
            throw AwsError.of(
                    "ClusterContainsTasksException",
                    "The Cluster cannot be deleted while Tasks are active.");
        }
        cluster.status = "INACTIVE";
        store.changed();
        ObjectNode out = Json.object();
        out.set("cluster", json(cluster));
        return out;
    }

    static List<String> texts(JsonNode list) {
        List<String> all = new ArrayList<>();
        list.forEach(t -> all.add(t.asText()));
        return all;
    }

    private ObjectNode json(Cluster cluster) {
        long running = count(cluster, true);
        long pending = count(cluster, false);
        ObjectNode json =
                Json.object()
                        .put("clusterArn", cluster.arn())
                        .put("clusterName", cluster.name)
                        .put("status", cluster.status)
                        .put("registeredContainerInstancesCount", 0)
                        .put("runningTasksCount", running)
                        .put("pendingTasksCount", pending)
                        .put(
                                "activeServicesCount",
                                cluster.services.values().stream()
                                        .filter(Service::isActive)
                                        .count());
        json.putArray("statistics");
        json.set("tags", Tags.list(cluster.tags));
        json.putArray("settings");
        json.putArray("capacityProviders").add("FARGATE").add("FARGATE_SPOT");
        json.putArray("defaultCapacityProviderStrategy");
        return json;
    }

    private long count(Cluster cluster, boolean running) {
        return store.tasks().stream()
                .filter(t -> t.cluster.equals(cluster.name) && t.isWanted())
                .filter(t -> t.isRunning() == running)
                .count();
    }
}
