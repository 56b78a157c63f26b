package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.deploy.RolloutState;
import io.modeltoecs.engine.deploy.ecs.EcsApi.Found;
import io.modeltoecs.engine.deploy.ecs.EcsState.Phase;
import io.modeltoecs.engine.deploy.ecs.Shared.Look;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ecs.model.Deployment;
import software.amazon.awssdk.services.ecs.model.DeploymentRolloutState;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.ecs.model.ServiceEvent;

/**
 * Brings a service to a revision and watches until it is there, or back where it was. Each call
 * looks, does at most one thing, and leaves what comes next in the state: whoever goes on with an
 * older state (after a restart) finds what was done meanwhile and doesn't do it twice.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html">
 *     ECS: rolling updates</a>
 */
final class Rollout implements DeploymentTarget {

    /** While another rollout looks at the service and changes it. */
    private static final Duration MOMENT = Duration.ofMillis(200);

    private final Rules rules;
    private final Planner planner;
    private final EcsApi ecs;
    private final Stages stages;
    private final Uses uses;
    private final Progress progress;
    private final Clock clock;
    private final LoadBalancing loadBalancing;
    private final Poller poller;
    private final Turns turns;
    private final String account;
    private final Watch watch;
    private final WayBack wayBack;

    /** When the service that was seen last had been asked for. */
    private long seen;

    private boolean tooEarly;

    /**
     * @param pollers with the clock
     * @param uses told what is in use before it is deployed
     */
    Rollout(
            Rules rules,
            Planner planner,
            EcsApi ecs,
            AwsAccess access,
            Stages stages,
            Uses uses,
            Progress progress,
            Pollers pollers) {
        this.rules = rules;
        this.planner = planner;
        this.ecs = ecs;
        this.stages = stages;
        this.uses = uses;
        this.progress = progress;
        this.clock = pollers.clock();
        this.loadBalancing = new LoadBalancing(access, progress);
        this.poller = pollers.of(access, ecs.cluster());
        this.turns = pollers.turns();
        this.account = access.identity().region() + " " + access.identity().endpoint();
        this.seen = clock.millis();
        Report report = new Report(ecs, loadBalancing, poller.budget(), progress, clock);
        this.wayBack = new WayBack(rules, ecs, report, poller, progress, clock);
        this.watch =
                new Watch(
                        rules,
                        ecs,
                        report,
                        new Diagnosis(ecs, loadBalancing, access, progress),
                        wayBack,
                        poller,
                        progress,
                        clock);
    }

    @Override
    public EcsState begin() {
        EcsState state = new EcsState();
        state.startedAt = clock.millis();
        state.deadline = state.startedAt + rules.timeout().toMillis();
        progress.say("looking at " + ecs.label());
        try {
            look(state);
        } catch (AwsServiceException e) {
            if (!AwsCall.mayPass(e)) {
                throw unreachable(e);
            }
            state.phase(Phase.PLAN);
            unanswered(state, e);
        } catch (SdkException e) {
            throw unreachable(e);
        }
        return state;
    }

    private static StepException unreachable(SdkException e) {
        return new StepException("AWS can't be reached: " + e.getMessage(), e);
    }

    /** Looks at the service for the first time, and plans: nothing is changed. */
    private void look(EcsState state) {
        if (rules.resume() != null) {
            resume(state);
            return;
        }
        Optional<Found> found = ecs.find();
        plan(state, found);
        if (state.phase() != Phase.DONE
                && rules.waitIfBusy()
                && found.filter(this::busy).isPresent()) {
            state.phase(Phase.WAIT);
        }
    }

    @Override
    public Optional<Duration> advance(RolloutState stored) {
        EcsState state = EcsState.of(stored);
        try {
            tooEarly = false;
            Optional<Duration> next = isOurTurn(state) ? step(state) : waitForOurs(state);
            if (!tooEarly) {
                state.unanswered = 0;
            }
            if (next.isEmpty()) {
                turns.leave(service(state), state.id());
            }
            return next;
        } catch (SdkException e) {
            return unanswered(state, e);
        } catch (StepException e) {
            turns.leave(service(state), state.id());
            throw state.phase() == Phase.FAILED ? e : told(state, e);
        }
    }

