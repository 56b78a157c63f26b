package io.modeltoecs.cloud.elb;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;

/**
 * The health of one target by HTTP requests. The first good answer makes a new target healthy;
 * later changes take the target group's thresholds.
 */
final class HealthCheck {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();

    private final TargetGroup group;
    private final Target target;
    private TargetHealth health = TargetHealth.REGISTERING;
    private int successes;
    private int failures;
    private volatile boolean fails;

    HealthCheck(TargetGroup group, Target target) {
        this.group = group;
        this.target = target;
    }

    synchronized TargetHealth health() {
        return health;
    }

    /** Asks the target once. */
    void run() {
        TargetHealth seen = ask();
        synchronized (this) {
            if (seen.isHealthy()) {
                successes++;
                failures = 0;
                if (!health.isUnhealthy() || successes >= group.healthyThreshold) {
                    health = seen;
                }
            } else {
                failures++;
                successes = 0;
                if (health.isUnhealthy() || failures >= group.unhealthyThreshold) {
                    health = seen;
                } else if (!health.isHealthy()) {
                    health = TargetHealth.CHECKING;
                }
            }
        }
    }

    /** From now on each check fails. */
    void failFromNow() {
        fails = true;
    }

    private TargetHealth ask() {
        if (fails) {
            return TargetHealth.unhealthy("Target.Timeout", "Request timed out");
        }
        int port =
                group.healthCheckPort.equals("traffic-port")
                        ? target.port()
                        : Integer.parseInt(group.healthCheckPort);
        URI uri = URI.create("http://" + target.id() + ":" + port + group.healthCheckPath);
        HttpRequest request =
                HttpRequest.newBuilder(uri)
                        .timeout(Duration.ofSeconds(group.timeoutSeconds))
                        .header("User-Agent", "ELB-HealthChecker/2.0")
                        .GET()
                        .build();
        try {
            int status = HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            return group.matches(status)
                    ? TargetHealth.HEALTHY
                    : TargetHealth.unhealthy(
                            "Target.ResponseCodeMismatch",
                            "Health checks failed with these codes: [" + status + "]");
        } catch (HttpTimeoutException e) {
            return TargetHealth.unhealthy("Target.Timeout", "Request timed out");
        } catch (IOException e) {
            return TargetHealth.unhealthy("Target.FailedHealthChecks", "Health checks failed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return TargetHealth.unhealthy("Elb.InternalError", "Health checks were interrupted");
        }
    }
}
