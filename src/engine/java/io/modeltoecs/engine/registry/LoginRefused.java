package io.modeltoecs.engine.registry;

import io.modeltoecs.engine.StepException;

/** A registry refuses a login, or wants one. */
public final class LoginRefused extends StepException {
    private static final long serialVersionUID = 1L;

    LoginRefused(String message) {
        super(message);
    }
}
