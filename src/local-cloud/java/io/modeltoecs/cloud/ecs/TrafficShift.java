package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Blue/green, canary and linear deployments: all new tasks beside the old ones, then the traffic,
 * through the lifecycle stages and their hooks. All under the store's lock.
 */
final class TrafficShift {
    private static final double ALL = 100;
    private static final double LINEAR_STEP = 10;
    private static final double CANARY = 5;
    private static final int LINEAR_BAKE = 6;
    private static final int CANARY_BAKE = 10;
    private static final int HOOK_MINUTES = 1440;
    private static final long STAGE_MILLIS = TimeUnit.HOURS.toMillis(24);
    private static final long LIFE_MILLIS = TimeUnit.DAYS.toMillis(30);

    private final EcsStore store;
    private final Traffic traffic;
    private final RollingUpdate rolling;
    private final Fleet fleet;

    TrafficShift(EcsStore store, Traffic traffic, RollingUpdate rolling, Fleet fleet) {
        this.store = store;
        this.traffic = traffic;
        this.rolling = rolling;
        this.fleet = fleet;
    }

    /**
     * Takes a deployment through as many stages as it can pass now.
     *
     * @return why it fails; null where it doesn't
     */
    Failure step(Look look, Deployment green, ServiceDeployment record) {
        if (record.stage == null) {
            boolean several = look.service.deployments.size() > 2;
            boolean unserved = record.serving == null && look.service.deployments.size() > 1;
            enter(look, record, several || unserved ? Stage.RECONCILE_SERVICE : Stage.PRE_SCALE_UP);
        }
        keepTasks(look, green, record);
        Failure failure = null;
        while (failure == null && green.inProgress() && hooksLet(look, record)) {
            Stage stage = record.stage;
            failure = act(look, green, record);
            if (record.stage == stage) {
                break;
            }
        }
        return failure != null ? failure : overdue(look, record);
    }

    private Failure overdue(Look look, ServiceDeployment record) {
        Hook failed =
                record.hooks.stream()
                        .filter(h -> h.stage == record.stage && !h.waits() && !h.lets())
                        .findFirst()
                        .orElse(null);
        if (failed != null) {
            return Failure.hooks(
                    failed.stage,
                    "Lifecycle hook "
                            + failed.id
                            + (failed.isTimedOut() ? " timed out." : " was answered ROLLBACK."));
        }
        boolean waits = record.hooks.stream().anyMatch(Hook::waits);
        boolean longStage = !waits && !look.isBefore(record.stageSince + STAGE_MILLIS);
        boolean longLife = !look.isBefore(record.createdAt + LIFE_MILLIS);
        return longStage || longLife ? Failure.tooLong(record.stage) : null;
    }

    private void keepTasks(Look look, Deployment green, ServiceDeployment record) {
        Service service = look.service;
        if (record.stage.compareTo(Stage.CLEAN_UP) < 0) {
            for (Deployment other : service.deployments) {
                if (other != green && service.wanted(other) > 0) {
                    rolling.keep(look, other);
                }
            }
        }
        if (record.stage.compareTo(Stage.SCALE_UP) >= 0) {
            rolling.keep(look, green);
        }
    }

    private void enter(Look look, ServiceDeployment record, Stage stage) {
        record.stage = stage;
        record.stageSince = look.now;
        record.bakeUntil = 0;
        record.updatedAt = look.now;
        for (JsonNode settings : record.configuration.path("lifecycleHooks")) {
            if (Clusters.texts(settings.path("lifecycleStages")).contains(stage.name())) {
                JsonNode timeout = settings.path("timeoutConfiguration");
                Hook hook = new Hook();
                hook.id = UUID.randomUUID().toString();
                hook.stage = stage;
                hook.timeoutAction = timeout.path("action").asText("ROLLBACK");
                hook.expiresAt =
                        look.now
                                + TimeUnit.MINUTES.toMillis(
                                        timeout.path("timeoutInMinutes").asInt(HOOK_MINUTES));
                record.hooks.add(hook);
            }
        }
        store.changed(look.service);
    }

    /** Whether all hooks of the stage are answered, and let the deployment go on. */
    private boolean hooksLet(Look look, ServiceDeployment record) {
        List<Hook> hooks = record.hooks.stream().filter(h -> h.stage == record.stage).toList();
        for (Hook hook : hooks) {
            if (hook.waits() && !look.isBefore(hook.expiresAt)) {
                hook.status = Hook.TIMED_OUT;
                store.changed(look.service);
            }
        }
        return hooks.stream().allMatch(Hook::lets);
    }

