package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;

/**
 * A container check by the Python that every serving image has; curl is in few of them.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html">ECS:
 *     HealthCheck</a>
 */
final class HealthCheck {
    private static final String PYTHON = "import urllib.request as r; r.urlopen(";

    private HealthCheck() {}

    /** Adds the check to a container that has none, or changes the one that was added before. */
    static void add(TaskDefinition.Container container, String path) {
        if (container.healthCheck() != null
                && !container.healthCheck().path("command").path(3).asText().startsWith(PYTHON)) {
            return;
        }
        String port = port(container);
        if (port == null) {
            throw new StepException(
                    "'readiness' needs a port: the container '%s' has %s ports and no PORT"
                            .formatted(container.name(), container.ports().size()));
        }
        ObjectNode check = Json.object();
        check.putArray("command")
                .add("CMD")
                .add("python3")
                .add("-c")
                .add(PYTHON + "'http://127.0.0.1:" + port + path + "', timeout=4)");
        // A success within startPeriod counts at once, a failure doesn't: models load slowly
        check.put("interval", 10).put("timeout", 5).put("retries", 3).put("startPeriod", 120);
        container.healthCheck(check);
    }

    /** Whether it is known where the check has to ask. */
    static boolean fits(TaskDefinition.Container container) {
        return port(container) != null;
    }

    private static String port(TaskDefinition.Container container) {
        String port = container.env("PORT");
        return port == null && container.ports().size() == 1
                ? container.ports().get(0).toString()
                : port;
    }
}
