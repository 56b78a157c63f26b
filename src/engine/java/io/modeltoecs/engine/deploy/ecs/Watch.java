package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.deploy.ecs.EcsState.Phase;
import io.modeltoecs.engine.deploy.ecs.Shared.Look;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.ecs.model.Deployment;
import software.amazon.awssdk.services.ecs.model.DeploymentCircuitBreaker;
import software.amazon.awssdk.services.ecs.model.DeploymentRolloutState;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.ecs.model.ServiceDeployment;

/**
 * Judges a deployment by its own rollout state, and by whether it still is the service's newest: a
 * service that is steady again may have gone back.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html">
 *     ECS: deployment circuit breaker</a>
 */
final class Watch {
    /** How long ECS may take to go back once its circuit breaker has failed a deployment. */
    private static final Duration BREAKER_GRACE = Duration.ofMinutes(1);

    /** Where there is no circuit breaker: as many as its default threshold. */
    private static final int LEAST_FAILURES = 3;

    private final Rules rules;
    private final EcsApi ecs;
    private final Report report;
    private final Diagnosis diagnosis;
    private final WayBack wayBack;
    private final Progress progress;
    private final Clock clock;
    private final Poller poller;
    private final Pauses pauses;

    /** When our service deployment that was seen last had been asked for. */
    private long recordAsked;

    private boolean blind;

    Watch(
            Rules rules,
            EcsApi ecs,
            Report report,
            Diagnosis diagnosis,
            WayBack wayBack,
            Poller poller,
            Progress progress,
            Clock clock) {
        this.rules = rules;
        this.ecs = ecs;
        this.report = report;
        this.diagnosis = diagnosis;
        this.wayBack = wayBack;
        this.poller = poller;
        this.recordAsked = clock.millis();
        this.progress = progress;
        this.clock = clock;
        this.pauses = new Pauses(ecs, progress, clock);
    }

    /**
     * Looks how far the deployment is.
     *
     * @param service as it is now
     * @return the service, once the deployment has completed
     * @throws StepException if it failed and isn't to go back; else what is next is in the state
     */
    Optional<Service> look(EcsState state, Service service) {
        Deployment primary = EcsApi.primary(service);
        state.lookAgain |= report.tell(state, service, state.deploymentId, Report.NEW);
        boolean completed = primary.rolloutState() == DeploymentRolloutState.COMPLETED;
        if (state.lookAgain && !completed && poller.budget().spare(2)) {
            lookAtTasks(state, service);
        }
        if (!state.deploymentId.equals(primary.id())) {
            return displaced(state, service, primary);
        }
        if (state.serviceDeployment == null) {
            state.serviceDeployment = service.currentServiceDeployment();
        }
        if (!completed && Shifting.shifts(service.deploymentConfiguration()) && isPaused(state)) {
            return Optional.empty();
        }
        if (state.decision() != null) {
            decided(state);
            return Optional.empty();
        }
        if (completed) {
            int draining =
                    service.deployments().stream()
                            .filter(it -> !it.id().equals(state.deploymentId))
                            .mapToInt(it -> it.runningCount() + it.pendingCount())
                            .sum();
            if (draining > 0) {
                progress.say("completed; old tasks that still drain: " + draining);
            }
            return Optional.of(service);
        }
        if (primary.rolloutState() == DeploymentRolloutState.FAILED) {
            failed(state, service, primary);
        } else if (!breaker(service).enable()
                && primary.failedTasks() != null
                && primary.failedTasks()
                        >= Math.max(LEAST_FAILURES, (primary.desiredCount() + 1) / 2)) {
            giveUp(state, service, primary.failedTasks() + " tasks failed");
        } else if (clock.millis() > state.deadline) {
            giveUp(
                    state,
                    service,
                    "it took more than "
                            + Amounts.seconds(rules.timeout())
                            + " (timeoutMinutes); "
                            + state.said
                            + waitingFor(state));
        }
        return Optional.empty();
    }

    /** There is no pause that the decision could be about. */
    private void decided(EcsState state) {
        String decision = state.decision();
        state.decide(null);
        if (decision.equals("rollback")) {
            state.failure =
                    "the deployment %s of %s to %s was sent back"
                            .formatted(
                                    state.deploymentId,
                                    Names.last(state.taskDefinition),
                                    ecs.label());
            state.phase(Phase.UNDO);
        } else {
            progress.say("the deployment isn't paused: it goes on by itself");
        }
    }

    /** Whether it waits for a decision, or whether that isn't known yet and there is one. */
    private boolean isPaused(EcsState state) {
        if (state.serviceDeployment == null) {
            return false;
        }
        Look<ServiceDeployment> look =
                poller.deployments()
                        .look(state.serviceDeployment, recordAsked, ecs::serviceDeployments);
        if (look.later() != null) {
            return state.pause() != null || state.decision() != null;
        }
        recordAsked = look.asked();
        poller.deployments().next(state.serviceDeployment, recordAsked, Pace.SOON);
        state.stage = look.found().map(ServiceDeployment::lifecycleStageAsString).orElse(null);
        boolean decided = state.decision() != null;
        boolean paused = look.found().filter(it -> pauses.look(state, it)).isPresent();
        if (decided) {
            // what was asked for before is no longer so
            recordAsked = clock.millis();
        }
        return paused;
    }

