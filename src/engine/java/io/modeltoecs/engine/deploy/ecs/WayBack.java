package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.deploy.ecs.EcsApi.Found;
import io.modeltoecs.engine.deploy.ecs.EcsState.Phase;
import io.modeltoecs.engine.deploy.ecs.Shared.Look;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.time.Clock;
import java.util.Optional;
import software.amazon.awssdk.services.ecs.model.Deployment;
import software.amazon.awssdk.services.ecs.model.DeploymentLifecycleHookDetail;
import software.amazon.awssdk.services.ecs.model.DeploymentRolloutState;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.ecs.model.ServiceDeployment;

/** Brings a service back to the revision that completed last: its image and its model together. */
final class WayBack {
    private final Rules rules;
    private final EcsApi ecs;
    private final Report report;
    private final Poller poller;
    private final Progress progress;
    private final Clock clock;

    /** When the service deployment that was seen last had been asked for. */
    private long asked;

    WayBack(Rules rules, EcsApi ecs, Report report, Poller poller, Progress progress, Clock clock) {
        this.rules = rules;
        this.ecs = ecs;
        this.report = report;
        this.poller = poller;
        this.asked = clock.millis();
        this.progress = progress;
        this.clock = clock;
    }

    /** Asks ECS to go back, unless it is on the way back already. */
    void begin(EcsState state) {
        Optional<Found> found = ecs.find().filter(it -> "ACTIVE".equals(it.service().status()));
        if (found.isEmpty()) {
            throw state.failed(state.failure + "\n  The service isn't there.");
        }
        Deployment primary = found.get().primary();
        if (state.deploymentId == null) {
            Optional<String> begun = state.ours(found.get().service());
            if (begun.isEmpty()) {
                throw state.failed(state.failure + "\n  The service is as it was.");
            }
            state.deploymentId = begun.get();
        }
        if (!state.deploymentId.equals(primary.id()) && !isUndone(state, found.get().service())) {
            throw state.failed(
                    "%s\n  Meanwhile %s (%s) has begun, and is left alone."
                            .formatted(
                                    state.failure,
                                    primary.id(),
                                    Names.last(primary.taskDefinition())));
        }
        if (!state.deploymentId.equals(primary.id())) {
            watching(state);
            return;
        }
        if (state.lastCompleted == null) {
            throw state.failed(
                    state.failure
                            + "\n  No revision of the service has ever completed, so there is none"
                            + " to go back to: it is left as it is.");
        }
        if (primary.rolloutState() == DeploymentRolloutState.IN_PROGRESS
                && !state.undoAsked
                && ecs.stopWithRollback()) {
            state.undoAsked = true;
        } else if (state.lastCompleted.equals(state.taskDefinition)) {
            throw state.failed(
                    state.failure
                            + "\n  It is the revision that served before: there is none to go back"
                            + " to.");
        } else {
            ecs.update(Json.object().put("taskDefinition", state.lastCompleted));
        }
        progress.say("going back to " + Names.last(state.lastCompleted));
        watching(state);
    }

    /** Whether the newest deployment is the way back from ours, and not somebody's new one. */
    static boolean isUndone(EcsState state, Service service) {
        Deployment primary = EcsApi.primary(service);
        String reason = primary.rolloutStateReason() == null ? "" : primary.rolloutStateReason();
        return service.deployments().stream()
                        .filter(it -> it.id().equals(state.deploymentId))
                        .anyMatch(it -> it.rolloutState() == DeploymentRolloutState.FAILED)
                || reason.contains("rolling back")
                || primary.id().equals(state.primaryBefore)
                || primary.taskDefinition().equals(state.lastCompleted);
    }

    /** Takes it as asked for; the next looks are {@link #look}. */
    void watching(EcsState state) {
        state.watchedSince = clock.millis();
        state.undoDeadline = clock.millis() + rules.timeout().toMillis();
        state.phase(Phase.WATCH_UNDO);
    }

    /**
     * Looks how far the way back is.
     *
     * @return the service, once it is back
     * @throws StepException if it doesn't get there
     */
    Optional<Service> look(EcsState state, Service service) {
        Deployment primary = EcsApi.primary(service);
        report.tell(state, service, primary.id(), Report.OLD);
        String to = Names.last(primary.taskDefinition());
        boolean inProgress = primary.rolloutState() == DeploymentRolloutState.IN_PROGRESS;
        if (state.deploymentId.equals(primary.id())) {
            if (!inProgress) {
                // it ended before ECS came to stop it
                state.undoAsked = true;
                state.phase(Phase.UNDO);
                return Optional.empty();
            }
        } else if (primary.rolloutState() == DeploymentRolloutState.COMPLETED) {
            return Optional.of(service);
        } else if (!inProgress) {
            throw state.failed(
                    "%s\n  The way back to %s failed too: %s"
                            .formatted(state.failure, to, primary.rolloutStateReason()));
        }
        if (Shifting.shifts(service.deploymentConfiguration())) {
            passPauses(state, service.currentServiceDeployment());
        }
        if (clock.millis() > state.undoDeadline) {
            throw state.failed(
                    "%s\n  The way back to %s hasn't ended after %s; ECS goes on with it."
                            .formatted(state.failure, to, Amounts.seconds(rules.timeout())));
        }
        return Optional.empty();
    }

    /** That it goes back is decided: nobody is asked again at the hooks of the way back. */
    private void passPauses(EcsState state, String arn) {
        if (arn == null) {
            return;
        }
        Look<ServiceDeployment> look =
                poller.deployments().look(arn, asked, ecs::serviceDeployments);
        if (look.later() != null) {
            return;
        }
        asked = look.asked();
        poller.deployments().next(arn, asked, Pace.SOON);
        // Until ECS has turned ours round, an answer would be about the way forth
        look.found()
                .filter(
                        it ->
                                !arn.equals(state.serviceDeployment)
                                        || it.statusAsString().startsWith("ROLLBACK"))
                .ifPresent(
                        it -> {
                            for (DeploymentLifecycleHookDetail hook : Pauses.waiting(it)) {
                                ecs.answer(arn, hook.hookId(), "continue");
                                progress.say(
                                        "the way back goes on at the pause "
                                                + it.lifecycleStageAsString());
                                asked = clock.millis();
                            }
                        });
    }
}
