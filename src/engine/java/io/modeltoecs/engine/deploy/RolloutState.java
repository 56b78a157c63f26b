package io.modeltoecs.engine.deploy;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;

/** A rollout as it is kept between two looks at it; survives a restart of the controller. */
public class RolloutState implements Serializable {
    private static final long serialVersionUID = 1L;

    private Map<String, Object> result = new LinkedHashMap<>();
    private String pause;
    private String decision;

    /** What the step returns, once {@link DeploymentTarget#advance} has said that it has ended. */
    public Map<String, Object> result() {
        return result;
    }

    /** What the rollout waits for somebody to decide, in words; or null. */
    public String pause() {
        return pause;
    }

    /** It waits for a decision, or, with null, does so no longer. */
    public void pause(String what) {
        pause = what;
    }

    /** Somebody has decided about the {@link #pause}: {@code continue} or {@code rollback}. */
    public void decide(String what) {
        decision = what;
    }

    /** What was decided and isn't done yet, or null. */
    public String decision() {
        return decision;
    }
}
