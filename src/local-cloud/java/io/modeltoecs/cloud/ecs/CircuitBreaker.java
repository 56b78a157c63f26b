package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * The deployment circuit breaker's settings.
 *
 * @param enabled whether it fails a deployment at all
 * @param rollback whether it goes back to the last completed deployment
 * @param threshold how many tasks may fail one after the other
 * @param resetOnHealthyTask whether a healthy task starts the count anew
 */
record CircuitBreaker(
        boolean enabled, boolean rollback, int threshold, boolean resetOnHealthyTask) {
    private static final int MIN = 3;
    private static final int MAX = 200;
    private static final double HUNDRED = 100.0;
    private static final int DEFAULT_PERCENT = 50;

    static CircuitBreaker of(Service service) {
        JsonNode settings = service.breaker();
        return new CircuitBreaker(
                settings.path("enable").asBoolean(),
                settings.path("rollback").asBoolean(),
                threshold(settings.path("thresholdConfiguration"), service.desiredCount),
                settings.path("resetOnHealthyTask").asBoolean(true));
    }

    private static int threshold(JsonNode settings, int desired) {
        int value = settings.path("value").asInt(DEFAULT_PERCENT);
        int percent = (int) Math.ceil(desired * value / HUNDRED);
        return switch (settings.path("type").asText("BOUNDED_PERCENT")) {
            case "COUNT" -> value;
            case "UNBOUNDED_PERCENT" -> Math.max(1, percent);
            default -> Math.min(MAX, Math.max(MIN, percent));
        };
    }

    boolean trips(int failures) {
        return enabled && failures >= threshold;
    }
}
