package io.modeltoecs.runner.build;

import edu.umd.cs.findbugs.annotations.SuppressFBWarnings;
import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** The variable {@code currentBuild}. */
public final class CurrentBuild implements Serializable {
    private static final long serialVersionUID = 1L;

    @SuppressFBWarnings(value = "SE_BAD_FIELD", justification = "a snapshot leaves the build out")
    private final Build build;

    public CurrentBuild(Build build) {
        this.build = build;
    }

    public int getNumber() {
        return build.number();
    }

    public String getId() {
        return Integer.toString(build.number());
    }

    public String getProjectName() {
        return build.job();
    }

    public String getFullProjectName() {
        return build.job();
    }

    public String getDisplayName() {
        return build.displayName();
    }

    public void setDisplayName(String name) {
        build.setDisplayName(name);
    }

    public String getFullDisplayName() {
        return build.job() + " " + build.displayName();
    }

    public String getDescription() {
        return build.description();
    }

    public void setDescription(String description) {
        build.setDescription(description);
    }

    public String getAbsoluteUrl() {
        return build.url();
    }

    /** Null as long as nothing went wrong. */
    public String getResult() {
        return build.result();
    }

    public void setResult(String result) {
        build.worsen(result);
    }

    public String getCurrentResult() {
        return build.result() == null ? "SUCCESS" : build.result();
    }

    public long getStartTimeInMillis() {
        return build.startedAt().toEpochMilli();
    }

    /** Milliseconds. */
    public long getDuration() {
        return Duration.between(build.startedAt(), Instant.now()).toMillis();
    }

    public String getDurationString() {
        return getDuration() / 1000 + " sec and counting";
    }

    /** The build before, or null. */
    public Earlier getPreviousBuild() {
        int number = build.number() - 1;
        String result = build.home().result(build.job(), number);
        return result == null ? null : new Earlier(number, result);
    }

    /** The runner keeps no changes. */
    public List<Object> getChangeSets() {
        return List.of();
    }

    /** A build that has ended. */
    public static final class Earlier implements Serializable {
        private static final long serialVersionUID = 1L;

        private final int number;
        private final String result;

        Earlier(int number, String result) {
            this.number = number;
            this.result = result;
        }

        public int getNumber() {
            return number;
        }

        public String getResult() {
            return result;
        }

        public String getCurrentResult() {
            return result;
        }
    }
}
