package io.modeltoecs.engine.deploy;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/** A rollout as it is kept between two looks at it; survives a restart of the controller. */
public class RolloutState implements Serializable {
    private static final long serialVersionUID = 1L;

    private Map<String, Object> result = new LinkedHashMap<>();
    private final String id = UUID.randomUUID().toString();
    private String pause;
    private long pausedSince;
    private String decision;

    /** What the step returns, once {@link DeploymentTarget#advance} has said that it has ended. */
    public Map<String, Object> result() {
        return result;
    }

    /** Of this rollout, among all. */
    public String id() {
        return id;
    }

    /** What the rollout waits for somebody to decide, in words; or null. */
    public String pause() {
        return pause;
    }

    /**
     * It waits for a decision, or, with null, does so no longer.
     *
     * @param since since when, in milliseconds since 1970
     */
    public void pause(String what, long since) {
        pause = what;
        pausedSince = since;
    }

    /** Since when it waits, in milliseconds since 1970. */
    public long pausedSince() {
        return pausedSince;
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
