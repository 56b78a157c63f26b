package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.ecs.EcsApi.Found;
import io.modeltoecs.engine.deploy.ecs.EcsState.Phase;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiConsumer;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ecs.model.Deployment;
import software.amazon.awssdk.services.ecs.model.DeploymentCircuitBreaker;
import software.amazon.awssdk.services.ecs.model.DeploymentRolloutState;
import software.amazon.awssdk.services.ecs.model.Service;

/**
 * Brings a service to a revision and watches until it is there, or back where it was. Each call
 * looks, does at most one thing, and leaves what comes next in the state: whoever goes on with an
 * older state (after a restart) finds what was done meanwhile and doesn't do it twice.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html">
 *     ECS: rolling updates</a>
 */
final class Rollout {
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration SELDOM = Duration.ofSeconds(10);
    private static final Duration BREAKER_GRACE = Duration.ofMinutes(1);
    private static final int LEAST_FAILURES = 3;

    private final Rules rules;
    private final Planner planner;
    private final EcsApi ecs;
    private final BiConsumer<String, List<String>> recordUses;
    private final Progress progress;
    private final Clock clock;
    private final LoadBalancing loadBalancing;
    private final Report report;
    private final Diagnosis diagnosis;

    /**
     * @param recordUses takes the registered revision's ARN and the models that are in use, before
     *     the service is updated
     */
    Rollout(
            Rules rules,
            Planner planner,
            EcsApi ecs,
            AwsAccess access,
            BiConsumer<String, List<String>> recordUses,
            Progress progress,
            Clock clock) {
        this.rules = rules;
        this.planner = planner;
        this.ecs = ecs;
        this.recordUses = recordUses;
        this.progress = progress;
        this.clock = clock;
        this.loadBalancing = new LoadBalancing(access, progress);
        this.report = new Report(loadBalancing, progress);
        this.diagnosis = new Diagnosis(ecs, access, progress);
    }

    /** Checks, plans and says the plan; changes nothing. */
    EcsState begin() {
        EcsState state = new EcsState();
        state.startedAt = clock.millis();
        state.deadline = state.startedAt + rules.timeout().toMillis();
        try {
            Optional<Found> found = ecs.find();
            plan(state, found);
            if (state.phase() != Phase.DONE
                    && rules.waitIfBusy()
                    && found.filter(this::busy).isPresent()) {
                state.phase(Phase.WAIT);
            }
            return state;
        } catch (SdkException e) {
            throw new StepException("AWS can't be reached: " + e.getMessage(), e);
        }
    }

    /** Looks once and does what is due; empty when it has ended well. */
    Optional<Duration> advance(EcsState state) {
        try {
            Optional<Duration> next = step(state);
            state.unanswered = 0;
            return next;
        } catch (SdkException e) {
            return unanswered(state, e);
        } catch (StepException e) {
            throw state.phase() == Phase.FAILED ? e : told(state, e);
        }
    }

    private Optional<Duration> step(EcsState state) {
        return switch (state.phase()) {
            case WAIT -> await(state);
            case REGISTER -> register(state);
            case START -> start(state);
            case WATCH -> watch(state);
            case UNDO -> undo(state);
            case WATCH_UNDO -> watchUndo(state);
            case FAILED -> throw new StepException(state.failure);
            case DONE -> Optional.empty();
        };
    }

    /** Makes the next {@link #advance} go back, or leave it, as the rules say. */
    void abort(EcsState state) {
        switch (state.phase()) {
            case WAIT, REGISTER -> fail(state, "aborted: nothing was changed in " + ecs.label());
            case START, WATCH -> {
                state.failure = "the deployment to %s was aborted".formatted(ecs.label());
                if (rules.rollbackOnAbort()) {
                    state.phase(Phase.UNDO);
                } else {
                    fail(state, state.failure + ", and goes on in ECS: " + state.deploymentId);
                }
            }
            case UNDO, WATCH_UNDO, FAILED, DONE -> {
                // ends as it is ending
            }
        }
    }

    // ---- planning