    // ---- turns

    /** What the turn is about. */
    private String service(EcsState state) {
        return account + " " + (state.service == null ? ecs.label() : state.service);
    }

    private boolean isOurTurn(EcsState state) {
        boolean first = turns.take(service(state), state.id());
        return switch (state.phase()) {
            case REGISTER, RUN_TASK, START -> {
                if (!first && !rules.waitIfBusy()) {
                    turns.seize(service(state), state.id());
                }
                yield first || !rules.waitIfBusy();
            }
            case WAIT -> first;
            // it goes on with what it has begun
            default -> true;
        };
    }

    private Optional<Duration> waitForOurs(EcsState state) {
        if (state.phase() != Phase.WAIT) {
            state.phase(Phase.WAIT);
        }
        waiting(state, "another one of this controller");
        return Optional.of(Pace.SOON);
    }

    /** Says once what it waits for; not for ever. */
    private void waiting(EcsState state, String who) {
        if (clock.millis() > state.deadline) {
            throw state.failed(
                    "another deployment of %s was still in progress after %s: %s. Nothing was changed; onBusy: 'supersede' replaces it"
                            .formatted(ecs.label(), Amounts.seconds(rules.timeout()), who));
        }
        if (state.attempts++ == 0) {
            progress.say(
                    "waiting: another deployment of %s is in progress: %s; onBusy: 'supersede' would replace it"
                            .formatted(ecs.label(), who));
        }
    }

    /** Looks at the service and changes it, with no other rollout of ours between the two. */
    private Optional<Duration> alone(EcsState state, Supplier<Optional<Duration>> change) {
        String service = service(state);
        if (!turns.change(service)) {
            return Optional.of(MOMENT);
        }
        try {
            return change.get();
        } finally {
            turns.changed(service);
        }
    }

    private Optional<Duration> step(EcsState state) {
        return switch (state.phase()) {
            case PLAN -> {
                look(state);
                yield Optional.of(Duration.ZERO);
            }
            case WAIT -> await(state);
            case REGISTER -> register(state);
            case RUN_TASK -> through(state, stages.before(), Phase.START);
            case START -> alone(state, () -> start(state));
            case WATCH -> watch(state);
            case VERIFY -> through(state, stages.after(), Phase.KEEP);
            case KEEP -> keep(state);
            case UNDO ->
                    alone(
                            state,
                            () -> {
                                wayBack.begin(state);
                                seen = clock.millis();
                                return Optional.of(Pace.SOON);
                            });
            case WATCH_UNDO -> watchWayBack(state);
            case FAILED -> throw new StepException(state.failure);
            case DONE -> Optional.empty();
        };
    }

