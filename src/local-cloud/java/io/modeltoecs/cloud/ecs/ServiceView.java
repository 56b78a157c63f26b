package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.state.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A service as the API shows it. Under the store's lock. */
final class ServiceView {
    private static final Set<String> PENDING = Set.of("PROVISIONING", "PENDING", "ACTIVATING");

    /** Members that are kept with the service, and shown with its deployments alone. */
    private static final List<String> OF_DEPLOYMENTS =
            List.of(
                    "serviceConnectConfiguration",
                    "volumeConfigurations",
                    "vpcLatticeConfigurations");

    private final EcsStore store;

    ServiceView(EcsStore store) {
        this.store = store;
    }

    ObjectNode json(Service service, boolean tags) {
        List<Task> tasks = store.tasks(service);
        ObjectNode json =
                Json.object()
                        .put("serviceArn", service.arn())
                        .put("serviceName", service.name)
                        .put("clusterArn", Arns.of("ecs", "cluster/" + service.cluster))
                        .put("status", service.status)
                        .put("desiredCount", service.desiredCount)
                        .put("runningCount", running(tasks))
                        .put("pendingCount", pending(tasks));
        json.setAll(service.settings);
        json.remove(OF_DEPLOYMENTS);
        Deployment primary = service.primary();
        if (primary != null) {
            json.put("taskDefinition", primary.taskDefinition);
        }
        json.put("createdAt", Json.seconds(service.createdAt));
        json.put("createdBy", "arn:aws:iam::" + Arns.ACCOUNT + ":user/local");
        json.put(
                "roleArn",
                "arn:aws:iam::"
                        + Arns.ACCOUNT
                        + ":role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS");
        ArrayNode deployments = json.putArray("deployments");
        service.deployments.forEach(d -> deployments.add(deployment(service, d, tasks)));
        ServiceDeployment current =
                service.history.stream().filter(ServiceDeployment::isOpen).findFirst().orElse(null);
        if (current != null) {
            json.put("currentServiceDeployment", current.arn);
        }
        if (primary != null) {
            ArrayNode revisions = json.putArray("currentServiceRevisions");
            service.deployments.forEach(
                    d -> revisions.add(counts(service, d, d.revisionArn, tasks)));
        }
        ArrayNode events = json.putArray("events");
        for (ServiceEvent event : service.events) {
            events.addObject()
                    .put("id", event.id)
                    .put("createdAt", Json.seconds(event.createdAt))
                    .put("message", event.message);
        }
        if (tags) {
            json.set("tags", Tags.list(service.tags));
        }
        return json;
    }

    private static ObjectNode deployment(Service service, Deployment deployment, List<Task> tasks) {
        List<Task> its = of(deployment, tasks);
        ObjectNode settings = service.revision(deployment).settings;
        ObjectNode json =
                Json.object()
                        .put("id", deployment.id)
                        .put("status", deployment.status)
                        .put("taskDefinition", deployment.taskDefinition)
                        .put("desiredCount", service.wanted(deployment))
                        .put("pendingCount", pending(its))
                        .put("runningCount", running(its))
                        .put("failedTasks", deployment.failedTasks)
                        .put("createdAt", Json.seconds(deployment.createdAt))
                        .put("updatedAt", Json.seconds(deployment.updatedAt))
                        .put("launchType", Fleet.launchType(settings))
                        .put("rolloutState", deployment.rolloutState)
                        .put("rolloutStateReason", deployment.rolloutStateReason);
        List<String> members = new ArrayList<>(OF_DEPLOYMENTS);
        members.addAll(
                List.of("networkConfiguration", "platformVersion", "capacityProviderStrategy"));
        for (String member : members) {
            if (settings.has(member)) {
                json.set(member, settings.get(member));
            }
        }
        return json;
    }

    /** A revision with the counts of its tasks; its deployment is null where it is gone. */
    static ObjectNode counts(
            Service service, Deployment deployment, String revision, List<Task> tasks) {
        List<Task> its = deployment == null ? List.of() : of(deployment, tasks);
        return Json.object()
                .put("arn", revision)
                .put("requestedTaskCount", deployment == null ? 0 : service.wanted(deployment))
                .put("runningTaskCount", running(its))
                .put("pendingTaskCount", pending(its));
    }

    private static List<Task> of(Deployment deployment, List<Task> tasks) {
        return tasks.stream().filter(t -> t.isOf(deployment)).toList();
    }

    static long running(List<Task> tasks) {
        return tasks.stream().filter(Task::isRunning).count();
    }

    static long pending(List<Task> tasks) {
        return tasks.stream().filter(t -> PENDING.contains(t.lastStatus)).count();
    }
}
