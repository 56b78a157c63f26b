package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.elb.Target;
import io.modeltoecs.cloud.elb.TargetGroups;
import io.modeltoecs.cloud.elb.TargetHealth;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Brings a service step by step to what is wanted of it, within its minimum and maximum percent.
 * All under the store's lock; nothing here takes long.
 */
final class Rollout implements TaskRunner.Listener {
    private static final double HUNDRED = 100.0;
    private static final long FIRST_BACK_OFF_MILLIS = 2_000;
    private static final long CONSISTENT_BACK_OFF_MILLIS = 4_000;
    private static final long MAX_BACK_OFF_MILLIS = 900_000;
    private static final long PACE_MILLIS = 1_000;
    private static final long MILLIS = 1000;

    private final EcsStore store;
    private final TaskDefinitions definitions;
    private final TaskRunner runner;
    private final TargetGroups targetGroups;
    private final long settleMillis;

    /**
     * A rollout.
     *
     * @param settleSeconds how long a task without any check runs before it counts as healthy
     */
    Rollout(
            EcsStore store,
            TaskDefinitions definitions,
            TaskRunner runner,
            TargetGroups targetGroups,
            int settleSeconds) {
        this.store = store;
        this.definitions = definitions;
        this.runner = runner;
        this.targetGroups = targetGroups;
        this.settleMillis = settleSeconds * MILLIS;
    }

    /** Begins to roll out a task definition. */
    Deployment begin(Service service, ObjectNode definition) {
        long now = System.currentTimeMillis();
        Deployment old = service.primary();
        Deployment deployment = new Deployment();
        deployment.id = "ecs-svc/" + Ids.digits();
        deployment.taskDefinition = TaskDefinitions.arn(definition);
        deployment.createdAt = now;
        deployment.rollout("IN_PROGRESS", "ECS deployment " + deployment.id + " in progress.");
        ServiceRevision revision = new ServiceRevision();
        String path = service.cluster + "/" + service.name + "/";
        revision.arn = Arns.of("ecs", "service-revision/" + path + Ids.digits());
        revision.taskDefinition = deployment.taskDefinition;
        revision.createdAt = now;
        definition
                .path("containerDefinitions")
                .forEach(
                        c ->
                                revision.images.put(
                                        c.path("name").asText(), c.path("image").asText()));
        service.revisions.put(revision.arn, revision);
        deployment.revisionArn = revision.arn;
        closeRecord(service, old, "STOPPED", "A newer deployment replaced this one.");
        ServiceDeployment record = new ServiceDeployment();
        record.arn = Arns.of("ecs", "service-deployment/" + path + Ids.serviceDeployment());
        record.deploymentId = deployment.id;
        record.targetRevision = revision.arn;
        record.sourceRevision = old == null ? null : old.revisionArn;
        record.createdAt = now;
        record.startedAt = now;
        record.updatedAt = now;
        if (!CircuitBreaker.of(service).enabled()) {
            record.breaker = "DISABLED";
        }
        service.record(record);
        deployment.serviceDeploymentArn = record.arn;
        makePrimary(service, deployment);
        return deployment;
    }

    private void makePrimary(Service service, Deployment deployment) {
        service.deployments.forEach(d -> d.status = "ACTIVE");
        service.deployments.remove(deployment);
        deployment.status = "PRIMARY";
        service.deployments.add(0, deployment);
        service.steady = false;
        store.changed();
    }

    private void closeRecord(Service service, Deployment deployment, String status, String reason) {
        ServiceDeployment record =
                deployment == null ? null : service.record(deployment.serviceDeploymentArn);
        if (record != null && record.isOpen()) {
            record.stoppedAt = System.currentTimeMillis();
            record.finish(status, reason);
        }
    }

