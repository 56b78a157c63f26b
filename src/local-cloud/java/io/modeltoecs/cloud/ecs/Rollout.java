package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.cloudwatch.Alarms;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * The deployments of services: how one begins, what becomes of it, and where a failed one goes back
 * to. All under the store's lock; nothing here takes long.
 */
final class Rollout implements TaskRuntime.Listener, RollingUpdate.Failures {
    private static final long PACE_MILLIS = 1_000;
    private static final long REPEAT_STEADY_MILLIS = TimeUnit.HOURS.toMillis(6);

    /** The settings that belong to a revision; a change of one starts a deployment. */
    static final List<String> REVISION_SETTINGS =
            List.of(
                    "networkConfiguration",
                    "platformVersion",
                    "loadBalancers",
                    "serviceRegistries",
                    "capacityProviderStrategy",
                    "launchType",
                    "platformFamily",
                    "serviceConnectConfiguration",
                    "volumeConfigurations",
                    "vpcLatticeConfigurations");

    private final EcsStore store;
    private final TaskHealth health;
    private final Fleet fleet;
    private final Alarms alarms;
    private final RollingUpdate rolling;
    private final TrafficShift shift;

    Rollout(EcsStore store, TaskHealth health, Fleet fleet, Traffic traffic, Alarms alarms) {
        this.store = store;
        this.health = health;
        this.fleet = fleet;
        this.alarms = alarms;
        this.rolling = new RollingUpdate(store, health, fleet, this);
        this.shift = new TrafficShift(store, traffic, rolling, fleet);
    }

    /** Begins to roll out a task definition. */
    Deployment begin(Service service, ObjectNode definition) {
        long now = store.now();
        Deployment old = service.primary();
        Deployment serving = serving(service, old);
        Deployment deployment = new Deployment();
        deployment.id = "ecs-svc/" + Ids.digits();
        deployment.taskDefinition = TaskDefinitions.arn(definition);
        deployment.createdAt = now;
        deployment.shiftsTraffic = !service.strategy().equals("ROLLING");
        deployment.rollout("IN_PROGRESS", "ECS deployment " + deployment.id + " in progress.", now);
        ServiceRevision revision = revision(service, definition);
        revision.alternate =
                serving != null && deployment.shiftsTraffic != service.revision(serving).alternate;
        deployment.revisionArn = revision.arn;
        ServiceDeployment overtaken = old == null ? null : service.record(old);
        if (overtaken != null && overtaken.isOpen()) {
            overtaken.move("STOP_REQUESTED", now);
            overtaken.statusReason = "Service deployment stopped because a newer one began.";
        }
        ServiceDeployment record = new ServiceDeployment();
        record.arn =
                Arns.of("ecs", "service-deployment/" + path(service) + Ids.serviceDeployment());
        record.deploymentId = deployment.id;
        record.targetRevision = revision.arn;
        service.deployments.forEach(d -> record.sourceRevisions.add(d.revisionArn));
        record.serving = serving == null ? null : serving.revisionArn;
        record.configuration = service.settings.path("deploymentConfiguration").deepCopy();
        record.createdAt = now;
        record.updatedAt = now;
        record.breaker = CircuitBreaker.of(service).enabled() ? "MONITORING" : "DISABLED";
        if (service.alarms().path("enable").asBoolean()) {
            record.alarms = "MONITORING";
            record.ignoredAlarms.addAll(alarms.triggered(alarmNames(service)));
        }
        service.record(record);
        deployment.serviceDeploymentArn = record.arn;
        makePrimary(service, deployment);
        return deployment;
    }

    private static String path(Service service) {
        return service.cluster + "/" + service.name + "/";
    }

    private ServiceRevision revision(Service service, ObjectNode definition) {
        ServiceRevision revision = new ServiceRevision();
        revision.arn = Arns.of("ecs", "service-revision/" + path(service) + Ids.digits());
        revision.taskDefinition = TaskDefinitions.arn(definition);
        revision.createdAt = store.now();
        for (JsonNode c : definition.path("containerDefinitions")) {
            revision.images.put(c.path("name").asText(), c.path("image").asText());
        }
        for (String member : REVISION_SETTINGS) {
            if (service.settings.has(member)) {
                revision.settings.set(member, service.settings.get(member).deepCopy());
            }
        }
        service.revisions.put(revision.arn, revision);
        return revision;
    }

