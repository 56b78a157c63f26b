package io.modeltoecs.cloud.engine;

/** What docker or podman said when it refused. */
public final class EngineException extends RuntimeException {
    public EngineException(String message) {
        super(message, null, false, false);
    }
}