    private void plan(EcsState state, Optional<Found> found) {
        Plan plan = planner.plan(found);
        state.register = plan.register() == null ? null : plan.register().json().toString();
        state.taskDefinition = plan.taskDefinition();
        state.create = plan.create() == null ? null : withToken(plan.create()).toString();
        state.update = plan.update().toString();
        state.rolls = plan.rolls();
        state.previous = plan.previous();
        state.lastCompleted = plan.lastCompleted();
        state.primaryBefore = plan.primary();
        state.model = plan.model();
        state.image = plan.image();
        state.uses = new ArrayList<>(plan.uses());
        found.ifPresent(it -> Report.start(state, it.service()));
        if (rules.dryRun()) {
            progress.say("dry run: nothing is changed");
            end(state, found.map(Found::service), "PLANNED");
        } else if (plan.register() != null) {
            state.phase(Phase.REGISTER);
        } else if (plan.rolls() || !plan.update().isEmpty()) {
            state.phase(Phase.START);
        } else {
            state.deploymentId = plan.primary();
            if (found.filter(this::busy).isPresent()) {
                state.phase(Phase.WATCH);
            } else {
                end(state, found.map(Found::service), "UNCHANGED");
            }
        }
    }

    private static ObjectNode withToken(ObjectNode create) {
        return create.put("clientToken", UUID.randomUUID().toString());
    }

    private boolean busy(Found found) {
        return "ACTIVE".equals(found.service().status())
                && found.primary().rolloutState() == DeploymentRolloutState.IN_PROGRESS;
    }

    private Optional<Duration> await(EcsState state) {
        Optional<Found> found = ecs.find();
        if (found.filter(this::busy).isEmpty()) {
            if (state.attempts > 0) {
                progress.say("the other deployment has ended");
            }
            plan(state, found);
            return Optional.of(Duration.ZERO);
        }
        Deployment other = found.get().primary();
        String who =
                "%s (%s, since %s)"
                        .formatted(
                                other.id(), Names.last(other.taskDefinition()), other.createdAt());
        if (clock.millis() > state.deadline) {
            return failNow(
                    state,
                    "another deployment of %s was still in progress after %s: %s. Nothing was changed; onBusy: 'supersede' replaces it"
                            .formatted(ecs.label(), Amounts.seconds(rules.timeout()), who));
        }
        if (state.attempts++ == 0) {
            progress.say(
                    "waiting: another deployment of %s is in progress: %s"
                            .formatted(ecs.label(), who));
        }
        return Optional.of(pace(state));
    }

    // ---- changing

    private Optional<Duration> register(EcsState state) {
        TaskDefinition wanted = TaskDefinition.of(Json.object(state.register));
        Optional<String> same =
                ecs.newestOf(wanted.family())
                        .filter(it -> TaskDefinition.registered(it).equals(wanted))
                        .map(it -> it.path("taskDefinition").path("taskDefinitionArn").asText());
        Optional<String> arn = same.isPresent() ? same : ecs.register(wanted.json());
        if (arn.isEmpty()) {
            state.attempts++;
            if (clock.millis() > state.deadline) {
                return failNow(
                        state,
                        "no revision of '%s' could be registered: others are always being registered"
                                .formatted(wanted.family()));
            }
            progress.say(
                    "another revision of '%s' is being registered: trying again"
                            .formatted(wanted.family()));
            return Optional.of(backOff(state.attempts));
        }
        state.taskDefinition = arn.get();
        progress.say(
                same.isPresent()
                        ? "%s has just this content: no revision is registered"
                                .formatted(Names.last(arn.get()))
                        : "registered " + Names.last(arn.get()));
        state.phase(Phase.START);
        return Optional.of(Duration.ZERO);
    }

