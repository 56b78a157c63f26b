package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.elb.Target;
import io.modeltoecs.cloud.faults.Subject;
import io.modeltoecs.cloud.state.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A running copy of a task definition. Its changing fields are read and set under the store's lock.
 */
final class Task {
    final String id;
    final String cluster;
    final ObjectNode definition;
    final long createdAt;
    final List<TaskContainer> containers = new ArrayList<>();

    /** The service's name; null for a task of its own. */
    String service;

    /** The deployment's id; null for a task of its own. */
    String deployment;

    /** The RunTask that it came of: the same call with the same token gives it once more. */
    ObjectNode request;

    String clientToken = "";
    String startedBy;
    String group;
    String launchType = "EC2";
    JsonNode overrides = Json.object();
    Map<String, String> tags = new LinkedHashMap<>();

    String lastStatus = "PENDING";
    String desiredStatus = "RUNNING";
    String stopCode;
    String stoppedReason;
    long pullStartedAt;
    long pullStoppedAt;
    long startedAt;
    long stoppingAt;
    long stoppedAt;

    /** Whether it was counted healthy once, which ends the count of failures. */
    boolean wasHealthy;

    /**
     * Holds the network that the containers of this task share; null where there is one container.
     */
    String networkHolder;

    /** Where load balancers find it: target group ARN to target. */
    final Map<String, Target> targets = new LinkedHashMap<>();

    /** Its container's port in each of the target groups. */
    final Map<String, Integer> containerPorts = new LinkedHashMap<>();

    /** One that was kept over a restart. */
    private Task() {
        id = null;
        cluster = null;
        createdAt = 0;
        definition = null;
    }

    Task(String cluster, ObjectNode definition, long now) {
        this.id = Ids.task();
        this.cluster = cluster;
        this.createdAt = now;
        this.definition = definition;
        if (hasOwnNetwork()) {
            lastStatus = "PROVISIONING";
        }
        definition
                .path("containerDefinitions")
                .forEach(c -> containers.add(new TaskContainer(c, cluster + "/" + id)));
    }

    String arn() {
        return Arns.of("ecs", "task/" + cluster + "/" + id);
    }

    /** Whether it has a network interface, which is made before it starts and taken away after. */
    boolean hasOwnNetwork() {
        return definition.path("networkMode").asText().equals("awsvpc");
    }

    TaskContainer container(String name) {
        return containers.stream().filter(c -> c.name.equals(name)).findFirst().orElse(null);
    }

    boolean isWanted() {
        return desiredStatus.equals("RUNNING");
    }

    boolean isOf(Deployment one) {
        return one.id.equals(deployment);
    }

    boolean isRunning() {
        return lastStatus.equals("RUNNING");
    }

    boolean hasStopped() {
        return lastStatus.equals("STOPPED");
    }

    /** ECS takes the worst health of the essential containers. */
    String health() {
        String health = "HEALTHY";
        for (TaskContainer container : containers) {
            if (container.essential) {
                if (container.health.equals("UNHEALTHY")) {
                    return "UNHEALTHY";
                }
                if (container.health.equals("UNKNOWN")) {
                    health = "UNKNOWN";
                }
            }
        }
        return health;
    }

    boolean hasHealthCheck() {
        return containers.stream().anyMatch(c -> c.essential && c.hasHealthCheck());
    }

    /** What went wrong in words: a container's reason, else the task's. */
    String failure() {
        return containers.stream()
                .filter(c -> c.reason != null)
                .map(c -> c.reason)
                .findFirst()
                .orElse(stoppedReason);
    }

    /** What faults know it by. */
    Subject subject() {
        return new Subject(cluster, service, TaskDefinitions.arn(definition), id);
    }

    boolean isFargate() {
        return launchType.equals("FARGATE");
    }
}