    @Override
    public void abort(RolloutState stored) {
        EcsState state = EcsState.of(stored);
        switch (state.phase()) {
            case PLAN, WAIT, REGISTER ->
                    state.failed("aborted: nothing was changed in " + ecs.label());
            case RUN_TASK -> {
                stages.before().abort(state);
                state.failed("aborted: nothing was changed in " + ecs.label());
            }
            case START, WATCH, VERIFY -> {
                state.failure = "the deployment to %s was aborted".formatted(ecs.label());
                if (!state.rolls) {
                    state.failed(state.failure + ": nothing was rolled out, so nothing goes back");
                } else if (rules.rollbackOnAbort()) {
                    state.phase(Phase.UNDO);
                } else {
                    state.failed(state.failure + ", and goes on in ECS: " + state.deploymentId);
                }
            }
            case KEEP, UNDO, WATCH_UNDO, FAILED, DONE -> {
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
        state.container = plan.container();
        state.digests = new ArrayList<>(plan.digests());
        state.uses = new ArrayList<>(plan.uses());
        state.images = new ArrayList<>(plan.images());
        found.ifPresent(it -> Report.start(state, it.service()));
        state.service = found.map(it -> it.service().serviceArn()).orElse(null);
        state.deploymentsBefore =
                new ArrayList<>(
                        found.stream()
                                .flatMap(it -> it.service().deployments().stream())
                                .map(Deployment::id)
                                .toList());
        stages.all().forEach(it -> it.prepare(state, found));
        if (rules.dryRun()) {
            progress.say("dry run: nothing is changed");
            end(state, found.map(Found::service), "PLANNED");
        } else if (plan.register() != null) {
            state.phase(Phase.REGISTER);
        } else if (plan.rolls() || !plan.update().isEmpty()) {
            state.phase(Phase.RUN_TASK);
        } else {
            state.deploymentId = plan.primary();
            if (found.filter(this::busy).isPresent()) {
                state.phase(Phase.WATCH);
            } else {
                result(state, found.map(Found::service), "UNCHANGED", false);
                state.phase(Phase.VERIFY);
            }
        }
    }

    /** Goes on with a deployment that was begun before: where it is, is seen at the next look. */
    private void resume(EcsState state) {
        Found found = ecs.get();
        Service service = found.service();
        state.service = service.serviceArn();
        Optional<Deployment> listed =
                service.deployments().stream()
                        .filter(it -> it.id().equals(rules.resume()))
                        .findFirst();
        if (listed.isEmpty()) {
            ended(state, service);
            return;
        }
        Deployment deployment = listed.get();
        state.rolls = true;
        state.taskDefinition = deployment.taskDefinition();
        state.lastCompleted =
                service.deployments().stream()
                        .filter(it -> it.rolloutState() == DeploymentRolloutState.COMPLETED)
                        .map(Deployment::taskDefinition)
                        .filter(it -> !it.equals(state.taskDefinition))
                        .findFirst()
                        .or(
                                () ->
                                        ecs.completed().stream()
                                                .filter(it -> !it.equals(state.taskDefinition))
                                                .findFirst())
                        .orElse(null);
        state.previous = state.lastCompleted;
        pins(state);
        stages.after().prepare(state, Optional.of(found));
        state.decide(rules.decision());
        watching(state, service, deployment.id());
    }

    /** The deployment to go on with is listed no longer: what came of it? */
    private void ended(EcsState state, Service service) {
        String own = "(deployment %s) ".formatted(rules.resume());
        ServiceEvent last =
                service.events().stream()
                        .filter(it -> it.message().contains(own + "deployment "))
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new StepException(
                                                "'resume' is '%s', but the deployments of %s are %s, and none of its events says how that one ended"
                                                        .formatted(
                                                                rules.resume(),
                                                                ecs.label(),
                                                                service.deployments().stream()
                                                                        .map(Deployment::id)
                                                                        .toList())));
        if (!last.message().contains(own + "deployment completed")) {
            throw new StepException(
                    "the deployment %s of %s has ended: %s"
                            .formatted(rules.resume(), ecs.label(), Report.brief(last.message())));
        }
        state.deploymentId = rules.resume();
        state.taskDefinition = ecs.completedAt(last.createdAt()).orElse(null);
        progress.say(
                "%s: the deployment %s has completed at %s"
                        .formatted(ecs.label(), rules.resume(), last.createdAt()));
        if (state.taskDefinition != null) {
            pins(state);
        }
        end(state, Optional.of(service), "COMPLETED");
    }

    private void pins(EcsState state) {
        Pins pins = new Pins(TaskDefinition.registered(ecs.taskDefinition(state.taskDefinition)));
        state.model = pins.model();
        state.image = pins.image();
    }

    private static ObjectNode withToken(ObjectNode create) {
        return create.put("clientToken", UUID.randomUUID().toString());
    }

    private boolean busy(Found found) {
        return "ACTIVE".equals(found.service().status())
                && found.primary().rolloutState() == DeploymentRolloutState.IN_PROGRESS;
    }

    /** The service as it is seen together with all others that are due. */
    private Look<Found> look() {
        Look<Found> look = poller.services().look(ecs.name(), seen, ecs::find);
        tooEarly = look.later() != null;
        if (!tooEarly) {
            seen = look.asked();
        }
        return look;
    }

    private Optional<Duration> again(Duration pace) {
        return Optional.of(poller.services().next(ecs.name(), seen, pace));
    }

    private Optional<Duration> await(EcsState state) {
        Look<Found> look = look();
        if (tooEarly) {
            return Optional.of(look.later());
        }
        Optional<Found> found = look.found();
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
        waiting(state, who);
        return again(Pace.seldom(state, clock));
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
                throw state.failed(
                        "no revision of '%s' could be registered: others are always being registered"
                                .formatted(wanted.family()));
            }
            progress.say(
                    "another revision of '%s' is being registered: trying again"
                            .formatted(wanted.family()));
            return Optional.of(Pace.backOff(state.attempts));
        }
        state.taskDefinition = arn.get();
        progress.say(
                same.isPresent()
                        ? "%s has just this content: no revision is registered"
                                .formatted(Names.last(arn.get()))
                        : "registered " + Names.last(arn.get()));
        state.phase(Phase.RUN_TASK);
        return Optional.of(Duration.ZERO);
    }

    private Optional<Duration> start(EcsState state) {
        Optional<Found> found = ecs.find().filter(it -> !"INACTIVE".equals(it.service().status()));
        Optional<String> begun = found.map(Found::service).flatMap(state::ours);
        if (begun.isPresent()) {
            return watching(state, found.get().service(), begun.get());
        }
        if (found.isPresent()
                && rules.waitIfBusy()
                && !found.get().primary().id().equals(state.primaryBefore)) {
            progress.say("another deployment of %s came first".formatted(ecs.label()));
            state.phase(Phase.WAIT);
            return Optional.of(Duration.ZERO);
        }
        uses.record(state.taskDefinition, state.uses, state.images);
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
        sayWhatCameBetween(state, service);
        return watching(state, service, EcsApi.primary(service).id());
    }

    /** Another JVM may have deployed after the last look, which nobody can prevent. */
    private void sayWhatCameBetween(EcsState state, Service service) {
        service.deployments().stream()
                .filter(it -> !"PRIMARY".equals(it.status()))
                .filter(it -> it.rolloutState() == DeploymentRolloutState.IN_PROGRESS)
                .filter(it -> !state.deploymentsBefore.contains(it.id()))
                .forEach(
                        it ->
                                progress.say(
                                        "note: the deployment %s had begun at the same moment and is superseded"
                                                .formatted(it.id())));
    }

    private Optional<Duration> watching(EcsState state, Service service, String deploymentId) {
        state.deploymentId = deploymentId;
        state.service = service.serviceArn();
        if (state.url == null) {
            // asked for now: once it has completed nothing is waited for that can be known before
            state.url = loadBalancing.url(service);
        }
        // what it waits by its own configuration is beside the time that it may take
        state.deadline += Shifting.bakes(service.deploymentConfiguration()).toMillis();
        state.watchedSince = clock.millis();
        seen = state.watchedSince;
        state.usual = ecs.usualTime().toMillis();
        progress.say(
                "%s: deployment %s to %s"
                        .formatted(ecs.label(), deploymentId, Names.last(state.taskDefinition)));
        state.phase(Phase.WATCH);
        return Optional.of(Pace.SOON);
    }

    // ---- ending

    private void end(EcsState state, Optional<Service> service, String how) {
        result(state, service, how, rules.returns() && how.equals("COMPLETED"));
        done(state);
    }

    private void done(EcsState state) {
        state.phase(Phase.DONE);
        state.result().put("seconds", seconds(state));
        String how = state.result().get("state").toString();
        Object url = state.result().get("url");
        progress.say(
                "%s: %s, %s%s%s"
                        .formatted(
                                ecs.label(),
                                how.toLowerCase(Locale.ROOT),
                                Names.last(
                                        state.taskDefinition == null
                                                ? state.previous
                                                : state.taskDefinition),
                                state.model == null ? "" : ", model " + state.model,
                                url == null ? "" : ", " + url));
    }

    private Optional<Duration> watch(EcsState state) {
        Look<Found> look = look();
        if (tooEarly) {
            return Optional.of(look.later());
        }
        Service service = there(look);
        Optional<Service> completed = watch.look(state, service);
        if (completed.isEmpty() && state.pause() != null && rules.returnsAtPause()) {
            end(state, Optional.empty(), "PAUSED");
            return Optional.empty();
        }
        if (completed.isEmpty()) {
            return next(state, Phase.WATCH, service);
        }
        result(state, completed, "COMPLETED", rules.returns());
        state.phase(Phase.VERIFY);
        return Optional.of(Duration.ZERO);
    }

    /** A stage, and then the next phase, unless the stage has said another. */
    private static Optional<Duration> through(EcsState state, Stage stage, Phase next) {
        Phase before = state.phase();
        Optional<Duration> again = stage.look(state);
        if (again.isPresent()) {
            return again;
        }
        if (state.phase() == before) {
            state.phase(next);
        }
        return Optional.of(Duration.ZERO);
    }

    private Optional<Duration> keep(EcsState state) {
        Optional<Duration> again = stages.last().look(state);
        if (again.isEmpty()) {
            done(state);
        }
        return again;
    }

    private Optional<Duration> watchWayBack(EcsState state) {
        Look<Found> look = look();
        if (tooEarly) {
            return Optional.of(look.later());
        }
        Service service = there(look);
        Optional<Service> back = wayBack.look(state, service);
        if (back.isEmpty()) {
            return next(state, Phase.WATCH_UNDO, service);
        }
        result(state, back, "FAILED", true);
        throw state.failed(
                "%s\n  Rolled back: %s serves, as before."
                        .formatted(state.failure, Names.last(back.get().taskDefinition())));
    }

    /** At once where there is something to do, else when it is time to look again. */
    private Optional<Duration> next(EcsState state, Phase before, Service service) {
        return state.phase() == before
                ? again(Pace.of(state, EcsApi.primary(service), clock))
                : Optional.of(Duration.ZERO);
    }

    private Service there(Look<Found> look) {
        return look.found()
                .orElseThrow(() -> new StepException("service not found: " + ecs.label()))
                .service();
    }

    private void result(EcsState state, Optional<Service> service, String how, boolean back) {
        Map<String, Object> result = state.result();
        result.put("taskDefinition", state.taskDefinition);
        result.put("previousTaskDefinition", state.previous);
        result.put("deploymentId", state.deploymentId);
        result.put("state", how);
        result.put("model", state.model);
        result.put("image", state.image);
        result.put(
                "url",
                state.url == null ? service.map(loadBalancing::url).orElse(null) : state.url);
        result.put("seconds", seconds(state));
        result.put("rolledBack", back);
    }

    private long seconds(EcsState state) {
        return (clock.millis() - state.startedAt) / 1000;
    }

    /** What AWS refuses in mid-way ends the watching, not the deployment. */
    private StepException told(EcsState state, StepException e) {
        String left =
                switch (state.phase()) {
                    case RUN_TASK, START -> "\n  The service is as it was.";
                    case VERIFY, KEEP ->
                            "\n  The deployment %s of %s has completed and is left as it is."
                                    .formatted(state.deploymentId, ecs.label());
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
        return Optional.of(Pace.backOff(state.unanswered));
    }
}