    /** The deployment that the production traffic is for; null where there is none. */
    private static Deployment serving(Service service, Deployment old) {
        if (old == null) {
            return null;
        }
        ServiceDeployment record = service.record(old);
        boolean rollsBack = record != null && record.rollsBack();
        if (rollsBack || !old.inProgress() && !old.failed()) {
            return old;
        }
        return service.lastCompleted == null ? null : service.deployment(service.lastCompleted.id);
    }

    private void makePrimary(Service service, Deployment deployment) {
        service.deployments.forEach(d -> d.status = "ACTIVE");
        service.deployments.remove(deployment);
        deployment.status = "PRIMARY";
        service.deployments.add(0, deployment);
        service.steadySince = 0;
        store.changed(service);
    }

    /**
     * One step of one service.
     *
     * @return when to take the next one unasked, in milliseconds; Long.MAX_VALUE for never
     */
    long step(Service service) {
        Look look = new Look(service, store.tasks(service), store.now());
        closeOvertaken(look);
        if (!service.isActive()) {
            drain(look);
            return look.again();
        }
        Deployment primary = service.primary();
        if (primary == null) {
            return look.again();
        }
        ServiceDeployment record = service.record(primary);
        open(look, primary, record);
        noteHealth(look, primary);
        if (primary.inProgress()
                && record != null
                && !record.rollsBack()
                && alarmed(service, record)) {
            fail(look, primary, Failure.alarm(service.alarms().path("rollback").asBoolean()));
            return look.now;
        }
        if (primary.inProgress() && primary.shiftsTraffic) {
            Failure failure = shift.step(look, primary, record);
            if (failure != null && primary.inProgress()) {
                fail(look, primary, failure);
                return look.now;
            }
            if (primary.inProgress() && record.stage == Stage.CLEAN_UP && othersStopped(look)) {
                complete(look, primary);
            }
        } else {
            rolling.step(look, primary);
            finish(look, primary, record);
        }
        forgetEnded(look);
        return look.again();
    }

    /** A deployment that a newer one replaced is stopped a moment later. */
    private void closeOvertaken(Look look) {
        for (ServiceDeployment record : look.service.history) {
            if (record.status.equals("STOP_REQUESTED")) {
                record.finish("STOPPED", record.statusReason, look.now);
                store.changed(look.service);
            }
        }
    }

    /** What was asked for begins; what a user wants to be stopped is stopped. */
    private void open(Look look, Deployment primary, ServiceDeployment record) {
        if (record != null && record.status.equals("PENDING")) {
            record.startedAt = look.now;
            record.move("IN_PROGRESS", look.now);
            store.changed(look.service);
        }
        if (record != null && record.status.equals("ROLLBACK_REQUESTED")) {
            fail(look, primary, Failure.stopped(true));
        }
    }

    private void drain(Look look) {
        Service service = look.service;
        if (service.status.equals("DRAINING")) {
            fleet.stop(look, look.wanted());
            if (look.tasks.stream().noneMatch(Task::isWanted)) {
                service.status = "INACTIVE";
                service.deployments.clear();
                store.changed(service);
            }
        }
    }

    private void noteHealth(Look look, Deployment primary) {
        for (Task task : look.wanted()) {
            if (!task.wasHealthy && health.isHealthy(look, task)) {
                task.wasHealthy = true;
                store.changed(task);
                if (task.isOf(primary)) {
                    primary.failedTasks = 0;
                    primary.clearBackOff();
                    if (CircuitBreaker.of(look.service).resetOnHealthyTask()) {
                        primary.breakerFailures = 0;
                        noteFailures(look.service, primary);
                    }
                    store.changed(look.service);
                }
            }
        }
    }

