package io.modeltoecs.engine.model;

import java.io.IOException;

/**
 * The workplace can't be reached now, but may be later: what was asked of it is to be asked again.
 */
public final class WorkplaceLostException extends IOException {
    private static final long serialVersionUID = 1L;

    public WorkplaceLostException(Throwable cause) {
        super(cause);
    }
}