    /**
     * Goes back to the last completed deployment.
     *
     * @return whether there is one
     */
    boolean rollBack(Service service, Deployment failed, String reason) {
        Deployment good = service.lastCompleted;
        if (good == null || good.id.equals(failed.id)) {
            return false;
        }
        Deployment again = service.deployment(good.id);
        if (again == null) {
            again = good.again();
        }
        again.failedTasks = 0;
        again.notBefore = 0;
        again.backOffMillis = 0;
        again.serviceDeploymentArn = failed.serviceDeploymentArn;
        again.rollout(
                "IN_PROGRESS",
                "ECS deployment circuit breaker: rolling back to deploymentId " + again.id + ".");
        ServiceDeployment record = service.record(failed.serviceDeploymentArn);
        if (record != null) {
            record.move("ROLLBACK_IN_PROGRESS");
            record.statusReason = reason;
            record.rollbackReason = reason;
            record.rollbackRevision = again.revisionArn;
            record.rollbackStartedAt = System.currentTimeMillis();
        }
        service.event("rolling back to deployment " + again.id + ".");
        makePrimary(service, again);
        return true;
    }

    /** One step of one service. */
    void step(Service service) {
        List<Task> tasks = store.tasks(service).stream().filter(Task::isWanted).toList();
        if (!service.isActive()) {
            drain(service, tasks);
            return;
        }
        Deployment primary = service.primary();
        if (primary == null) {
            return;
        }
        noteHealth(service, primary, tasks);
        replaceUnhealthy(service, primary, tasks);
        List<Task> left = tasks.stream().filter(Task::isWanted).toList();
        startMissing(service, primary, left);
        stopSurplus(service, primary, left);
        finish(service, primary);
        sayStuck(service, primary);
    }

    private void drain(Service service, List<Task> tasks) {
        if (service.status.equals("DRAINING")) {
            stop(service, tasks);
            boolean gone =
                    store.tasks(service).stream().allMatch(t -> t.hasStopped() || !t.isWanted());
            if (gone) {
                service.status = "INACTIVE";
                service.deployments.clear();
                store.changed();
            }
        }
    }

    private void noteHealth(Service service, Deployment primary, List<Task> tasks) {
        for (Task task : tasks) {
            if (!task.wasHealthy && isHealthy(task)) {
                task.wasHealthy = true;
                boolean counts = primary.id.equals(task.deployment);
                if (counts && CircuitBreaker.of(service).resetOnHealthyTask()) {
                    primary.failedTasks = 0;
                    primary.backOffMillis = 0;
                    store.changed();
                }
            }
        }
    }

    private void replaceUnhealthy(Service service, Deployment primary, List<Task> tasks) {
        List<Task> bad = tasks.stream().filter(t -> complaint(service, t) != null).toList();
        if (bad.isEmpty()) {
            return;
        }
        long active = tasks.size();
        long good =
                tasks.stream()
                        .filter(t -> primary.id.equals(t.deployment))
                        .filter(t -> !bad.contains(t))
                        .count();
        long replaced =
                tasks.stream().filter(t -> primary.id.equals(t.deployment) && isHealthy(t)).count();
        boolean noRoom = active >= upper(service) && good < service.desiredCount;
        if (!noRoom && replaced < service.desiredCount) {
            // The replacement comes first; the task goes when that is healthy.
            return;
        }
        Task one = bad.get(0);
        String why = complaint(service, one);
        if (one.hasHealthCheck() && one.health().equals("UNHEALTHY")) {
            service.event("(task " + one.id + ") failed container health checks.");
        }
        for (Map.Entry<String, Target> target : one.targets.entrySet()) {
            TargetHealth health = targetGroups.health(target.getKey(), target.getValue());
            if (health.isUnhealthy()) {
                service.event(
                        "(task "
                                + one.id
                                + ") (port "
                                + containerPort(service, target.getKey())
                                + ") is unhealthy in (target-group "
                                + target.getKey()
                                + ") due to (reason "
                                + health.description()
                                + ").");
            }
        }
        stopTasks(service, List.of(one), why);
        if (primary.id.equals(one.deployment)) {
            countFailure(service, primary);
        }
    }

