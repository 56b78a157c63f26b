package io.modeltoecs.engine.progress;

import java.time.Duration;

/**
 * One thing that takes time and has an amount, such as an upload: says every few seconds how far it
 * is, how fast it goes and what remains, and how long it took at its end. Nothing is said of what
 * ends at once, but the end.
 */
public final class Activity {
    private static final Duration EVERY = Duration.ofSeconds(5);

    private final Progress progress;
    private final String what;
    private final long totalBytes;
    private final long startedAt;
    private long saidAt = System.nanoTime();
    private long doneBytes;

    /**
     * @param what what is done, as {@code upload model.pkl}
     * @param totalBytes how much there is to do, or 0 where that isn't known
     */
    public Activity(Progress progress, String what, long totalBytes) {
        this(progress, what, totalBytes, 0, Duration.ZERO);
    }

    /**
     * Goes on with something that was begun elsewhere.
     *
     * @param doneBytes how much of it is done
     * @param elapsed how long that took
     */
    public Activity(
            Progress progress, String what, long totalBytes, long doneBytes, Duration elapsed) {
        this.progress = progress;
        this.what = what;
        this.totalBytes = totalBytes;
        this.doneBytes = doneBytes;
        startedAt = System.nanoTime() - elapsed.toNanos();
    }

    /** Counts bytes that are done since the last call. */
    public synchronized void done(long bytes) {
        doneBytes += bytes;
        long now = System.nanoTime();
        if (now - saidAt >= EVERY.toNanos()) {
            saidAt = now;
            progress.say("%s: %s, %s".formatted(what, amount(), pace()));
        }
    }

    /** Says that all is done, with the amount and the time it took. */
    public synchronized void end() {
        progress.say(
                "%s: %s in %s (%s/s)"
                        .formatted(
                                what,
                                Amounts.bytes(doneBytes),
                                Amounts.seconds(elapsed()),
                                Amounts.bytes(bytesPerSecond())));
    }

    /** Time since the start. */
    public Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startedAt);
    }

    /** How much there is to do. */
    public long totalBytes() {
        return totalBytes;
    }

    /** How much is done. */
    public synchronized long doneBytes() {
        return doneBytes;
    }

    private long bytesPerSecond() {
        return (long) (doneBytes / Math.max(0.001, elapsed().toMillis() / 1000.0));
    }

    private String pace() {
        long rate = bytesPerSecond();
        String left =
                totalBytes > 0 && rate > 0
                        ? ", %s left"
                                .formatted(
                                        Amounts.seconds(
                                                Duration.ofSeconds(
                                                        (totalBytes - doneBytes) / rate)))
                        : "";
        return Amounts.bytes(rate) + "/s" + left;
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
