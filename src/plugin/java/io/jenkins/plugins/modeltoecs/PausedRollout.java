package io.jenkins.plugins.modeltoecs;

import hudson.Util;
import io.modeltoecs.engine.deploy.RolloutState;

/** A rollout that waits for somebody's decision, as a page shows it. */
public final class PausedRollout {
    private final String id;
    private final String what;
    private final long since;

    private PausedRollout(String id, String what, long since) {
        this.id = id;
        this.what = what;
        this.since = since;
    }

    /** How it waits, or null if it doesn't. */
    static PausedRollout of(RolloutState state) {
        return state.pause() == null
                ? null
                : new PausedRollout(state.id(), state.pause(), state.pausedSince());
    }

    public String getId() {
        return id;
    }

    /** Cluster, service, the stage at which it waits, and until when. */
    public String getWhat() {
        return what;
    }

    /** For how long it has waited. */
    public String getFor() {
        return Util.getTimeSpanString(System.currentTimeMillis() - since);
    }
}
