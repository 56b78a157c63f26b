package io.modeltoecs.engine.deploy.ecs;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Things of one kind that several rollouts look at, each at its own pace. Who is due asks for the
 * others that are due as well, in one call, and they find the answer when they come. Nobody waits
 * here: who comes too early is told when to come again.
 *
 * @param <T> what is known of one of them
 */
final class Shared<T> {
    /** Whoever is due this soon is asked for with the others. */
    private static final long SOON = 400;

    /** While somebody else asks. */
    private static final Duration MOMENT = Duration.ofMillis(100);

    private static final Duration THROTTLED = Duration.ofSeconds(2);

    /** Who doesn't come for so long has gone. */
    private static final long GONE = 60_000;

    private final int most;
    private final Budget budget;
    private final Clock clock;
    private final Map<String, Box<T>> boxes = new HashMap<>();

    /** What is known of one thing, and who wants to know more. Times as {@link Clock#millis}. */
    private static final class Box<T> {
        T value;

        /** When the value was asked for; 0: never. */
        long asked;

        boolean asking;
        long due;
        long cameLast;
    }

    /**
     * What a look brought.
     *
     * @param value what there is, or null where it isn't there
     * @param asked when it was asked for
     * @param later when to look again where there is nothing new yet, else null
     */
    record Look<T>(T value, long asked, Duration later) {
        Optional<T> found() {
            return Optional.ofNullable(value);
        }
    }

    /**
     * @param most how many one call may ask for
     */
    Shared(int most, Budget budget, Clock clock) {
        this.most = most;
        this.budget = budget;
        this.clock = clock;
    }

    /**
     * What is new of a thing.
     *
     * @param seen when what was seen last had been asked for: see {@link Look#asked}
     * @param call asks AWS; what isn't there is missing from its answer
     */
    Look<T> look(String name, long seen, Function<List<String>, Map<String, T>> call) {
        List<String> names;
        long now;
        synchronized (this) {
            now = clock.millis();
            boxes.values().removeIf(it -> clock.millis() - it.cameLast > GONE && !it.asking);
            Box<T> box = boxes.computeIfAbsent(name, it -> new Box<>());
            box.cameLast = now;
            if (box.asked > seen) {
                return new Look<>(box.value, box.asked, null);
            }
            box.due = Math.min(box.due, now);
            if (box.asking) {
                return new Look<>(null, 0, MOMENT);
            }
            if (!budget.take()) {
                return new Look<>(null, 0, budget.until(ahead(box) / most));
            }
            names = withOthers(name, now);
        }
        return ask(name, names, now, call);
    }

    /** When to look again at something that was asked for then. */
    synchronized Duration next(String name, long asked, Duration pace) {
        Box<T> box = boxes.get(name);
        long due = asked + pace.toMillis();
        if (box != null) {
            box.due = due;
        }
        return Duration.ofMillis(Math.max(0, due - clock.millis()));
    }

    private Look<T> ask(
            String name,
            List<String> names,
            long now,
            Function<List<String>, Map<String, T>> call) {
        Map<String, T> answer = null;
        try {
            answer = call.apply(names);
            return new Look<>(answer.get(name), now, null);
        } catch (SdkException e) {
            if (e instanceof AwsServiceException refused && refused.isThrottlingException()) {
                budget.throttled(THROTTLED);
            }
            throw e;
        } finally {
            answered(names, now, answer);
        }
    }

    private synchronized void answered(List<String> names, long now, Map<String, T> answer) {
        for (String name : names) {
            Box<T> box = boxes.get(name);
            box.asking = false;
            if (answer != null) {
                box.value = answer.get(name);
                box.asked = now;
                // until it has been taken, there is no need for another one
                box.due = Long.MAX_VALUE;
            }
        }
    }

    private int ahead(Box<T> box) {
        return (int) boxes.values().stream().filter(it -> it.due < box.due).count();
    }

    private List<String> withOthers(String name, long now) {
        List<String> names = new ArrayList<>(List.of(name));
        boxes.entrySet().stream()
                .filter(it -> !it.getKey().equals(name) && !it.getValue().asking)
                .filter(it -> it.getValue().due <= now + SOON)
                .sorted(Comparator.comparingLong(it -> it.getValue().due))
                .limit(most - 1L)
                .forEach(it -> names.add(it.getKey()));
        names.forEach(it -> boxes.get(it).asking = true);
        return names;
    }
}
