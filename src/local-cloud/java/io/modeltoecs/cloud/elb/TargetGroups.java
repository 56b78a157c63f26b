package io.modeltoecs.cloud.elb;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
    private final Map<String, Receivers> receivers = new ConcurrentHashMap<>();
    private final Set<String> inUse = new HashSet<>();
    private volatile Runnable onConnectionEnd = () -> {};

    private static final class Registration {
        HealthCheck check;
        ScheduledFuture<?> schedule;
        boolean draining;
    }

    /**
     * Who knows whether targets are still there looks when a connection to one ends or isn't taken.
     */
    public void onConnectionEnd(Runnable look) {
        onConnectionEnd = look;
    }

    void connectionEnded() {
        onConnectionEnd.run();
    }

    synchronized void add(TargetGroup group) {
        groups.put(group.arn, group);
        targets.computeIfAbsent(group.arn, a -> new LinkedHashMap<>());
        receivers.computeIfAbsent(group.arn, a -> new Receivers());
    }

    synchronized void remove(String arn) {
        groups.remove(arn);
        targets.getOrDefault(arn, Map.of()).values().forEach(r -> r.schedule.cancel(true));
        targets.remove(arn);
        receivers.remove(arn);
    }

    /** Which groups have a listener: targets of others are unused and not checked by ELB. */
    synchronized void setInUse(Set<String> arns) {
        inUse.clear();
        inUse.addAll(arns);
    }

    /** The target that a request goes to; empty where there is none. */
    Optional<Target> next(String arn) {
        Receivers all = receivers.get(arn);
        return all == null ? Optional.empty() : all.next();
    }

    /** Healthy targets get requests; where none is healthy, all that are known to be unhealthy. */
    private void updateReceivers(String arn) {
        List<Target> healthy = new ArrayList<>();
        List<Target> unhealthy = new ArrayList<>();
        targets.get(arn)
                .forEach(
                        (target, registration) -> {
                            if (registration.draining) {
                                return;
                            }
                            TargetHealth health = registration.check.health();
                            if (health.isHealthy()) {
                                healthy.add(target);
                            } else if (health.isUnhealthy()) {
                                unhealthy.add(target);
                            }
                        });
        receivers.get(arn).set(healthy.isEmpty() ? unhealthy : healthy);
    }

    synchronized boolean isRegistered(String arn, Target target) {
        return targets.getOrDefault(arn, Map.of()).containsKey(target);
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
            if (targets.getOrDefault(arn, Map.of()).get(target) == registration) {
                updateReceivers(arn);
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
            updateReceivers(arn);
        }
    }

    @Override
    public synchronized void forget(String arn, Target target) {
        Registration registration = targets.getOrDefault(arn, new HashMap<>()).remove(target);
        if (registration != null) {
            registration.schedule.cancel(false);
            updateReceivers(arn);
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
