package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.TimeUnit;

/**
 * What the results of a container's health checks make of its health.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html">HealthCheck</a>
 */
final class HealthJudge {
    private static final int RETRIES = 3;

    private final int retries;
    private final long startPeriodEnds;
    private int failures;
    private boolean succeeded;

    /**
     * A judge of a container that starts now.
     *
     * @param settings the healthCheck of its definition
     * @param now in milliseconds
     */
    HealthJudge(JsonNode settings, long now) {
        retries = settings.path("retries").asInt(RETRIES);
        startPeriodEnds = now + TimeUnit.SECONDS.toMillis(settings.path("startPeriod").asInt(0));
    }

    /**
     * The health after one more check. Failures in the startPeriod count for nothing, unless a
     * check succeeded before.
     */
    String after(String health, boolean ok, long now) {
        if (ok) {
            failures = 0;
            succeeded = true;
            return "HEALTHY";
        }
        boolean counts = succeeded || now >= startPeriodEnds;
        return counts && ++failures >= retries ? "UNHEALTHY" : health;
    }
}
