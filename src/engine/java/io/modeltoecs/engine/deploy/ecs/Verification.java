package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.deploy.ecs.EcsApi.Found;
import io.modeltoecs.engine.deploy.ecs.EcsState.Phase;
import io.modeltoecs.engine.options.ModelRef;
import io.modeltoecs.engine.options.VerifyOptions;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import software.amazon.awssdk.services.ecs.model.Container;
import software.amazon.awssdk.services.ecs.model.DesiredStatus;
import software.amazon.awssdk.services.ecs.model.Task;

/**
 * Looks whether what was rolled out is what was planned, and whether it serves. To ECS the
 * deployment has completed: if this fails, the way back is a deployment of its own.
 */
final class Verification implements Stage {
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** How many requests one look sends, and how long it goes on sending. */
    private static final int BATCH = 5;

    private static final Duration LOOK = Duration.ofSeconds(2);

    /** How long tasks of other revisions may still be there, and all tasks may take to answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int BRIEF = 200;

    private final List<Request> requests;
    private final Rules rules;
    private final EcsApi ecs;
    private final LoadBalancing loadBalancing;
    private final Probe probe;
    private final Progress progress;
    private final Clock clock;

    /** A request as it was asked for, its JSON read. */
    private record Request(
            VerifyOptions options, Map<String, String> headers, String body, Expectation expect) {

        static Request of(VerifyOptions options, Function<String, String> authorization) {
            Map<String, String> headers = new LinkedHashMap<>(options.headers());
            if (options.credentialsId() != null) {
                headers.put("Authorization", authorization.apply(options.credentialsId()));
            }
            boolean text = options.body() == null || options.body() instanceof CharSequence;
            return new Request(
                    options,
                    headers,
                    options.body() == null
                            ? null
                            : text
                                    ? options.body().toString()
                                    : Expectation.json("body", options.body()).toString(),
                    options.expect() == null
                            ? null
                            : Expectation.of(options.expect(), options.tolerance()));
        }

        String base(EcsState state) {
            return options.url() == null ? state.url : options.url();
        }

        URI uri(EcsState state, String path) {
            try {
                return URI.create(base(state) + path);
            } catch (IllegalArgumentException e) {
                throw new StepException(
                        "verify: 'path' is '%s': %s".formatted(path, e.getMessage()));
            }
        }

        String label(EcsState state) {
            return options.method() + " " + uri(state, options.path());
        }
    }

    /**
     * @param requests none where only the tasks are to be looked at
     * @param authorization value of the header Authorization by the id of a stored credential
     * @throws StepException if a credential isn't there, or a text isn't JSON
     */
    Verification(
            List<VerifyOptions> requests,
            Function<String, String> authorization,
            Rules rules,
            EcsApi ecs,
            LoadBalancing loadBalancing,
            Probe probe,
            Progress progress,
            Clock clock) {
        this.requests = requests.stream().map(it -> Request.of(it, authorization)).toList();
        this.rules = rules;
        this.ecs = ecs;
        this.loadBalancing = loadBalancing;
        this.probe = probe;
        this.progress = progress;
        this.clock = clock;
    }

    /** One that looks at the tasks alone. */
    static Verification ofTasks(Rules rules, EcsApi ecs, Progress progress, Clock clock) {
        return new Verification(List.of(), null, rules, ecs, null, null, progress, clock);
    }

    // ---- before the rollout

    @Override
    public void prepare(EcsState state, Optional<Found> found) {
        if (requests.isEmpty()) {
            return;
        }
        if (requests.stream().anyMatch(it -> it.options().url() == null)) {
            state.url = address(state, found);
        }
        requests.stream().map(it -> it.uri(state, "/")).distinct().forEach(this::reach);
        for (Request request : requests) {
            progress.say(
                    "after the rollout: %s%s"
                            .formatted(
                                    request.label(state),
                                    request.options().seconds() == 0
                                            ? ""
                                            : ", for "
                                                    + Amounts.seconds(request.options().time())));
        }
    }

    private String address(EcsState state, Optional<Found> found) {
        String url =
                state.create == null
                        ? found.map(it -> loadBalancing.url(it.service())).orElse(null)
                        : loadBalancing.url(
                                Json.object(state.create)
                                        .at("/loadBalancers/0/targetGroupArn")
                                        .asText());
        if (url == null) {
            throw new StepException(
                    "verify: no address of a listener is known for %s: give 'url'"
                            .formatted(ecs.label()));
        }
        return url;
    }

