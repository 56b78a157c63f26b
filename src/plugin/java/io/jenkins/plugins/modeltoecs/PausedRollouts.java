package io.jenkins.plugins.modeltoecs;

import hudson.Extension;
import hudson.model.Action;
import hudson.model.Item;
import hudson.model.Job;
import hudson.model.Run;
import hudson.model.User;
import java.util.Collection;
import java.util.List;
import jenkins.model.TransientActionFactory;
import org.kohsuke.stapler.HttpResponse;
import org.kohsuke.stapler.HttpResponses;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.interceptor.RequirePOST;

/**
 * On the page of a build: its rollouts that wait for somebody's decision, with a button to let each
 * go on and one to send it back. Nothing is stored with the build: the rollouts themselves survive
 * a restart.
 */
public final class PausedRollouts implements Action {
    private static final String CONTINUE = "continue";
    private static final String ROLLBACK = "rollback";

    private final Run<?, ?> run;

    PausedRollouts(Run<?, ?> run) {
        this.run = run;
    }

    /** What waits now. */
    public List<PausedRollout> getRollouts() {
        return RolloutExecution.paused(run);
    }

    /** As for the step {@code input}: who may build may let it go on. */
    public boolean isContinuable() {
        return job().hasPermission(Item.BUILD);
    }

    /** Who may only cancel may send it back. */
    public boolean isReturnable() {
        return job().hasAnyPermission(Item.BUILD, Item.CANCEL);
    }

    /**
     * Somebody has decided.
     *
     * @param rollout {@link PausedRollout#getId}
     * @param decision {@code continue} or {@code rollback}
     */
    @RequirePOST
    public HttpResponse doDecide(@QueryParameter String rollout, @QueryParameter String decision) {
        if (CONTINUE.equals(decision) ? !isContinuable() : !isReturnable()) {
            return HttpResponses.forbidden();
        }
        if (!CONTINUE.equals(decision) && !ROLLBACK.equals(decision)) {
            return HttpResponses.errorWithoutStack(
                    400, "'decision' is '" + decision + "', but should be continue or rollback");
        }
        if (!RolloutExecution.decide(run, rollout, decision, who())) {
            return HttpResponses.errorWithoutStack(404, "This rollout doesn't wait any more.");
        }
        return HttpResponses.redirectTo("..");
    }

    private static String who() {
        User user = User.current();
        return user == null ? "somebody" : user.getId();
    }

    private Job<?, ?> job() {
        return run.getParent();
    }

    @Override
    public String getIconFileName() {
        return "symbol-pause";
    }

    @Override
    public String getDisplayName() {
        return "Paused rollout";
    }

    @Override
    public String getUrlName() {
        return "paused-rollouts";
    }

    /** Where a decision is sent to, below Jenkins' own address. */
    public String getAddress() {
        return run.getUrl() + getUrlName() + "/decide";
    }

    /** Puts it on the page of a build while something waits. */
    @Extension
    @SuppressWarnings("rawtypes") // as Jenkins asks by class
    public static final class Factory extends TransientActionFactory<Run> {
        @Override
        public Class<Run> type() {
            return Run.class;
        }

        @Override
        public Collection<? extends Action> createFor(Run run) {
            PausedRollouts action = new PausedRollouts(run);
            return action.getRollouts().isEmpty() ? List.of() : List.of(action);
        }
    }
}
