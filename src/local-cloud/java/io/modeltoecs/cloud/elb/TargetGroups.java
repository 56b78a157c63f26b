package io.modeltoecs.cloud.elb;

import io.undertow.server.HttpHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** The targets of all target groups: their health, and the traffic that they get. */
public final class TargetGroups implements Targets, AutoCloseable {
    private static final int THREADS = 8;

    private final ScheduledExecutorService checks = Executors.newScheduledThreadPool(THREADS);
    private final Map<String, TargetGroup> groups = new LinkedHashMap<>();
    private final Map<String, Map<Target, Registration>> targets = new HashMap<>();
    private final Map<String, TargetRouter> routers = new HashMap<>();
    private final Set<String> inUse = new HashSet<>();

    private static final class Registration {
        HealthCheck check;
        ScheduledFuture<?> schedule;
        boolean draining;
    }

    synchronized void add(TargetGroup group) {
        groups.put(group.arn, group);
        targets.computeIfAbsent(group.arn, a -> new LinkedHashMap<>());
        routers.computeIfAbsent(group.arn, a -> new TargetRouter());
    }

    synchronized void remove(String arn) {
        groups.remove(arn);
        targets.getOrDefault(arn, Map.of()).values().forEach(r -> r.schedule.cancel(true));
        targets.remove(arn);
        routers.remove(arn);
    }

    /** Which groups have a listener: targets of others are unused and not checked by ELB. */
    synchronized void setInUse(Set<String> arns) {
        inUse.clear();
        inUse.addAll(arns);
    }

    synchronized HttpHandler handler(String arn) {
        return routers.get(arn).handler();
    }

    @Override
    public synchronized boolean exists(String arn) {
        return groups.containsKey(arn);
    }

    @Override
    public synchronized boolean isInUse(String arn) {
        return inUse.contains(arn);
    }

    @Override
    public synchronized int deregistrationDelay(String arn) {
        return groups.containsKey(arn) ? groups.get(arn).deregistrationDelaySeconds() : 0;
    }

    @Override
    public synchronized void register(String arn, Target target, Runnable onChange) {
        TargetGroup group = groups.get(arn);
        if (group == null) {
            throw new IllegalArgumentException("There is no target group " + arn);
        }
        forget(arn, target);
        Registration registration = new Registration();
        registration.check = new HealthCheck(group, target);
        registration.schedule =
                checks.scheduleWithFixedDelay(
                        () -> check(arn, target, registration, onChange),
                        0,
                        group.intervalSeconds,
                        TimeUnit.SECONDS);
        targets.get(arn).put(target, registration);
    }

    private void check(String arn, Target target, Registration registration, Runnable onChange) {
        TargetHealth before = registration.check.health();
        registration.check.run();
        synchronized (this) {
            // It may have been taken out meanwhile.
            if (targets.getOrDefault(arn, Map.of()).get(target) == registration
                    && !registration.draining) {
                routers.get(arn).route(target, registration.check.health().isHealthy());
            }
        }
        if (!before.equals(registration.check.health())) {
            onChange.run();
        }
    }

    /** From now on a target's checks fail, whatever it answers. */
    public synchronized void failChecks(String arn, Target target) {
        Registration registration = targets.getOrDefault(arn, Map.of()).get(target);
        if (registration != null) {
            registration.check.failFromNow();
        }
    }

    @Override
    public synchronized void drain(String arn, Target target) {
        Registration registration = targets.getOrDefault(arn, Map.of()).get(target);
        if (registration != null) {
            registration.draining = true;
            registration.schedule.cancel(false);
            routers.get(arn).route(target, false);
        }
    }

    @Override
    public synchronized void forget(String arn, Target target) {
        Registration registration = targets.getOrDefault(arn, new HashMap<>()).remove(target);
        if (registration != null) {
            registration.schedule.cancel(false);
            routers.get(arn).route(target, false);
        }
    }

    @Override
    public synchronized TargetHealth health(String arn, Target target) {
        Registration registration = targets.getOrDefault(arn, Map.of()).get(target);
        if (registration == null) {
            return TargetHealth.NOT_REGISTERED;
        }
        if (registration.draining) {
            return TargetHealth.DRAINING;
        }
        return inUse.contains(arn) ? registration.check.health() : TargetHealth.UNUSED;
    }

    synchronized List<Target> targets(String arn) {
        return new ArrayList<>(targets.getOrDefault(arn, Map.of()).keySet());
    }

    @Override
    public void close() {
        checks.shutdownNow();
    }
}
