package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.DeployOptions;
import java.util.LinkedHashMap;
import java.util.Map;

/** Parameters that are promised, but that a rollout can't keep yet: said before it begins. */
final class Unsupported {
    private Unsupported() {}

    static void refuse(DeployOptions options) {
        Map<String, Boolean> asked = new LinkedHashMap<>();
        asked.put("strategy", options.strategy() != null);
        asked.put("onPause: 'return'", options.onPause().equals("return"));
        asked.put("resume", options.resume() != null);
        asked.put("decision", options.decision() != null);
        asked.forEach(
                (name, given) -> {
                    if (given) {
                        throw new StepException(
                                DeployOptions.STEP + ": " + name + " is not supported yet");
                    }
                });
    }
}