    private Optional<Duration> start(EcsState state) {
        Optional<Found> found = ecs.find().filter(it -> !"INACTIVE".equals(it.service().status()));
        Optional<String> begun = found.map(Found::primary).flatMap(it -> ours(state, it));
        if (begun.isPresent()) {
            return watching(state, begun.get());
        }
        if (found.isPresent()
                && rules.waitIfBusy()
                && busy(found.get())
                && !found.get().primary().id().equals(state.primaryBefore)) {
            progress.say("another deployment of %s came first".formatted(ecs.label()));
            state.phase(Phase.WAIT);
            return Optional.of(Duration.ZERO);
        }
        recordUses.accept(state.taskDefinition, state.uses);
        Service service;
        if (found.isEmpty() && state.create != null) {
            service =
                    ecs.create(
                            Json.object(state.create).put("taskDefinition", state.taskDefinition));
        } else {
            ObjectNode body = Json.object(state.update);
            if (state.rolls) {
                body.put("taskDefinition", state.taskDefinition);
            }
            service = ecs.update(body);
        }
        return watching(state, EcsApi.primary(service).id());
    }

    /** The deployment that an earlier call has begun without having had the time to say so. */
    private static Optional<String> ours(EcsState state, Deployment primary) {
        return state.rolls
                        && state.taskDefinition.equals(primary.taskDefinition())
                        && !primary.id().equals(state.primaryBefore)
                ? Optional.of(primary.id())
                : Optional.empty();
    }

    private Optional<Duration> watching(EcsState state, String deploymentId) {
        state.deploymentId = deploymentId;
        progress.say(
                "%s: deployment %s to %s"
                        .formatted(ecs.label(), deploymentId, Names.last(state.taskDefinition)));
        state.phase(Phase.WATCH);
        return Optional.of(SOON);
    }

    // ---- watching

    private Optional<Duration> watch(EcsState state) {
        Service service = ecs.get().service();
        Deployment primary = EcsApi.primary(service);
        boolean changed = report.tell(state, service, state.deploymentId);
        if (changed || state.lookAgain) {
            look(state);
        }
        if (!state.deploymentId.equals(primary.id())) {
            return displaced(state, service, primary);
        }
        if (primary.rolloutState() == DeploymentRolloutState.COMPLETED) {
            int draining =
                    service.deployments().stream()
                            .filter(it -> !it.id().equals(state.deploymentId))
                            .mapToInt(it -> it.runningCount() + it.pendingCount())
                            .sum();
            if (draining > 0) {
                progress.say("completed; old tasks that still drain: " + draining);
            }
            end(state, Optional.of(service), "COMPLETED");
            return Optional.empty();
        }
        if (primary.rolloutState() == DeploymentRolloutState.FAILED) {
            return failed(state, service, primary);
        }
        if (!breaker(service).enable()
                && primary.failedTasks() != null
                && primary.failedTasks()
                        >= Math.max(LEAST_FAILURES, (primary.desiredCount() + 1) / 2)) {
            return giveUp(state, service, primary.failedTasks() + " tasks failed");
        }
        if (clock.millis() > state.deadline) {
            return giveUp(
                    state,
                    service,
                    "it took more than "
                            + Amounts.seconds(rules.timeout())
                            + " (timeoutMinutes); "
                            + state.said);
        }
        return Optional.of(pace(state));
    }

    /** Ours isn't the newest any more: the circuit breaker went back, or somebody deployed. */
    private Optional<Duration> displaced(EcsState state, Service service, Deployment primary) {
        Optional<Deployment> ours =
                service.deployments().stream()
                        .filter(it -> it.id().equals(state.deploymentId))
                        .findFirst();
        String reason = primary.rolloutStateReason() == null ? "" : primary.rolloutStateReason();
        boolean back =
                ours.filter(it -> it.rolloutState() == DeploymentRolloutState.FAILED).isPresent()
                        || reason.contains("rolling back")
                        || primary.taskDefinition().equals(state.lastCompleted);
        if (!back) {
            return failNow(
                    state,
                    "the deployment %s to %s was superseded by %s (%s)"
                            .formatted(
                                    state.deploymentId,
                                    ecs.label(),
                                    primary.id(),
                                    Names.last(primary.taskDefinition())));
        }
        describeFailure(state, service, "ECS rolled it back");
        progress.say("ECS rolls back to " + Names.last(primary.taskDefinition()));
        return back(state);
    }

