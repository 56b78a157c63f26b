package io.modeltoecs.cloud.cloudwatch;

import io.modeltoecs.cloud.state.StateFile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** CloudWatch alarms. Their states change by SetAlarmState alone: nothing is measured here. */
public final class Alarms {
    private final StateFile file;
    private final State state;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    private static final class State {
        Map<String, Alarm> alarms = new TreeMap<>();
    }

    public Alarms(StateFile file) {
        this.file = file;
        this.state = file.load(State.class, State::new);
    }

    /** What is called, without a lock, after an alarm's state was set. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Those of the named alarms that are in the state ALARM. */
    public synchronized List<String> triggered(Collection<String> names) {
        return names.stream()
                .filter(n -> state.alarms.containsKey(n))
                .filter(n -> state.alarms.get(n).state.equals("ALARM"))
                .toList();
    }

    /** Those of some names that no alarm has. */
    public synchronized List<String> unknown(Collection<String> names) {
        return names.stream().filter(n -> !state.alarms.containsKey(n)).toList();
    }

    /** How long a deployment is watched by alarms: the longest time that one of them looks at. */
    public synchronized long bakeMillis(Collection<String> names) {
        return names.stream()
                .filter(n -> state.alarms.containsKey(n))
                .map(state.alarms::get)
                .mapToLong(a -> TimeUnit.SECONDS.toMillis((long) a.period * a.evaluationPeriods))
                .max()
                .orElse(0);
    }

    synchronized List<Alarm> all() {
        return new ArrayList<>(state.alarms.values());
    }

    synchronized void put(Alarm alarm) {
        Alarm old = state.alarms.get(alarm.name);
        if (old != null) {
            alarm.state = old.state;
            alarm.reason = old.reason;
            alarm.stateSince = old.stateSince;
        }
        state.alarms.put(alarm.name, alarm);
        file.save(state);
    }

    /**
     * Sets an alarm's state.
     *
     * @return whether there is such an alarm
     */
    boolean set(String name, String newState, String reason) {
        synchronized (this) {
            Alarm alarm = state.alarms.get(name);
            if (alarm == null) {
                return false;
            }
            alarm.state = newState;
            alarm.reason = reason;
            alarm.stateSince = System.currentTimeMillis();
            file.save(state);
        }
        listeners.forEach(Runnable::run);
        return true;
    }

    synchronized void delete(Collection<String> names) {
        names.forEach(state.alarms::remove);
        file.save(state);
    }
}
