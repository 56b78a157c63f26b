package io.modeltoecs.cloud;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Waits for what takes a while. The limit is far above what it should take. */
final class Eventually {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final long POLL_MILLIS = 200;

    private Eventually() {}

    /** Asks until the answer is as expected. */
    static <T> T eventually(Supplier<T> ask, Predicate<T> expected) {
        Instant end = Instant.now().plus(LIMIT);
        T answer = ask.get();
        while (!expected.test(answer)) {
            if (Instant.now().isAfter(end)) {
                throw new AssertionError("not within " + LIMIT.toSeconds() + " s: " + answer);
            }
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
            answer = ask.get();
        }
        return answer;
    }
}
