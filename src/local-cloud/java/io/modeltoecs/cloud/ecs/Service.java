package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.state.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A service as it is wanted, and its rollouts. */
final class Service {
    private static final int MAX_EVENTS = 100;
    private static final int MAX_HISTORY = 100;

    String name;
    String cluster;
    String status = "ACTIVE";
    int desiredCount;
    long createdAt;

    /** The CreateService that it came of. */
    ObjectNode request = Json.object();

    /** Members of the API's service that are given back as they were set. */
    ObjectNode settings = Json.object();

    Map<String, String> tags = new LinkedHashMap<>();
    List<ServiceEvent> events = new ArrayList<>();

    /** Newest first. */
    List<Deployment> deployments = new ArrayList<>();

    /** Where a rollback goes to. */
    Deployment lastCompleted;

    /** Newest first. */
    List<ServiceDeployment> history = new ArrayList<>();

    Map<String, ServiceRevision> revisions = new LinkedHashMap<>();

    /** When it was said that it is steady; 0 while it isn't. */
    long steadySince;

    String arn() {
        return Arns.of("ecs", "service/" + cluster + "/" + name);
    }

    /** Whether a CreateService is the one that it came of, sent again with its token. */
    boolean wasMadeBy(ObjectNode in) {
        return in.hasNonNull("clientToken") && in.equals(request);
    }

    boolean isActive() {
        return status.equals("ACTIVE");
    }

    Deployment primary() {
        return deployments.stream().filter(Deployment::isPrimary).findFirst().orElse(null);
    }

    Deployment deployment(String id) {
        return deployments.stream().filter(d -> d.id.equals(id)).findFirst().orElse(null);
    }

    /** The record of a rollout; null where it is gone. */
    ServiceDeployment record(String arn) {
        return history.stream().filter(r -> r.arn.equals(arn)).findFirst().orElse(null);
    }

    void record(ServiceDeployment record) {
        history.add(0, record);
        if (history.size() > MAX_HISTORY) {
            history.remove(history.size() - 1);
        }
    }

    /** Adds an event; the text follows {@code (service NAME) }. */
    void event(String text, long now) {
        ServiceEvent event = new ServiceEvent();
        event.id = UUID.randomUUID().toString();
        event.createdAt = now;
        event.message = "(service " + name + ") " + text;
        events.add(0, event);
        if (events.size() > MAX_EVENTS) {
            events.remove(events.size() - 1);
        }
    }

    int minimumHealthyPercent() {
        return settings.at("/deploymentConfiguration/minimumHealthyPercent").asInt(100);
    }

    int maximumPercent() {
        return settings.at("/deploymentConfiguration/maximumPercent").asInt(200);
    }

    /** The settings of a deployment's revision. */
    ServiceRevision revision(Deployment deployment) {
        return revisions.get(deployment.revisionArn);
    }

    /** The record of the newest rollout; null where it is gone. */
    ServiceDeployment record(Deployment deployment) {
        return record(deployment.serviceDeploymentArn);
    }

    /** How many tasks of a deployment are wanted. */
    int wanted(Deployment deployment) {
        if (deployment.isPrimary()) {
            return desiredCount;
        }
        Deployment primary = primary();
        ServiceDeployment record = primary == null ? null : record(primary);
        boolean serves =
                record != null
                        && record.isOpen()
                        && primary.shiftsTraffic
                        && record.stage != Stage.CLEAN_UP
                        && deployment.revisionArn.equals(record.serving);
        return serves ? desiredCount : 0;
    }

    String strategy() {
        return settings.at("/deploymentConfiguration/strategy").asText("ROLLING");
    }

    JsonNode breaker() {
        return settings.at("/deploymentConfiguration/deploymentCircuitBreaker");
    }

    int graceSeconds() {
        return settings.path("healthCheckGracePeriodSeconds").asInt(0);
    }

    JsonNode alarms() {
        return settings.at("/deploymentConfiguration/alarms");
    }
}
