package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.Arns;
import java.util.Map;
import java.util.UUID;

/** A container of a task. */
final class TaskContainer {
    final JsonNode definition;
    final String name;
    final String arn;
    final boolean essential;

    /** What the engine knows it by; null before it is started. */
    String engineId;

    /** When it was started, in milliseconds; 0 before that. */
    long startedAt;

    String digest;
    String lastStatus = "PENDING";
    String health = "UNKNOWN";
    String reason;
    Integer exitCode;
    Map<String, Integer> hostPorts = Map.of();

    /** The values of its secrets; they are looked up as it starts and kept nowhere else. */
    transient Map<String, String> secrets = Map.of();

    /** What it is said to have ended with, by a fault; null where it is what the engine says. */
    Integer injectedExitCode;

    /** Whether it is said to have ended for its memory use, by a fault. */
    boolean injectedOutOfMemory;

    /** Whether it goes without saying what it ended with, by a fault. */
    boolean injectedVanishing;

    /** Whether its checks are said to fail, by a fault. */
    transient boolean injectedUnhealthy;

    /** One that was kept over a restart. */
    private TaskContainer() {
        definition = null;
        name = null;
        arn = null;
        essential = false;
    }

    TaskContainer(JsonNode definition, String clusterAndTask) {
        this.definition = definition;
        this.name = definition.path("name").asText();
        this.essential = definition.path("essential").asBoolean(true);
        this.arn = Arns.of("ecs", "container/" + clusterAndTask + "/" + UUID.randomUUID());
    }

    String image() {
        return definition.path("image").asText();
    }

    boolean hasHealthCheck() {
        return definition.has("healthCheck")
                && !definition.at("/healthCheck/command/0").asText().equals("NONE");
    }

    boolean isRunning() {
        return lastStatus.equals("RUNNING");
    }

    boolean hasStopped() {
        return lastStatus.equals("STOPPED");
    }

    boolean endedWell() {
        return exitCode != null && exitCode == 0;
    }

    /** How long it may take to end after SIGTERM. */
    int stopTimeoutSeconds() {
        return definition.path("stopTimeout").asInt(30);
    }

    /** The host's port of a container port; 0 where it isn't published. */
    int hostPort(int containerPort) {
        return hostPorts.getOrDefault(containerPort + "/tcp", 0);
    }
}
