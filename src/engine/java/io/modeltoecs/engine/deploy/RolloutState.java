package io.modeltoecs.engine.deploy;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;

/** A rollout as it is kept between two looks at it; survives a restart of the controller. */
public class RolloutState implements Serializable {
    private static final long serialVersionUID = 1L;

    private Map<String, Object> result = new LinkedHashMap<>();

    /** What the step returns, once {@link DeploymentTarget#advance} has said that it has ended. */
    public Map<String, Object> result() {
        return result;
    }
}