    private Optional<Duration> failed(EcsState state, Service service, Deployment primary) {
        if (state.failedSince == 0) {
            state.failedSince = clock.millis();
        }
        boolean ecsGoesBack =
                breaker(service).enable()
                        && breaker(service).rollback()
                        && state.lastCompleted != null
                        && clock.millis() - state.failedSince < BREAKER_GRACE.toMillis();
        return ecsGoesBack
                ? Optional.of(SOON)
                : giveUp(
                        state,
                        service,
                        primary.rolloutStateReason() == null
                                ? "ECS gave it up"
                                : primary.rolloutStateReason());
    }

    private Optional<Duration> giveUp(EcsState state, Service service, String what) {
        describeFailure(state, service, what);
        if (!rules.rollback()) {
            return failNow(
                    state,
                    state.failure
                            + "\n  It is left as it is (rollback: false): "
                            + state.deploymentId
                            + ", "
                            + Names.last(state.taskDefinition));
        }
        state.phase(Phase.UNDO);
        return Optional.of(Duration.ZERO);
    }

    private void describeFailure(EcsState state, Service service, String what) {
        look(state);
        state.failure =
                "the deployment %s of %s to %s failed: %s"
                        .formatted(
                                state.deploymentId,
                                Names.last(state.taskDefinition),
                                ecs.label(),
                                diagnosis.cause(state, service).orElse(what));
    }