    private void reach(URI url) {
        String why = probe.unreachable(url);
        if (why != null) {
            throw new StepException(
                    "verify: %s can't be reached from here: %s. Nothing was changed."
                            .formatted(url, why));
        }
    }

    // ---- after the rollout

    @Override
    public Optional<Duration> look(EcsState state) {
        if (!state.rolls && requests.isEmpty()) {
            return Optional.empty();
        }
        if (state.verifyingSince == 0) {
            state.verifyingSince = clock.millis();
        }
        int due = (int) state.verifying;
        if (due == 0) {
            return lookAtTasks(state);
        }
        if (due <= requests.size()) {
            return ask(state, requests.get(due - 1));
        }
        return requests.isEmpty() || due > requests.size() + 1
                ? Optional.empty()
                : sample(state, requests.get(0));
    }

    private Optional<Duration> next(EcsState state) {
        state.verifying++;
        state.verifyingSince = 0;
        state.asked = 0;
        state.wrong = 0;
        state.wrongFirst = null;
        return Optional.of(Duration.ZERO);
    }

    private boolean past(EcsState state, Duration time) {
        return clock.millis() - state.verifyingSince >= time.toMillis();
    }

    private Optional<Duration> lookAtTasks(EcsState state) {
        List<Task> tasks;
        try {
            tasks = running();
        } catch (StepException e) {
            progress.say("note: the tasks can't be compared with the plan: " + e.getMessage());
            return next(state);
        }
        Optional<Task> other =
                tasks.stream()
                        .filter(it -> !state.taskDefinition.equals(it.taskDefinitionArn()))
                        .findFirst();
        if (tasks.isEmpty() || other.isPresent()) {
            // the one look at the service where it isn't all as it was seen just before
            Found found = ecs.get();
            if (!state.deploymentId.equals(found.primary().id())) {
                progress.say("not verified: %s has begun since".formatted(found.primary().id()));
                return Optional.empty();
            }
            if (found.service().desiredCount() == 0) {
                progress.say("not verified: the service has a desired count of 0");
                return Optional.empty();
            }
        }
        if (other.isPresent()) {
            return past(state, PATIENCE)
                    ? failed(
                            state,
                            "the task %s still runs %s"
                                    .formatted(
                                            id(other.get()),
                                            Names.last(other.get().taskDefinitionArn())))
                    : Optional.of(PAUSE);
        }
        for (Task task : tasks) {
            for (Container container : task.containers()) {
                if (container.name().equals(state.container)
                        && container.imageDigest() != null
                        && !state.digests.isEmpty()
                        && !state.digests.contains(container.imageDigest())) {
                    return failed(
                            state,
                            "the task %s runs the image %s, not %s"
                                    .formatted(
                                            id(task),
                                            container.imageDigest(),
                                            state.digests.get(0)));
                }
            }
        }
        if (!tasks.isEmpty()) {
            progress.say(
                    "%d of %d tasks run %s%s"
                            .formatted(
                                    tasks.size(),
                                    tasks.size(),
                                    Names.last(state.taskDefinition),
                                    state.digests.isEmpty()
                                            ? ""
                                            : " and the image " + state.digests.get(0)));
        }
        return next(state);
    }

    private List<Task> running() {
        return ecs.tasks(DesiredStatus.RUNNING).stream()
                .filter(it -> "RUNNING".equals(it.lastStatus()))
                .toList();
    }

    private static String id(Task task) {
        return Names.last(task.taskArn());
    }

    private Optional<Duration> ask(EcsState state, Request request) {
        VerifyOptions options = request.options();
        boolean often = options.seconds() > 0;
        long end = System.nanoTime() + LOOK.toNanos();
        for (int i = 0; i < (often ? BATCH : 1) && System.nanoTime() < end; i++) {
            state.asked++;
            Optional<String> wrong = wrong(state, request);
            if (wrong.isPresent()) {
                state.wrong++;
                state.wrongFirst = state.wrongFirst == null ? wrong.get() : state.wrongFirst;
            }
        }
        boolean hopeless = options.maxErrorRate() == 0 && state.wrong > 0;
        if (often && !hopeless && !past(state, options.time())) {
            return Optional.of(PAUSE);
        }
        String what =
                "%s: %d of %d answers were right"
                        .formatted(request.label(state), state.asked - state.wrong, state.asked);
        if (state.wrong > options.maxErrorRate() * state.asked) {
            return failed(state, what + "; the first that wasn't: " + state.wrongFirst);
        }
        progress.say(what);
        return next(state);
    }