    private boolean alarmed(Service service, ServiceDeployment record) {
        if (!record.alarms.equals("MONITORING")) {
            return false;
        }
        Set<String> now = new TreeSet<>(alarms.triggered(alarmNames(service)));
        now.removeAll(record.ignoredAlarms);
        record.triggeredAlarms.addAll(now);
        return !now.isEmpty();
    }

    static List<String> alarmNames(Service service) {
        return Clusters.texts(service.alarms().path("alarmNames"));
    }

    private void finish(Look look, Deployment primary, ServiceDeployment record) {
        Service service = look.service;
        if (primary.failed() || !onlyPrimary(look) || !rolling.isComplete(look, primary)) {
            service.steadySince = 0;
            return;
        }
        if (primary.inProgress()) {
            boolean waits =
                    record != null
                            && (record.rollsBack()
                                    ? record.stage != null && !othersStopped(look)
                                    : bakes(look, record));
            if (waits) {
                return;
            }
            complete(look, primary);
        }
        if (service.steadySince == 0
                || !look.isBefore(service.steadySince + REPEAT_STEADY_MILLIS)) {
            service.steadySince = look.now;
            service.event("has reached a steady state.", look.now);
            look.isBefore(service.steadySince + REPEAT_STEADY_MILLIS);
            store.changed(service);
        }
    }

    private static boolean onlyPrimary(Look look) {
        Deployment primary = look.service.primary();
        return look.wanted().stream().allMatch(t -> t.isOf(primary));
    }

    private static boolean othersStopped(Look look) {
        Deployment primary = look.service.primary();
        return look.tasks.stream().allMatch(t -> t.isOf(primary) || t.hasStopped());
    }

    /** Whether all is done and only its alarms are still watched. */
    private boolean bakes(Look look, ServiceDeployment record) {
        if (record.bakeUntil == 0) {
            long minutes = record.configuration.path("bakeTimeInMinutes").asLong();
            long millis = TimeUnit.MINUTES.toMillis(minutes);
            if (record.alarms.equals("MONITORING")) {
                millis = Math.max(millis, alarms.bakeMillis(alarmNames(look.service)));
            }
            record.bakeUntil = look.now + millis;
            store.changed(look.service);
        }
        return look.isBefore(record.bakeUntil);
    }

    private void complete(Look look, Deployment primary) {
        Service service = look.service;
        primary.rollout("COMPLETED", "ECS deployment " + primary.id + " completed.", look.now);
        primary.shiftsTraffic = false;
        service.lastCompleted = primary;
        service.event("(deployment " + primary.id + ") deployment completed.", look.now);
        ServiceDeployment record = service.record(primary);
        if (record != null && record.isOpen()) {
            record.finish(
                    record.rollsBack() ? "ROLLBACK_SUCCESSFUL" : "SUCCESSFUL",
                    record.statusReason,
                    look.now);
        }
        store.changed(service);
    }

    /** A deployment leaves the list when its last task has stopped. */
    private void forgetEnded(Look look) {
        Service service = look.service;
        boolean any =
                service.deployments.removeIf(
                        d ->
                                !d.isPrimary()
                                        && look.tasks.stream()
                                                .allMatch(t -> t.hasStopped() || !t.isOf(d)));
        if (any) {
            store.changed(service);
        }
    }

    /** Ends a deployment that does not go on; goes back to the last completed one if it may. */
    private void fail(Look look, Deployment deployment, Failure failure) {
        Service service = look.service;
        ServiceDeployment record = service.record(deployment);
        deployment.rollout("FAILED", failure.state() + ".", look.now);
        if (failure.event() != null) {
            service.event(
                    "(deployment " + deployment.id + ") deployment failed: " + failure.event(),
                    look.now);
        }
        if (record == null) {
            return;
        }
        boolean wasRollback = record.status.equals("ROLLBACK_IN_PROGRESS");
        if (failure.event() != null && !wasRollback) {
            boolean alarm = !record.triggeredAlarms.isEmpty();
            record.alarms = alarm ? "TRIGGERED" : record.alarms;
            record.breaker = alarm ? record.breaker : "TRIGGERED";
        }
        if (wasRollback) {
            record.finish("ROLLBACK_FAILED", record.statusReason, look.now);
        } else if (!failure.rollback() || !rollBack(look, deployment, record, failure)) {
            record.finish(
                    "STOPPED", "Service deployment stopped because " + failure.cause(), look.now);
        }
        store.changed(service);
    }

