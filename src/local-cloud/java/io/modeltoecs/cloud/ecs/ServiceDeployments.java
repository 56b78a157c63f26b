package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The actions on service deployments and revisions. All under the store's lock. */
final class ServiceDeployments {
    private static final int PAGE = 20;
    private static final int MAX_PAGE = 100;
    private static final int MAX_DESCRIBED = 20;
    private static final double MILLIS = 1000;
    private static final double ALL = 100;
    private static final long KEEP_MILLIS = TimeUnit.DAYS.toMillis(90);
    private static final Set<String> STOPPABLE = Set.of("PENDING", "IN_PROGRESS");

    private final EcsStore store;

    ServiceDeployments(EcsStore store) {
        this.store = store;
    }

    JsonNode list(ObjectNode in) {
        Service service = Services.find(store, in, "service");
        List<String> states = Clusters.texts(in.path("status"));
        JsonNode created = in.path("createdAt");
        long after = millis(created.path("after"), store.now() - KEEP_MILLIS);
        long before = millis(created.path("before"), Long.MAX_VALUE);
        List<ServiceDeployment> all =
                service.history.stream()
                        .filter(r -> states.isEmpty() || states.contains(r.status))
                        .filter(r -> r.createdAt > after && r.createdAt < before)
                        .toList();
        Pages.check(in, MAX_PAGE);
        int from = Pages.start(in);
        int to = Pages.end(in, from, all.size(), PAGE);
        ObjectNode out = Json.object();
        ArrayNode page = out.putArray("serviceDeployments");
        all.subList(Math.min(from, to), to).forEach(r -> page.add(brief(service, r)));
        Pages.next(out, to, all.size());
        return out;
    }

