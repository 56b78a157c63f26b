package io.modeltoecs.engine.progress;

import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them in a log. */
public final class Amounts {
    private static final String[] UNITS = {"kB", "MB", "GB", "TB"};

    private Amounts() {}

    /** A number of bytes in decimal units, as {@code 12 B}, {@code 3.4 kB} or {@code 1.2 GB}. */
    public static String bytes(long bytes) {
        if (bytes < 1000) {
            return bytes + " B";
        }
        double value = bytes / 1000.0;
        int unit = 0;
        while (value >= 999.95 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }

    /** A duration, as {@code 0.4 s}, {@code 12 s} or {@code 3 min 05 s}. */
    public static String seconds(Duration duration) {
        double seconds = duration.toMillis() / 1000.0;
        if (seconds < 9.95) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 60
                ? whole + " s"
                : String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60);
    }
}
