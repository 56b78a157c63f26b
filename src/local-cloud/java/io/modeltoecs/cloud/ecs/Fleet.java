package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.elb.Target;
import io.modeltoecs.cloud.elb.Targets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Starts and stops the tasks of services, and tells so in their events. Under the store's lock. */
final class Fleet {
    private static final long FIRST_BACK_OFF_MILLIS = 2_000;
    private static final long CONSISTENT_BACK_OFF_MILLIS = 4_000;
    private static final long MAX_BACK_OFF_MILLIS = 900_000;
    private static final String UNPLACED = "was unable to place a task. Reason: ";

    private final EcsStore store;
    private final TaskDefinitions definitions;
    private final TaskRuntime runtime;
    private final Targets targets;
    private final Placement placement;

    Fleet(
            EcsStore store,
            TaskDefinitions definitions,
            TaskRuntime runtime,
            Targets targets,
            Placement placement) {
        this.store = store;
        this.definitions = definitions;
        this.runtime = runtime;
        this.targets = targets;
        this.placement = placement;
    }

    /**
     * Starts tasks of a deployment.
     *
     * @param replaces whether they are there for unhealthy ones
     * @return whether all could be placed
     */
    boolean start(Look look, Deployment deployment, long count, boolean replaces) {
        Service service = look.service;
        ObjectNode definition = definitions.find(deployment.taskDefinition).orElse(null);
        if (definition == null) {
            return true;
        }
        String group = "service:" + service.name;
        List<Task> started = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            Optional<String> refusal = placement.refusal(service.cluster, group);
            if (refusal.isPresent()) {
                tellStarted(look, started, replaces);
                backOff(look, deployment, refusal.get());
                return false;
            }
            Task task = new Task(service.cluster, definition, look.now);
            task.service = service.name;
            task.deployment = deployment.id;
            task.startedBy = deployment.id;
            task.group = group;
            task.launchType = launchType(service.revision(deployment).settings);
            task.tags.putAll(propagated(service, definition));
            started.add(task);
            runtime.start(task);
        }
        tellStarted(look, started, replaces);
        return true;
    }

    private void tellStarted(Look look, List<Task> started, boolean replaces) {
        if (started.isEmpty()) {
            return;
        }
        String why =
                replaces
                        ? " Amazon ECS replaced "
                                + started.size()
                                + " tasks due to an unhealthy status."
                        : "";
        look.service.event(
                "has started " + started.size() + " tasks:" + ids(started) + "." + why, look.now);
        look.service.steadySince = 0;
        store.changed(look.service);
    }

    static String launchType(JsonNode settings) {
        for (JsonNode provider : settings.path("capacityProviderStrategy")) {
            return provider.path("capacityProvider").asText().startsWith("FARGATE")
                    ? "FARGATE"
                    : "EC2";
        }
        return settings.path("launchType").asText("EC2");
    }

    private Map<String, String> propagated(Service service, ObjectNode definition) {
        return switch (service.settings.path("propagateTags").asText("NONE")) {
            case "SERVICE" -> service.tags;
            case "TASK_DEFINITION" -> {
                Family family = store.state().families.get(definition.path("family").asText());
                ObjectNode tags =
                        family == null
                                ? null
                                : family.tags.get(definition.path("revision").asInt());
                yield tags == null ? Map.of() : Tags.map(Tags.list(tags));
            }
            default -> Map.of();
        };
    }

    /** Makes the next start of a deployment's tasks wait, longer each time. */
    void backOff(Look look, Deployment deployment, String reason) {
        Service service = look.service;
        deployment.backOffMillis =
                deployment.backOffMillis == 0
                        ? FIRST_BACK_OFF_MILLIS
                        : Math.min(MAX_BACK_OFF_MILLIS, deployment.backOffMillis * 2);
        deployment.notBefore = look.now + deployment.backOffMillis;
        String text = UNPLACED + reason;
        if (!text.equals(deployment.saidUnplaced)) {
            deployment.saidUnplaced = text;
            service.event(text, look.now);
        }
        if (deployment.backOffMillis > CONSISTENT_BACK_OFF_MILLIS && !deployment.saidInconsistent) {
            deployment.saidInconsistent = true;
            service.event("is unable to consistently start tasks successfully.", look.now);
        }
        store.changed(service);
    }

    /** Stops tasks that are not needed any more. */
    void stop(Look look, List<Task> tasks) {
        Deployment primary = look.service.primary();
        byDeployment(tasks)
                .forEach(
                        some ->
                                stop(
                                        look,
                                        some,
                                        "Scaling activity initiated by (deployment "
                                                + (primary == null
                                                        ? some.get(0).deployment
                                                        : primary.id)
                                                + ")"));
    }

    private static Collection<List<Task>> byDeployment(List<Task> tasks) {
        return tasks.stream()
                .collect(Collectors.groupingBy(t -> String.valueOf(t.deployment)))
                .values();
    }

    /** Stops tasks for a reason. */
    void stop(Look look, List<Task> tasks, String reason) {
        if (tasks.isEmpty()) {
            return;
        }
        Service service = look.service;
        List<Task> running = tasks.stream().filter(Task::isRunning).toList();
        long pending = tasks.size() - (long) running.size();
        tasks.forEach(t -> runtime.stop(t, "ServiceSchedulerInitiated", reason, true));
        if (!running.isEmpty()) {
            service.event(
                    "has stopped " + running.size() + " running tasks:" + ids(running) + ".",
                    look.now);
        }
        if (pending > 0) {
            service.event("stopped " + pending + " pending tasks.", look.now);
        }
        Map<String, Long> registered =
                tasks.stream()
                        .flatMap(t -> t.targets.keySet().stream())
                        .collect(Collectors.groupingBy(g -> g, Collectors.counting()));
        registered.forEach(
                (group, count) -> {
                    service.event(
                            "deregistered " + count + " targets in (target-group " + group + ")",
                            look.now);
                    service.event(
                            "has begun draining connections on " + count + " tasks.", look.now);
                });
        service.steadySince = 0;
        store.changed(service);
    }

    private static String ids(List<Task> tasks) {
        return tasks.stream().map(t -> " (task " + t.id + ")").collect(Collectors.joining());
    }

    private void balance(Service service, String group, Target target) {
        targets.register(group, target, () -> store.with(() -> store.wake(service)));
    }

    /** Gives a task the traffic back that it had before a restart. */
    void resume(Service service, Task task) {
        task.targets.keySet().removeIf(group -> !targets.exists(group));
        task.targets.forEach((group, target) -> balance(service, group, target));
    }

    /** Registers a task that is up with its target groups. */
    void register(Service service, Task task) {
        Deployment deployment = service.deployment(task.deployment);
        if (deployment == null) {
            return;
        }
        ServiceRevision revision = service.revision(deployment);
        for (JsonNode balancer : revision.loadBalancers()) {
            String group = revision.targetGroup(balancer);
            TaskContainer container = task.container(balancer.path("containerName").asText());
            int own = balancer.path("containerPort").asInt();
            int port = container == null ? 0 : container.hostPort(own);
            if (port == 0 || !targets.exists(group)) {
                service.event(
                        "failed to register targets in (target-group "
                                + group
                                + ") with (error One or more target groups not found)",
                        store.now());
                continue;
            }
            Target target = new Target("127.0.0.1", port);
            task.targets.put(group, target);
            task.containerPorts.put(group, own);
            balance(service, group, target);
            service.event("registered 1 targets in (target-group " + group + ")", store.now());
        }
    }
}
