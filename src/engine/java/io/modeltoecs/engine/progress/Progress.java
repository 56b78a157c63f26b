package io.modeltoecs.engine.progress;

/**
 * The one way in which everything reports what it is doing: whole lines, as a Jenkins log holds
 * them. Implementations may be called from several threads.
 */
@FunctionalInterface
public interface Progress {

    /** Shows one line, without a line end. It must hold no secret. */
    void say(String line);
}