    /** What is wrong with an answer, or empty. */
    private Optional<String> wrong(EcsState state, Request request) {
        VerifyOptions options = request.options();
        Probe.Answer answer;
        try {
            answer =
                    probe.send(
                            request.uri(state, options.path()),
                            options.method(),
                            request.headers(),
                            request.body());
        } catch (IOException e) {
            return Optional.of("no answer: " + e.getMessage());
        }
        boolean right =
                options.status().isEmpty()
                        ? answer.status() / 100 == 2
                        : options.status().contains(answer.status());
        if (!right) {
            return Optional.of(
                    "it answers %d: %s".formatted(answer.status(), brief(answer.text())));
        }
        if (request.expect() == null) {
            return Optional.empty();
        }
        try {
            return request.expect().mismatch(Json.read(answer.body()));
        } catch (IOException e) {
            return Optional.of("the answer isn't JSON: " + brief(answer.text()));
        }
    }

    static String brief(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= BRIEF ? line : line.substring(0, BRIEF) + "…";
    }

    /** Asks for the version until each task has answered for itself. */
    private Optional<Duration> sample(EcsState state, Request request) {
        List<String> tasks;
        try {
            tasks = running().stream().map(Verification::id).toList();
        } catch (StepException e) {
            // said when the tasks were looked at
            return next(state);
        }
        URI url = request.uri(state, "/version");
        long end = System.nanoTime() + LOOK.toNanos();
        for (int i = 0;
                i < 2 * BATCH && !state.answered.containsAll(tasks) && System.nanoTime() < end;
                i++) {
            state.asked++;
            JsonNode version = version(url, request);
            String task = Names.last(version.path("task").asText(null));
            if (task.isEmpty()) {
                if (state.answered.isEmpty()) {
                    progress.say("%s doesn't say which task answers: not sampled".formatted(url));
                    return next(state);
                }
                continue;
            }
            Optional<String> other = otherModel(state, version);
            if (tasks.contains(task) && other.isPresent()) {
                return failed(
                        state,
                        "the task %s serves the model %s, not %s"
                                .formatted(task, other.get(), state.model));
            }
            if (!state.answered.contains(task)) {
                state.answered.add(task);
            }
        }
        boolean all = state.answered.containsAll(tasks);
        if (!all && !past(state, PATIENCE)) {
            return Optional.of(PAUSE);
        }
        progress.say(
                "%s: %d of %d tasks have answered, by %d requests"
                        .formatted(
                                url,
                                tasks.stream().filter(state.answered::contains).count(),
                                tasks.size(),
                                state.asked));
        return next(state);
    }

    private JsonNode version(URI url, Request request) {
        try {
            Probe.Answer answer = probe.send(url, "GET", request.headers(), null);
            return answer.status() == 200 ? Json.read(answer.body()) : Json.object();
        } catch (IOException e) {
            return Json.object();
        }
    }

    /** The model that an answer names, if it isn't the one that the deployment pins. */
    private static Optional<String> otherModel(EcsState state, JsonNode version) {
        JsonNode model = version.path("model");
        if (state.model == null || !model.isObject()) {
            return Optional.empty();
        }
        boolean exact =
                ModelRef.VERSION
                        .matcher(state.model.substring(state.model.indexOf('@') + 1))
                        .matches();
        String served = model.path("name").asText() + "@" + model.path("version").asText();
        return !exact || served.equals(state.model) ? Optional.empty() : Optional.of(served);
    }

    private Optional<Duration> failed(EcsState state, String why) {
        if (!state.rolls) {
            throw state.failed(
                    "%s serves %s, to which nothing was rolled out, but fails its verification: %s"
                            .formatted(ecs.label(), Names.last(state.taskDefinition), why));
        }
        state.failure =
                "the deployment %s of %s to %s completed, but failed its verification: %s"
                        .formatted(
                                state.deploymentId,
                                Names.last(state.taskDefinition),
                                ecs.label(),
                                why);
        if (!rules.rollback()) {
            throw state.failed(
                    state.failure
                            + "\n  It is left as it is (rollback: false): "
                            + Names.last(state.taskDefinition)
                            + " serves.");
        }
        progress.say(why);
        state.phase(Phase.UNDO);
        return Optional.empty();
    }
}