    /** Does what the stage is for, and enters the next one when that is done. */
    private Failure act(Look look, Deployment green, ServiceDeployment record) {
        Service service = look.service;
        ServiceRevision revision = service.revision(green);
        boolean again = false;
        String wrong = null;
        switch (record.stage) {
            case RECONCILE_SERVICE -> {
                if (!reconcile(look, green, record)) {
                    return null;
                }
            }
            case PRE_SCALE_UP ->
                    // A target group without a listener has no health: both get one.
                    wrong = traffic.production(revision, record.serving == null ? ALL : 0);
            case SCALE_UP -> {
                if (!rolling.isComplete(look, green)) {
                    return null;
                }
            }
            case TEST_TRAFFIC_SHIFT -> {
                wrong = traffic.test(revision, ALL);
                record.testPercent = ALL;
            }
            case PRODUCTION_TRAFFIC_SHIFT -> {
                if (record.bakeUntil == 0) {
                    record.productionPercent = nextPercent(record);
                    wrong = traffic.production(revision, record.productionPercent);
                    record.bakeUntil = look.now + stepBakeMillis(record);
                    store.changed(service);
                }
                if (record.productionPercent < ALL) {
                    if (look.isBefore(record.bakeUntil)) {
                        return failure(wrong);
                    }
                    again = true;
                }
            }
            case BAKE_TIME -> {
                if (look.isBefore(
                        record.stageSince
                                + minutes(record.configuration.path("bakeTimeInMinutes"), 0))) {
                    return null;
                }
            }
            case CLEAN_UP -> {
                fleet.stop(look, look.wanted().stream().filter(t -> !t.isOf(green)).toList());
                return null;
            }
            default -> {
                // Only its hooks.
            }
        }
        if (wrong == null) {
            enter(look, record, again ? Stage.PRE_PRODUCTION_TRAFFIC_SHIFT : record.stage.next());
        }
        return failure(wrong);
    }

    private static Failure failure(String wrong) {
        return wrong == null ? null : Failure.network(wrong);
    }

    /** Leaves only the revision that has the production traffic. */
    private boolean reconcile(Look look, Deployment green, ServiceDeployment record) {
        Service service = look.service;
        for (Deployment other : service.deployments) {
            if (other.revisionArn.equals(record.serving)) {
                traffic.production(service.revision(other), ALL);
                traffic.test(service.revision(other), ALL);
            }
        }
        List<Task> extra =
                look.wanted().stream()
                        .filter(t -> !t.isOf(green))
                        .filter(t -> !isServing(service, record, t))
                        .toList();
        fleet.stop(look, extra);
        return look.tasks.stream()
                .filter(t -> !t.isOf(green) && !isServing(service, record, t))
                .allMatch(Task::hasStopped);
    }

    private static boolean isServing(Service service, ServiceDeployment record, Task task) {
        return service.deployments.stream()
                .anyMatch(d -> task.isOf(d) && d.revisionArn.equals(record.serving));
    }

    private static double nextPercent(ServiceDeployment record) {
        JsonNode configuration = record.configuration;
        if (record.serving == null) {
            return ALL;
        }
        return switch (configuration.path("strategy").asText()) {
            case "CANARY" ->
                    record.productionPercent > 0
                            ? ALL
                            : configuration
                                    .at("/canaryConfiguration/canaryPercent")
                                    .asDouble(CANARY);
            case "LINEAR" ->
                    Math.min(
                            ALL,
                            record.productionPercent
                                    + configuration
                                            .at("/linearConfiguration/stepPercent")
                                            .asDouble(LINEAR_STEP));
            default -> ALL;
        };
    }

    private static long stepBakeMillis(ServiceDeployment record) {
        JsonNode configuration = record.configuration;
        return configuration.path("strategy").asText().equals("CANARY")
                ? minutes(
                        configuration.at("/canaryConfiguration/canaryBakeTimeInMinutes"),
                        CANARY_BAKE)
                : minutes(
                        configuration.at("/linearConfiguration/stepBakeTimeInMinutes"),
                        LINEAR_BAKE);
    }

    private static long minutes(JsonNode value, int otherwise) {
        return TimeUnit.MINUTES.toMillis(value.asInt(otherwise));
    }

    /** Gives all traffic back to the revision that had it before. */
    void undo(Look look, ServiceDeployment record, ServiceRevision good) {
        traffic.production(good, ALL);
        traffic.test(good, ALL);
        record.productionPercent = 0;
        record.testPercent = 0;
        for (Hook hook : record.hooks) {
            if (hook.waits()) {
                hook.status = Hook.FAILED;
            }
        }
        store.changed(look.service);
    }
}
