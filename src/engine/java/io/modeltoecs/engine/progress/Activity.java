package io.modeltoecs.engine.progress;

import java.time.Duration;

/**
 * One thing that takes time and has an amount, such as an upload: says how far it is every few
 * seconds and how long it took at its end. Nothing is said of what ends at once, but the end.
 */
public final class Activity {
    private static final Duration EVERY = Duration.ofSeconds(5);

    private final Progress progress;
    private final String what;
    private final long totalBytes;
    private final long startedAt = System.nanoTime();
    private long saidAt = startedAt;
    private long doneBytes;

    /**
     * @param what what is done, as {@code upload model.pkl}
     * @param totalBytes how much there is to do, or 0 where that isn't known
     */
    public Activity(Progress progress, String what, long totalBytes) {
        this.progress = progress;
        this.what = what;
        this.totalBytes = totalBytes;
    }

    /** Counts bytes that are done since the last call. */
    public synchronized void done(long bytes) {
        doneBytes += bytes;
        long now = System.nanoTime();
        if (now - saidAt >= EVERY.toNanos()) {
            saidAt = now;
            progress.say("%s: %s, %s".formatted(what, amount(), Amounts.seconds(elapsed())));
        }
    }

    /** Says that all is done, with the amount and the time it took. */
    public synchronized void end() {
        progress.say(
                "%s: %s in %s"
                        .formatted(what, Amounts.bytes(doneBytes), Amounts.seconds(elapsed())));
    }

    /** Time since the start. */
    public Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startedAt);
    }

    private String amount() {
        return totalBytes > 0
                ? "%s of %s (%d%%)"
                        .formatted(
                                Amounts.bytes(doneBytes),
                                Amounts.bytes(totalBytes),
                                100 * doneBytes / totalBytes)
                : Amounts.bytes(doneBytes);
    }
}
