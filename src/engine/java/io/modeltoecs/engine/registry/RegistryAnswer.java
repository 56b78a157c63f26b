package io.modeltoecs.engine.registry;

import java.io.IOException;

/** An answer of a registry that isn't what was hoped for. */
final class RegistryAnswer extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String content;
    private final long retryAfterSeconds;

    /**
     * @param content its body, or the beginning of it
     * @param retryAfterSeconds what its Retry-After says, or -1
     */
    RegistryAnswer(int status, String content, long retryAfterSeconds) {
        super("it answers " + status);
        this.status = status;
        this.content = content;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    int status() {
        return status;
    }

    /** Whether the same request may have another answer later. */
    boolean mayPass() {
        return status == 408 || status == 429 || status >= 500;
    }

    String content() {
        return content;
    }

    long retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
