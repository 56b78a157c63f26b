package io.modeltoecs.cloud.faults;

import java.util.Locale;

/** Why pulls fail, as a request names it. */
enum PullReason {
    NOT_FOUND(
            "pull image manifest has been retried 1 time(s): failed to resolve ref %1$s: %1$s:"
                    + " not found"),
    DENIED(
            "The task can’t pull the image. Check that the role has the permissions to pull"
                    + " images from the registry."),
    NETWORK(
            "The task cannot pull ‘%1$s’ from the Amazon ECR repository. There is a connection"
                    + " issue between the task and Amazon ECR. Check your task network"
                    + " configuration."),
    RATE_LIMIT(
            "pull image manifest has been retried 5 time(s): toomanyrequests: You have reached"
                    + " your pull rate limit."),
    NO_SPACE("failed to register layer: write %1$s: no space left on device");

    private final String format;

    PullReason(String format) {
        this.format = format;
    }

    static PullReason of(String text) {
        for (PullReason reason : values()) {
            if (reason.toString().equals(text)) {
                return reason;
            }
        }
        return NOT_FOUND;
    }

    String text(String image) {
        return String.format(format, image);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