    private boolean rollBack(
            Look look, Deployment failed, ServiceDeployment record, Failure failure) {
        Service service = look.service;
        Deployment good = service.lastCompleted;
        if (good == null || good.id.equals(failed.id)) {
            return false;
        }
        // It is no target again until it has completed again.
        service.lastCompleted = null;
        Deployment listed = service.deployment(good.id);
        Deployment again = listed == null ? good.again(look.now) : listed;
        again.forgetFailures();
        again.serviceDeploymentArn = failed.serviceDeploymentArn;
        again.rollout(
                "IN_PROGRESS",
                failure.source() + ": rolling back to deploymentId " + again.id + ".",
                look.now);
        String reason = "Service deployment rolled back because " + failure.cause();
        record.move("ROLLBACK_IN_PROGRESS", look.now);
        record.statusReason = reason;
        record.rollbackReason = reason;
        record.rollbackRevision = again.revisionArn;
        record.rollbackStartedAt = look.now;
        service.event("rolling back to deployment " + again.id + ".", look.now);
        ServiceRevision revision = service.revision(again);
        REVISION_SETTINGS.forEach(service.settings::remove);
        service.settings.setAll(revision.settings.deepCopy());
        if (failed.shiftsTraffic) {
            shift.undo(look, record, revision);
        }
        makePrimary(service, again);
        return true;
    }

    @Override
    public void running(Task task) {
        Service service = store.service(task);
        if (service != null) {
            fleet.register(service, task);
            store.changed(service);
        }
    }

    @Override
    public void resumed(Task task) {
        Service service = store.service(task);
        if (service != null) {
            fleet.resume(service, task);
            store.wake(service);
        }
    }

    @Override
    public void healthChanged(Task task) {
        Service service = store.service(task);
        if (service != null) {
            store.wake(service);
        }
    }

    @Override
    public void stopped(Task task) {
        Service service = store.service(task);
        if (service == null) {
            return;
        }
        store.changed(service);
        Deployment deployment = service.deployment(task.deployment);
        if (deployment == null || task.stopCode.equals("ServiceSchedulerInitiated")) {
            return;
        }
        Look look = new Look(service, store.tasks(service), store.now());
        if (task.startedAt == 0) {
            fleet.backOff(look, deployment, task.failure());
        } else {
            deployment.notBefore = look.now + PACE_MILLIS;
        }
        if (!task.wasHealthy && !task.stopCode.equals("UserInitiated")) {
            boolean started = task.startedAt > 0;
            boolean others = look.wanted(deployment).stream().anyMatch(Task::isRunning);
            count(look, deployment, started || !others);
        }
        service.steadySince = 0;
    }

    @Override
    public void count(Look look, Deployment deployment) {
        count(look, deployment, true);
    }

    /**
     * One more failed task.
     *
     * @param counts whether it does for the circuit breaker, to which a task that does not start is
     *     nothing once another one runs
     */
    private void count(Look look, Deployment deployment, boolean counts) {
        if (!deployment.isPrimary() || !deployment.inProgress()) {
            return;
        }
        deployment.failedTasks++;
        if (counts) {
            deployment.breakerFailures++;
        }
        noteFailures(look.service, deployment);
        store.changed(look.service);
        CircuitBreaker breaker = CircuitBreaker.of(look.service);
        if (breaker.trips(deployment.breakerFailures)) {
            fail(look, deployment, Failure.breaker(breaker.rollback()));
        }
    }

    private static void noteFailures(Service service, Deployment deployment) {
        ServiceDeployment record = service.record(deployment);
        if (record != null && record.isOpen() && !record.rollsBack()) {
            record.failures = deployment.breakerFailures;
            record.threshold = CircuitBreaker.of(service).threshold();
        }
    }
}