    private static long millis(JsonNode seconds, long otherwise) {
        return seconds.isNumber() ? Math.round(seconds.asDouble() * MILLIS) : otherwise;
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
        for (JsonNode arn : asked(in, "serviceDeploymentArns")) {
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

    private static JsonNode asked(ObjectNode in, String member) {
        JsonNode arns = in.path(member);
        if (arns.isEmpty()) {
            throw AwsError.invalidParameter(member + " cannot be empty.");
        }
        if (arns.size() > MAX_DESCRIBED) {
            throw AwsError.invalidParameter(
                    member + " can not exceed " + MAX_DESCRIBED + " items.");
        }
        return arns;
    }

    private ObjectNode full(Service service, ServiceDeployment record) {
        ObjectNode json = brief(service, record);
        json.remove("targetServiceRevisionArn");
        time(json, "updatedAt", record.updatedAt);
        time(json, "stoppedAt", record.stoppedAt);
        boolean shifts = record.stage != null;
        ArrayNode sources = json.putArray("sourceServiceRevisions");
        for (String source : record.sourceRevisions) {
            ObjectNode one = counts(service, source);
            if (shifts) {
                boolean serves = source.equals(record.serving);
                weights(
                        one,
                        serves ? ALL - record.productionPercent : 0,
                        serves && record.testPercent == 0 && record.rollbackRevision != null
                                ? ALL
                                : 0);
            }
            sources.add(one);
        }
        ObjectNode target = counts(service, record.targetRevision);
        if (shifts) {
            weights(target, record.productionPercent, record.testPercent);
            json.put("lifecycleStage", record.stage.shown());
            json.set("lifecycleHookDetails", hooks(record));
        }
        json.set("targetServiceRevision", target);
        json.set("deploymentConfiguration", record.configuration);
        json.putObject("deploymentCircuitBreaker")
                .put("status", record.breaker)
                .put("failureCount", record.failures)
                .put(
                        "threshold",
                        record.threshold > 0
                                ? record.threshold
                                : CircuitBreaker.of(service).threshold());
        ObjectNode alarms = json.putObject("alarms").put("status", record.alarms);
        alarms.set("alarmNames", record.configuration.at("/alarms/alarmNames").deepCopy());
        if (!alarms.path("alarmNames").isArray()) {
            alarms.putArray("alarmNames");
        }
        alarms.set("triggeredAlarmNames", Json.strings(record.triggeredAlarms));
        if (record.rollbackRevision != null) {
            ObjectNode rollback = json.putObject("rollback");
            rollback.put("reason", record.rollbackReason);
            rollback.put("serviceRevisionArn", record.rollbackRevision);
            time(rollback, "startedAt", record.rollbackStartedAt);
        }
        return json;
    }

    private static void weights(ObjectNode revision, double production, double test) {
        revision.put("requestedProductionTrafficWeight", production);
        revision.put("requestedTestTrafficWeight", test);
    }

    private static ArrayNode hooks(ServiceDeployment record) {
        ArrayNode all = Json.array();
        for (Hook hook : record.hooks) {
            all.addObject()
                    .put("hookId", hook.id)
                    .put("targetType", "PAUSE")
                    .put("status", hook.status)
                    .put("expiresAt", Json.seconds(hook.expiresAt))
                    .put("timeoutAction", hook.timeoutAction);
        }
        return all;
    }

    private ObjectNode counts(Service service, String revision) {
        Deployment deployment =
                service.deployments.stream()
                        .filter(d -> d.revisionArn.equals(revision))
                        .findFirst()
                        .orElse(null);
        return ServiceView.counts(service, deployment, revision, store.tasks(service));
    }

    JsonNode describeRevisions(ObjectNode in) {
        ObjectNode out = Json.object();
        ArrayNode found = out.putArray("serviceRevisions");
        ArrayNode failures = out.putArray("failures");
        for (JsonNode arn : asked(in, "serviceRevisionArns")) {
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
                        .put("taskDefinition", revision.taskDefinition);
        json.setAll(revision.settings);
        json.put("guardDutyEnabled", false);
        json.put("createdAt", Json.seconds(revision.createdAt));
        ArrayNode images = json.putArray("containerImages");
        for (Map.Entry<String, String> image : revision.images.entrySet()) {
            ObjectNode one = images.addObject();
            one.put("containerName", image.getKey()).put("image", image.getValue());
            if (revision.digests.containsKey(image.getKey())) {
                one.put("imageDigest", revision.digests.get(image.getKey()));
            }
        }
        if (!revision.loadBalancers().isEmpty()) {
            ArrayNode resolved = json.putObject("resolvedConfiguration").putArray("loadBalancers");
            for (JsonNode balancer : revision.loadBalancers()) {
                ObjectNode one = resolved.addObject();
                one.put("targetGroupArn", revision.targetGroup(balancer));
                JsonNode rule = balancer.at("/advancedConfiguration/productionListenerRule");
                if (rule.isTextual()) {
                    one.set("productionListenerRule", rule);
                }
            }
        }
        return json;
    }

    /** With ROLLBACK back to the last completed revision, with ABORT everything stays as it is. */
    JsonNode stop(ObjectNode in) {
        String arn = in.path("serviceDeploymentArn").asText();
        String type = in.path("stopType").asText("ROLLBACK");
        if (!Set.of("ROLLBACK", "ABORT").contains(type)) {
            throw AwsError.invalidParameter("stopType must be ROLLBACK or ABORT, but was " + type);
        }
        Service service = serviceOf(arn, "service-deployment/");
        ServiceDeployment record = find(service, arn);
        Deployment deployment = service.deployment(record.deploymentId);
        if (!STOPPABLE.contains(record.status) || deployment == null || !deployment.isPrimary()) {
            throw AwsError.of(
                    "ConflictException",
                    "The service deployment is in a final state or is being rolled back.");
        }
        record.move(type.equals("ABORT") ? "STOP_REQUESTED" : "ROLLBACK_REQUESTED", store.now());
        if (type.equals("ABORT")) {
            record.statusReason = "Service deployment stopped because it was stopped by the user.";
            deployment.rollout("FAILED", Failure.stopped(false).state() + ".", store.now());
        }
        store.changed(service);
        return Json.object().put("serviceDeploymentArn", arn);
    }

    /** Answers a PAUSE hook. */
    JsonNode proceed(ObjectNode in) {
        String arn = in.path("serviceDeploymentArn").asText();
        String action = in.path("action").asText("CONTINUE");
        if (!Set.of("CONTINUE", "ROLLBACK").contains(action)) {
            throw AwsError.invalidParameter(
                    "action must be CONTINUE or ROLLBACK, but was " + action);
        }
        Service service = serviceOf(arn, "service-deployment/");
        ServiceDeployment record = find(service, arn);
        String id = in.path("hookId").asText();
        Hook hook = record.hook(id);
        if (hook == null) {
            throw AwsError.invalidParameter(
                    "The service deployment has no lifecycle hook with the hookId " + id + ".");
        }
        if (!record.status.equals("IN_PROGRESS") || !hook.waits()) {
            throw AwsError.invalidParameter(
                    "The lifecycle hook " + id + " does not await an action.");
        }
        hook.status = action.equals("CONTINUE") ? Hook.SUCCEEDED : Hook.FAILED;
        record.updatedAt = store.now();
        store.changed(service);
        return Json.object().put("serviceDeploymentArn", arn);
    }

    private static ServiceDeployment find(Service service, String arn) {
        ServiceDeployment record = service == null ? null : service.record(arn);
        if (record == null) {
            throw AwsError.of(
                    "ServiceDeploymentNotFoundException", "Service deployment not found.");
        }
        return record;
    }

    private Service serviceOf(String arn, String kind) {
        String[] path = Arns.lastPart(arn, kind).split("/");
        Cluster cluster = store.state().clusters.get(path[0]);
        return cluster == null || path.length < 2 ? null : cluster.services.get(path[1]);
    }
}