    /** What is found out this way is good to know, but the rollout goes on without it. */
    private void look(EcsState state) {
        try {
            state.lookAgain = diagnosis.look(state);
        } catch (StepException e) {
            if (state.cause == null) {
                progress.say("note: why tasks stop can't be seen: " + e.getMessage());
            }
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

    // ---- going back

    private Optional<Duration> undo(EcsState state) {
        Optional<Found> found = ecs.find().filter(it -> "ACTIVE".equals(it.service().status()));
        if (found.isEmpty()) {
            return failNow(state, state.failure + "\n  The service isn't there.");
        }
        Deployment primary = found.get().primary();
        if (state.deploymentId == null) {
            Optional<String> begun = ours(state, primary);
            if (begun.isEmpty()) {
                return failNow(state, state.failure + "\n  The service is as it was.");
            }
            state.deploymentId = begun.get();
        }
        if (!state.deploymentId.equals(primary.id())) {
            return back(state);
        }
        if (state.lastCompleted == null) {
            return failNow(
                    state,
                    state.failure
                            + "\n  No revision of the service has ever completed, so there is none"
                            + " to go back to: it is left as it is.");
        }
        if (primary.rolloutState() == DeploymentRolloutState.IN_PROGRESS
                && !state.undoAsked
                && ecs.stopWithRollback()) {
            state.undoAsked = true;
        } else if (state.lastCompleted.equals(state.taskDefinition)) {
            return failNow(
                    state,
                    state.failure
                            + "\n  It is the revision that served before: there is none to go back"
                            + " to.");
        } else {
            ecs.update(Json.object().put("taskDefinition", state.lastCompleted));
        }
        progress.say("going back to " + Names.last(state.lastCompleted));
        return back(state);
    }

    private Optional<Duration> back(EcsState state) {
        state.undoDeadline = clock.millis() + rules.timeout().toMillis();
        state.phase(Phase.WATCH_UNDO);
        return Optional.of(SOON);
    }

    private Optional<Duration> watchUndo(EcsState state) {
        Service service = ecs.get().service();
        Deployment primary = EcsApi.primary(service);
        report.tell(state, service, primary.id());
        String to = Names.last(primary.taskDefinition());
        boolean stillOurs = state.deploymentId.equals(primary.id());
        if (stillOurs && primary.rolloutState() != DeploymentRolloutState.IN_PROGRESS) {
            // it ended before ECS came to stop it
            state.undoAsked = true;
            state.phase(Phase.UNDO);
            return Optional.of(Duration.ZERO);
        }
        if (!stillOurs && primary.rolloutState() == DeploymentRolloutState.COMPLETED) {
            result(state, Optional.of(service), "FAILED", true);
            return failNow(state, state.failure + "\n  Rolled back: " + to + " serves, as before.");
        }
        if (!stillOurs && primary.rolloutState() == DeploymentRolloutState.FAILED) {
            return failNow(
                    state,
                    state.failure
                            + "\n  The way back to "
                            + to
                            + " failed too: "
                            + primary.rolloutStateReason());
        }
        if (clock.millis() > state.undoDeadline) {
            return failNow(
                    state,
                    state.failure
                            + "\n  The way back to "
                            + to
                            + " hasn't ended after "
                            + Amounts.seconds(rules.timeout())
                            + "; ECS goes on with it.");
        }
        return Optional.of(pace(state));
    }

    // ---- ending

    private void end(EcsState state, Optional<Service> service, String how) {
        result(state, service, how, rules.returns() && how.equals("COMPLETED"));
        state.phase(Phase.DONE);
        Object url = state.result().get("url");
        progress.say(
                "%s: %s, %s%s%s"
                        .formatted(
                                ecs.label(),
                                how.toLowerCase(java.util.Locale.ROOT),
                                Names.last(
                                        state.taskDefinition == null
                                                ? state.previous
                                                : state.taskDefinition),
                                state.model == null ? "" : ", model " + state.model,
                                url == null ? "" : ", " + url));
    }

    private void result(EcsState state, Optional<Service> service, String how, boolean back) {
        Map<String, Object> result = state.result();
        result.put("taskDefinition", state.taskDefinition);
        result.put("previousTaskDefinition", state.previous);
        result.put("deploymentId", state.deploymentId);
        result.put("state", how);
        result.put("model", state.model);
        result.put("image", state.image);
        result.put("url", service.map(loadBalancing::url).orElse(null));
        result.put("seconds", (clock.millis() - state.startedAt) / 1000);
        result.put("rolledBack", back);
    }

    private static void fail(EcsState state, String message) {
        state.failure = message;
        state.phase(Phase.FAILED);
    }

    private static Optional<Duration> failNow(EcsState state, String message) {
        fail(state, message);
        throw new StepException(message);
    }

    /** What AWS refuses in mid-way ends the watching, not the deployment. */
    private StepException told(EcsState state, StepException e) {
        String left =
                switch (state.phase()) {
                    case START ->
                            "\n  %s is registered, the service is as it was."
                                    .formatted(Names.last(state.taskDefinition));
                    case WATCH, UNDO, WATCH_UNDO ->
                            "\n  The deployment %s of %s goes on in ECS, unwatched."
                                    .formatted(state.deploymentId, ecs.label());
                    default -> "";
                };
        String first = state.failure == null ? "" : state.failure + "\n  Then: ";
        return new StepException(first + e.getMessage() + left, e);
    }

    private Optional<Duration> unanswered(EcsState state, SdkException e) {
        String why =
                e instanceof AwsServiceException answer ? AwsCall.message(answer) : e.getMessage();
        if (clock.millis() > Math.max(state.deadline, state.undoDeadline)) {
            throw told(state, new StepException("AWS doesn't answer: " + why, e));
        }
        if (state.unanswered++ == 0) {
            progress.say("AWS doesn't answer, trying again: " + why);
        }
        return Optional.of(backOff(state.unanswered));
    }

    private static Duration backOff(long attempts) {
        long seconds = Math.min(SELDOM.toSeconds(), 1L << Math.min(attempts - 1, 10));
        // apart from others who were refused at the same moment
        return Duration.ofMillis((long) (seconds * 1000 * (0.5 + Math.random() / 2)));
    }

    /** Often at first, then seldom: a twentieth of the time gone by. */
    private Duration pace(EcsState state) {
        long millis = (clock.millis() - state.startedAt) / 20;
        return Duration.ofMillis(Math.max(SOON.toMillis(), Math.min(SELDOM.toMillis(), millis)));
    }
}
