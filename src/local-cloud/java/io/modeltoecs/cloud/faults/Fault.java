package io.modeltoecs.cloud.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;

/** One thing that goes wrong until it is taken back. Not thread-safe: {@link Faults} guards it. */
final class Fault {
    private final String id;
    private final Kind kind;
    private final ObjectNode request;
    private final double share;
    private final int times;

    /** What a running task's turn was decided to be: a share is drawn once per task. */
    private final Map<String, Boolean> decided = new HashMap<>();

    private double due;
    private int acted;

    Fault(String id, Kind kind, ObjectNode request) {
        this.id = id;
        this.kind = kind;
        this.request = request;
        this.share = request.path("share").asDouble(1);
        this.times = request.path("times").asInt(Integer.MAX_VALUE);
    }

    String id() {
        return id;
    }

    Kind kind() {
        return kind;
    }

    String text(String member, String otherwise) {
        return request.path(member).asText(otherwise);
    }

    int number(String member, int otherwise) {
        return request.path(member).asInt(otherwise);
    }

    boolean flag(String member) {
        return request.path(member).asBoolean();
    }

    /** Whether it is about an action, e.g. {@code ecs} and {@code UpdateService}. */
    boolean concerns(String service, String action) {
        String wanted = text("action", "*");
        return wanted.equals("*")
                || wanted.equals(service + ":*")
                || wanted.equals(service + ":" + action);
    }

    boolean concerns(Subject subject) {
        return chooses("cluster", subject.cluster())
                && chooses("service", subject.service())
                && chooses("family", subject.family())
                && chooses("task", subject.task())
                && (chooses("taskDefinition", subject.taskDefinition())
                        || chooses("taskDefinition", subject.revision()));
    }

    private boolean chooses(String member, String value) {
        JsonNode wanted = request.path(member);
        return wanted.isMissingNode() || shortened(member, wanted.asText()).equals(value);
    }

    /** Clusters, services and tasks may be named by their ARNs. */
    private static String shortened(String member, String value) {
        return member.equals("taskDefinition")
                ? value
                : value.substring(value.lastIndexOf('/') + 1);
    }

    /**
     * Takes a turn: true for the share of the turns, evenly spread, and not more often than asked.
     */
    boolean act() {
        due += share;
        if (due < 1 || acted >= times) {
            return false;
        }
        due -= 1;
        acted++;
        return true;
    }

    /** Takes the one turn that a running task has; false also where it had it. */
    boolean actOnce(String task) {
        return decided.putIfAbsent(task, true) == null && act();
    }

    ObjectNode json() {
        ObjectNode json = request.deepCopy();
        return json.put("id", id).put("acted", acted);
    }
}