    private Optional<ServiceDeployment> record(EcsState state) {
        return Optional.ofNullable(state.serviceDeployment)
                .map(it -> ecs.serviceDeployments(List.of(it)).get(it));
    }

    /** Whoever waits for ours to end begins at once: before it was seen that ours has completed. */
    private static boolean hasCompleted(EcsState state, Service service) {
        String event = "(deployment %s) deployment completed".formatted(state.deploymentId);
        return service.deployments().stream()
                        .filter(it -> it.id().equals(state.deploymentId))
                        .anyMatch(it -> it.rolloutState() == DeploymentRolloutState.COMPLETED)
                || Report.events(state, service).stream()
                        .anyMatch(it -> it.message().contains(event));
    }

    /**
     * Ours isn't the newest any more: it has completed and another one has begun, the circuit
     * breaker went back, or somebody deployed.
     */
    private Optional<Service> displaced(EcsState state, Service service, Deployment primary) {
        Optional<ServiceDeployment> record = record(state);
        String status = record.map(ServiceDeployment::statusAsString).orElse("");
        if (status.equals("SUCCESSFUL") || hasCompleted(state, service)) {
            progress.say("completed; since then %s has begun".formatted(primary.id()));
            return Optional.of(service);
        }
        boolean stopped = status.equals("STOPPED") || status.equals("STOP_REQUESTED");
        if (!status.startsWith("ROLLBACK") && (stopped || !WayBack.isUndone(state, service))) {
            throw state.failed(
                    "the deployment %s to %s was superseded by %s (%s)"
                            .formatted(
                                    state.deploymentId,
                                    ecs.label(),
                                    primary.id(),
                                    Names.last(primary.taskDefinition())));
        }
        describeFailure(
                state,
                service,
                record.map(ServiceDeployment::statusReason)
                        .map(it -> "ECS rolled it back: " + it)
                        .orElse("ECS rolled it back"));
        progress.say("ECS rolls back to " + Names.last(primary.taskDefinition()));
        wayBack.watching(state);
        return Optional.empty();
    }

    private void failed(EcsState state, Service service, Deployment primary) {
        if (state.failedSince == 0) {
            state.failedSince = clock.millis();
        }
        boolean ecsGoesBack =
                breaker(service).enable()
                        && breaker(service).rollback()
                        && state.lastCompleted != null
                        && clock.millis() - state.failedSince < BREAKER_GRACE.toMillis();
        if (!ecsGoesBack) {
            giveUp(
                    state,
                    service,
                    primary.rolloutStateReason() == null
                            ? "ECS gave it up"
                            : primary.rolloutStateReason());
        }
    }

    private void giveUp(EcsState state, Service service, String what) {
        describeFailure(state, service, what);
        if (!rules.rollback()) {
            throw state.failed(
                    state.failure
                            + "\n  It is left as it is (rollback: false): "
                            + state.deploymentId
                            + ", "
                            + Names.last(state.taskDefinition));
        }
        state.phase(Phase.UNDO);
    }

    private void describeFailure(EcsState state, Service service, String what) {
        lookAtTasks(state, service);
        String because = Explanation.of(what).map(it -> it + "\n  " + what).orElse(what);
        state.failure =
                "the deployment %s of %s to %s failed: %s"
                        .formatted(
                                state.deploymentId,
                                Names.last(state.taskDefinition),
                                ecs.label(),
                                cause(state, service)
                                        .map(it -> it + "\n  It ended so: " + what)
                                        .orElse(because));
    }

    private Optional<String> cause(EcsState state, Service service) {
        try {
            return diagnosis.cause(state, service);
        } catch (StepException e) {
            return diagnosis.fromOutside(state, service);
        }
    }

    /** What is found out this way is good to know, but the rollout goes on without it. */
    private void lookAtTasks(EcsState state, Service service) {
        try {
            state.lookAgain = diagnosis.look(state, service);
        } catch (StepException e) {
            if (!blind) {
                blind = true;
                progress.say("note: why tasks stop can't be seen: " + e.getMessage());
            }
        }
    }

    private String waitingFor(EcsState state) {
        try {
            return diagnosis.waitingFor(state);
        } catch (StepException e) {
            return "";
        }
    }

    private static DeploymentCircuitBreaker breaker(Service service) {
        DeploymentCircuitBreaker breaker =
                service.deploymentConfiguration() == null
                        ? null
                        : service.deploymentConfiguration().deploymentCircuitBreaker();
        return breaker == null
                ? DeploymentCircuitBreaker.builder().enable(false).rollback(false).build()
                : breaker;
    }
}