    private static int containerPort(Service service, String targetGroup) {
        for (JsonNode balancer : service.loadBalancers()) {
            if (balancer.path("targetGroupArn").asText().equals(targetGroup)) {
                return balancer.path("containerPort").asInt();
            }
        }
        return 0;
    }

    private void startMissing(Service service, Deployment primary, List<Task> tasks) {
        long good =
                tasks.stream()
                        .filter(t -> primary.id.equals(t.deployment))
                        .filter(t -> complaint(service, t) == null)
                        .count();
        long missing = Math.min(service.desiredCount - good, upper(service) - tasks.size());
        boolean waits = System.currentTimeMillis() < primary.notBefore;
        if (missing <= 0 || primary.failed() || waits) {
            return;
        }
        ObjectNode definition = definitions.find(primary.taskDefinition).orElse(null);
        if (definition == null) {
            return;
        }
        List<Task> started = new ArrayList<>();
        for (int i = 0; i < missing; i++) {
            Task task = new Task(service.cluster, definition);
            task.service = service.name;
            task.deployment = primary.id;
            task.startedBy = primary.id;
            task.group = "service:" + service.name;
            task.launchType = launchType(service);
            task.tags.putAll(propagated(service, definition));
            started.add(task);
            runner.start(task);
        }
        boolean replaces = tasks.stream().anyMatch(t -> complaint(service, t) != null);
        String why =
                replaces
                        ? " Amazon ECS replaced " + missing + " tasks due to an unhealthy status."
                        : "";
        service.event("has started " + count(started) + why);
        service.steady = false;
        store.changed();
    }

