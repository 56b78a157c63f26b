package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.ecs.EcsApi.Found;
import io.modeltoecs.engine.options.RunTaskOptions;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import software.amazon.awssdk.services.ecs.model.Container;
import software.amazon.awssdk.services.ecs.model.Task;

/**
 * One task of the new revision with another command, where the service's own tasks would run. It
 * has to end with exit code 0 before the service is touched.
 */
final class TaskRun implements Stage {
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final RunTaskOptions options;
    private final EcsApi ecs;
    private final LogTail logs;
    private final Progress progress;
    private final Clock clock;

    TaskRun(RunTaskOptions options, EcsApi ecs, AwsAccess access, Progress progress, Clock clock) {
        this.options = options;
        this.ecs = ecs;
        this.logs = new LogTail(access);
        this.progress = progress;
        this.clock = clock;
    }

    @Override
    public void prepare(EcsState state, Optional<Found> found) {
        state.run = null;
        if (!state.rolls) {
            progress.say("runTask: nothing is rolled out, so no task is run");
            return;
        }
        JsonNode service =
                found.filter(it -> !"INACTIVE".equals(it.service().status()))
                        .<JsonNode>map(Found::json)
                        .orElseGet(() -> Json.object(state.create));
        ObjectNode request = Json.object();
        request.put("clientToken", UUID.randomUUID().toString()).put("startedBy", "model-to-ecs");
        for (String field :
                List.of(
                        "capacityProviderStrategy",
                        "launchType",
                        "networkConfiguration",
                        "placementConstraints",
                        "platformVersion")) {
            JsonNode value = service.path(field);
            if (value.isTextual() || !value.isEmpty()) {
                request.set(field, value);
            }
        }
        if (request.has("capacityProviderStrategy")) {
            request.remove("launchType");
        }
        TaskDefinition definition =
                state.register == null
                        ? TaskDefinition.registered(ecs.taskDefinition(state.taskDefinition))
                        : TaskDefinition.of(Json.object(state.register));
        String name = options.container() == null ? state.container : options.container();
        ObjectNode container =
                request.putObject("overrides")
                        .putArray("containerOverrides")
                        .addObject()
                        .put("name", definition.container(name).name());
        ArrayNode command = container.putArray("command");
        options.command().forEach(command::add);
        if (!options.env().isEmpty()) {
            ArrayNode environment = container.putArray("environment");
            options.env()
                    .forEach(
                            (key, value) ->
                                    environment.addObject().put("name", key).put("value", value));
        }
        state.run = request.toString();
        progress.say("before the rollout a task runs in the container '" + name + "'");
    }

    @Override
    public Optional<Duration> look(EcsState state) {
        if (state.run == null) {
            return Optional.empty();
        }
        if (state.runArn == null) {
            // its token makes it the same task if this is done again after a restart
            ObjectNode request = Json.object(state.run).put("taskDefinition", state.taskDefinition);
            state.runArn = ecs.run(request);
            state.runSince = clock.millis();
            progress.say("task %s runs before the rollout".formatted(Names.last(state.runArn)));
            return Optional.of(PAUSE);
        }
        Task task = ecs.task(state.runArn);
        boolean late = clock.millis() - state.runSince > options.timeout().toMillis();
        if (!"STOPPED".equals(task.lastStatus())) {
            if (late) {
                ecs.stop(state.runArn, "it took longer than runTask's timeoutMinutes");
                throw failed(
                        state,
                        task,
                        "it took longer than %s (timeoutMinutes) and was stopped"
                                .formatted(Amounts.seconds(options.timeout())));
            }
            return Optional.of(PAUSE);
        }
        StoppedTask stopped =
                new StoppedTask(Names.last(state.runArn), task, container(state, task));
        Integer code = stopped.container().exitCode();
        if (code == null || code != 0) {
            throw failed(state, task, stopped.sentence() + "\n  " + stopped.facts());
        }
        progress.say(
                "task %s ended well after %s"
                        .formatted(
                                stopped.id(),
                                Amounts.seconds(
                                        Duration.ofMillis(clock.millis() - state.runSince))));
        return Optional.empty();
    }

    @Override
    public void abort(EcsState state) {
        if (state.runArn != null) {
            ecs.stop(state.runArn, "the build was aborted");
        }
    }

    private static String containerName(EcsState state) {
        return Json.object(state.run).at("/overrides/containerOverrides/0/name").asText();
    }

    private static Container container(EcsState state, Task task) {
        String name = containerName(state);
        return task.containers().stream()
                .filter(it -> name.equals(it.name()))
                .findFirst()
                .orElseGet(() -> Container.builder().name(name).build());
    }

    private StepException failed(EcsState state, Task task, String why) {
        TaskDefinition definition =
                TaskDefinition.registered(ecs.taskDefinition(state.taskDefinition));
        List<String> lines =
                logs.of(definition.container(containerName(state)), Names.last(task.taskArn()));
        return state.failed(
                "the task before the rollout (runTask) failed: %s%s\n  The service %s is as it was."
                        .formatted(why, LogTail.quoted(lines), ecs.label()));
    }
}
