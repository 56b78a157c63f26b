package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.Json;
import java.util.List;
import java.util.Map;

/** The actions on service deployments and revisions. All under the store's lock. */
final class ServiceDeployments {
    private static final int PAGE = 20;

    private final EcsStore store;
    private final Rollout rollout;

    ServiceDeployments(EcsStore store, Rollout rollout) {
        this.store = store;
        this.rollout = rollout;
    }

    JsonNode list(ObjectNode in) {
        Service service = Services.find(store, in, "service");
        List<String> states = Clusters.texts(in.path("status"));
        List<ServiceDeployment> all =
                service.history.stream()
                        .filter(r -> states.isEmpty() || states.contains(r.status))
                        .toList();
        int from = Pages.start(in);
        int to = Pages.end(in, from, all.size(), PAGE);
        ObjectNode out = Json.object();
        ArrayNode page = out.putArray("serviceDeployments");
        all.subList(Math.min(from, to), to).forEach(r -> page.add(brief(service, r)));
        Pages.next(out, to, all.size());
        return out;
    }

    private static ObjectNode brief(Service service, ServiceDeployment record) {
        ObjectNode json =
                Json.object()
                        .put("serviceDeploymentArn", record.arn)
                        .put("serviceArn", service.arn())
                        .put("clusterArn", Arns.of("ecs", "cluster/" + service.cluster))
                        .put("status", record.status)
                        .put("targetServiceRevisionArn", record.targetRevision);
        if (record.statusReason != null) {
            json.put("statusReason", record.statusReason);
        }
        time(json, "createdAt", record.createdAt);
        time(json, "startedAt", record.startedAt);
        time(json, "finishedAt", record.finishedAt);
        return json;
    }

    private static void time(ObjectNode json, String member, long millis) {
        if (millis > 0) {
            json.put(member, Json.seconds(millis));
        }
    }

    JsonNode describe(ObjectNode in) {
        ObjectNode out = Json.object();
        ArrayNode found = out.putArray("serviceDeployments");
        ArrayNode failures = out.putArray("failures");
        for (JsonNode arn : in.path("serviceDeploymentArns")) {
            Service service = serviceOf(arn.asText(), "service-deployment/");
            ServiceDeployment record = service == null ? null : service.record(arn.asText());
            if (record == null) {
                failures.addObject().put("arn", arn.asText()).put("reason", "MISSING");
            } else {
                found.add(full(service, record));
            }
        }
        return out;
    }

    private ObjectNode full(Service service, ServiceDeployment record) {
        ObjectNode json = brief(service, record);
        json.remove("targetServiceRevisionArn");
        time(json, "updatedAt", record.updatedAt);
        time(json, "stoppedAt", record.stoppedAt);
        if (record.sourceRevision != null) {
            json.putArray("sourceServiceRevisions").add(counts(service, record.sourceRevision));
        }
        json.set("targetServiceRevision", counts(service, record.targetRevision));
        json.set("deploymentConfiguration", service.settings.path("deploymentConfiguration"));
        json.putObject("deploymentCircuitBreaker")
                .put("status", record.breaker)
                .put("failureCount", record.failures)
                .put(
                        "threshold",
                        record.threshold > 0
                                ? record.threshold
                                : CircuitBreaker.of(service).threshold());
        if (record.rollbackRevision != null) {
            ObjectNode rollback = json.putObject("rollback");
            rollback.put("reason", record.rollbackReason);
            rollback.put("serviceRevisionArn", record.rollbackRevision);
            time(rollback, "startedAt", record.rollbackStartedAt);
        }
        return json;
    }

    private ObjectNode counts(Service service, String revision) {
        Deployment deployment =
                service.deployments.stream()
                        .filter(d -> d.revisionArn.equals(revision))
                        .findFirst()
                        .orElse(null);
        List<Task> tasks =
                deployment == null
                        ? List.of()
                        : store.tasks(service).stream()
                                .filter(t -> deployment.id.equals(t.deployment))
                                .toList();
        boolean wanted = deployment != null && deployment.isPrimary();
        return Json.object()
                .put("arn", revision)
                .put("requestedTaskCount", wanted ? service.desiredCount : 0)
                .put("runningTaskCount", ServiceView.running(tasks))
                .put("pendingTaskCount", ServiceView.pending(tasks));
    }

    JsonNode describeRevisions(ObjectNode in) {
        ObjectNode out = Json.object();
        ArrayNode found = out.putArray("serviceRevisions");
        ArrayNode failures = out.putArray("failures");
        for (JsonNode arn : in.path("serviceRevisionArns")) {
            Service service = serviceOf(arn.asText(), "service-revision/");
            ServiceRevision revision = service == null ? null : service.revisions.get(arn.asText());
            if (revision == null) {
                failures.addObject().put("arn", arn.asText()).put("reason", "MISSING");
            } else {
                found.add(json(service, revision));
            }
        }
        return out;
    }

    private static ObjectNode json(Service service, ServiceRevision revision) {
        ObjectNode json =
                Json.object()
                        .put("serviceRevisionArn", revision.arn)
                        .put("serviceArn", service.arn())
                        .put("clusterArn", Arns.of("ecs", "cluster/" + service.cluster))
                        .put("taskDefinition", revision.taskDefinition)
                        .put("launchType", Rollout.launchType(service))
                        .put("createdAt", Json.seconds(revision.createdAt));
        json.set("loadBalancers", service.settings.path("loadBalancers"));
        ArrayNode images = json.putArray("containerImages");
        for (Map.Entry<String, String> image : revision.images.entrySet()) {
            ObjectNode one = images.addObject();
            one.put("containerName", image.getKey()).put("image", image.getValue());
            if (revision.digests.containsKey(image.getKey())) {
                one.put("imageDigest", revision.digests.get(image.getKey()));
            }
        }
        return json;
    }

    JsonNode stop(ObjectNode in) {
        String arn = in.path("serviceDeploymentArn").asText();
        String type = in.path("stopType").asText("ROLLBACK");
        if (!type.equals("ROLLBACK")) {
            throw AwsError.invalidParameter("stopType must be ROLLBACK, but was " + type);
        }
        Service service = serviceOf(arn, "service-deployment/");
        ServiceDeployment record = service == null ? null : service.record(arn);
        if (record == null) {
            throw AwsError.of(
                    "ServiceDeploymentNotFoundException", "Service deployment not found.");
        }
        Deployment deployment = service.deployment(record.deploymentId);
        if (!record.isOpen() || deployment == null || !deployment.isPrimary()) {
            throw AwsError.of(
                    "ConflictException",
                    "The service deployment is in a final state or is being rolled back.");
        }
        record.move("ROLLBACK_REQUESTED");
        deployment.rollout("FAILED", "ECS deployment " + deployment.id + " was stopped.");
        if (!rollout.rollBack(service, deployment, "Service deployment stopped by user.")) {
            record.stoppedAt = System.currentTimeMillis();
            record.finish("STOPPED", "Service deployment stopped by user.");
        }
        store.changed();
        return Json.object().put("serviceDeploymentArn", arn);
    }

    private Service serviceOf(String arn, String kind) {
        String[] path = Arns.lastPart(arn, kind).split("/");
        Cluster cluster = store.state().clusters.get(path[0]);
        return cluster == null || path.length < 2 ? null : cluster.services.get(path[1]);
    }
}