    static String launchType(Service service) {
        for (JsonNode provider : service.settings.path("capacityProviderStrategy")) {
            return provider.path("capacityProvider").asText().startsWith("FARGATE")
                    ? "FARGATE"
                    : "EC2";
        }
        return service.settings.path("launchType").asText("EC2");
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

    private void stopSurplus(Service service, Deployment primary, List<Task> tasks) {
        long healthy = tasks.stream().filter(this::isHealthy).count();
        long lower =
                (long) Math.ceil(service.desiredCount * service.minimumHealthyPercent() / HUNDRED);
        List<Task> stop = new ArrayList<>();
        List<Task> old = tasks.stream().filter(t -> !primary.id.equals(t.deployment)).toList();
        if (!primary.failed()) {
            for (Task task : old) {
                if (!isHealthy(task)) {
                    stop.add(task);
                } else if (healthy > lower) {
                    healthy--;
                    stop.add(task);
                }
            }
        }
        List<Task> own =
                tasks.stream()
                        .filter(t -> primary.id.equals(t.deployment))
                        .sorted(Comparator.comparing(this::isHealthy))
                        .toList();
        for (int i = 0; i < own.size() - service.desiredCount; i++) {
            stop.add(own.get(i));
        }
        stop(service, stop);
    }

    private void stop(Service service, List<Task> tasks) {
        for (List<Task> some : byDeployment(tasks)) {
            stopTasks(
                    service,
                    some,
                    "Scaling activity initiated by (deployment "
                            + (service.primary() == null
                                    ? some.get(0).deployment
                                    : service.primary().id)
                            + ")");
        }
    }

    private static Collection<List<Task>> byDeployment(List<Task> tasks) {
        return tasks.stream()
                .collect(Collectors.groupingBy(t -> String.valueOf(t.deployment)))
                .values();
    }

    private void stopTasks(Service service, List<Task> tasks, String reason) {
        if (tasks.isEmpty()) {
            return;
        }
        List<Task> running = tasks.stream().filter(Task::isRunning).toList();
        long pending = tasks.size() - (long) running.size();
        tasks.forEach(t -> runner.stop(t, "ServiceSchedulerInitiated", reason, true));
        if (!running.isEmpty()) {
            service.event("has stopped " + running.size() + " running tasks:" + ids(running));
        }
        if (pending > 0) {
            service.event("stopped " + pending + " pending tasks.");
        }
        for (JsonNode balancer : service.loadBalancers()) {
            String group = balancer.path("targetGroupArn").asText();
            long registered = tasks.stream().filter(t -> t.targets.containsKey(group)).count();
            if (registered > 0) {
                service.event(
                        "deregistered " + registered + " targets in (target-group " + group + ")");
                service.event("has begun draining connections on " + registered + " tasks.");
            }
        }
        service.steady = false;
        store.changed();
    }

    private static String count(List<Task> tasks) {
        return tasks.size() + " tasks:" + ids(tasks) + ".";
    }

    private static String ids(List<Task> tasks) {
        return tasks.stream().map(t -> " (task " + t.id + ")").collect(Collectors.joining());
    }

    private void finish(Service service, Deployment primary) {
        List<Task> wanted = store.tasks(service).stream().filter(Task::isWanted).toList();
        boolean done =
                wanted.size() == service.desiredCount
                        && wanted.stream()
                                .allMatch(t -> primary.id.equals(t.deployment) && isHealthy(t));
        if (!done || primary.failed()) {
            service.steady &= done;
            return;
        }
        if (primary.inProgress()) {
            complete(service, primary);
        }
        if (!service.steady) {
            service.steady = true;
            service.event("has reached a steady state.");
            store.changed();
        }
    }

    private void complete(Service service, Deployment primary) {
        primary.rollout("COMPLETED", "ECS deployment " + primary.id + " completed.");
        service.lastCompleted = primary;
        service.deployments.removeIf(d -> d != primary);
        service.event("(deployment " + primary.id + ") deployment completed.");
        ServiceDeployment record = service.record(primary.serviceDeploymentArn);
        if (record != null && record.isOpen()) {
            boolean rolledBack = record.status.equals("ROLLBACK_IN_PROGRESS");
            record.finish(rolledBack ? "ROLLBACK_SUCCESSFUL" : "SUCCESSFUL", record.statusReason);
        }
        store.changed();
    }

    /** Neither start nor stop is allowed by the percentages. */
    private void sayStuck(Service service, Deployment primary) {
        List<Task> wanted = store.tasks(service).stream().filter(Task::isWanted).toList();
        boolean none = wanted.stream().noneMatch(t -> primary.id.equals(t.deployment));
        boolean full = wanted.size() >= upper(service);
        if (primary.inProgress()
                && !primary.saidStuck
                && none
                && full
                && service.desiredCount > 0
                && wanted.stream().allMatch(this::isHealthy)) {
            primary.saidStuck = true;
            service.event(
                    "was unable to stop or start tasks during a deployment because of the service"
                            + " deployment configuration. Update the minimumHealthyPercent or"
                            + " maximumPercent value and try again.");
            store.changed();
        }
    }

    private static long upper(Service service) {
        return (long) Math.floor(service.desiredCount * service.maximumPercent() / HUNDRED);
    }

    private boolean isHealthy(Task task) {
        if (!task.isRunning() || !task.isWanted()) {
            return false;
        }
        boolean containers = !task.hasHealthCheck() || task.health().equals("HEALTHY");
        if (!task.targets.isEmpty()) {
            return containers
                    && task.targets.entrySet().stream()
                            .allMatch(
                                    t -> targetGroups.health(t.getKey(), t.getValue()).isHealthy());
        }
        return task.hasHealthCheck()
                ? containers
                : System.currentTimeMillis() - task.startedAt >= settleMillis;
    }

    /** Why a running task must be replaced; null where it needn't. */
    private String complaint(Service service, Task task) {
        boolean grace =
                System.currentTimeMillis() < task.startedAt + service.graceSeconds() * MILLIS;
        if (!task.isRunning() || grace) {
            return null;
        }
        if (task.hasHealthCheck() && task.health().equals("UNHEALTHY")) {
            return "Task failed container health checks";
        }
        for (Map.Entry<String, Target> target : task.targets.entrySet()) {
            if (targetGroups.health(target.getKey(), target.getValue()).isUnhealthy()) {
                return "Task failed ELB health checks in (target-group " + target.getKey() + ")";
            }
        }
        return null;
    }

    @Override
    public void running(Task task) {
        Service service = service(task);
        if (service == null) {
            return;
        }
        for (JsonNode balancer : service.loadBalancers()) {
            String group = balancer.path("targetGroupArn").asText();
            TaskContainer container = task.container(balancer.path("containerName").asText());
            int port =
                    container == null
                            ? 0
                            : container.hostPort(balancer.path("containerPort").asInt());
            if (port == 0 || !targetGroups.exists(group)) {
                service.event(
                        "failed to register targets in (target-group "
                                + group
                                + ") with (error One or more target groups not found)");
                continue;
            }
            Target target = new Target("127.0.0.1", port);
            task.targets.put(group, target);
            targetGroups.register(group, target);
            service.event("registered 1 targets in (target-group " + group + ")");
        }
        store.changed();
    }

    @Override
    public void stopped(Task task) {
        Service service = service(task);
        if (service == null) {
            return;
        }
        Deployment deployment = service.deployment(task.deployment);
        if (deployment == null || task.stopCode.equals("ServiceSchedulerInitiated")) {
            return;
        }
        boolean neverRan = task.startedAt == 0;
        if (neverRan) {
            backOff(service, deployment, task);
        } else {
            deployment.notBefore = System.currentTimeMillis() + PACE_MILLIS;
        }
        if (!task.wasHealthy && !task.stopCode.equals("UserInitiated")) {
            countFailure(service, deployment);
        }
        service.steady = false;
        store.changed();
    }

    private static void backOff(Service service, Deployment deployment, Task task) {
        boolean first = deployment.backOffMillis == 0;
        deployment.backOffMillis =
                first
                        ? FIRST_BACK_OFF_MILLIS
                        : Math.min(MAX_BACK_OFF_MILLIS, deployment.backOffMillis * 2);
        deployment.notBefore = System.currentTimeMillis() + deployment.backOffMillis;
        String reason =
                task.containers.stream()
                        .filter(c -> c.reason != null)
                        .map(c -> c.reason)
                        .findFirst()
                        .orElse(task.stoppedReason);
        service.event("was unable to place a task. Reason: " + reason);
        if (deployment.backOffMillis > CONSISTENT_BACK_OFF_MILLIS) {
            service.event("is unable to consistently start tasks successfully.");
        }
    }

    private void countFailure(Service service, Deployment deployment) {
        if (!deployment.isPrimary() || !deployment.inProgress()) {
            return;
        }
        deployment.failedTasks++;
        CircuitBreaker breaker = CircuitBreaker.of(service);
        ServiceDeployment record = service.record(deployment.serviceDeploymentArn);
        boolean rollingBack = record != null && record.rollbackRevision != null;
        if (record != null && !rollingBack) {
            record.failures = deployment.failedTasks;
            record.threshold = breaker.threshold();
        }
        store.changed();
        if (breaker.trips(deployment.failedTasks)) {
            fail(service, deployment, breaker, record, rollingBack);
        }
    }

    private void fail(
            Service service,
            Deployment deployment,
            CircuitBreaker breaker,
            ServiceDeployment record,
            boolean rollingBack) {
        deployment.rollout("FAILED", "ECS deployment circuit breaker: tasks failed to start.");
        service.event(
                "(deployment " + deployment.id + ") deployment failed: tasks failed to start.");
        if (record != null) {
            record.breaker = "TRIGGERED";
        }
        String reason =
                "Service deployment rolled back because the circuit breaker threshold was"
                        + " exceeded.";
        if (rollingBack) {
            record.finish("ROLLBACK_FAILED", record.statusReason);
        } else if (!breaker.rollback() || !rollBack(service, deployment, reason)) {
            closeRecord(
                    service,
                    deployment,
                    "STOPPED",
                    "Service deployment stopped because the circuit breaker threshold was"
                            + " exceeded.");
        }
    }

    private Service service(Task task) {
        return task.service == null
                ? null
                : store.state().clusters.get(task.cluster).services.get(task.service);
    }
}
