package io.modeltoecs.cloud.faults;

/**
 * What befalls a running task now.
 *
 * @param what how it goes wrong
 * @param container the container's name; empty: the first essential one
 * @param exitCode what the container ends with, where it exits
 */
public record TaskFault(What what, String container, int exitCode) {
    /** How a running task goes wrong. */
    public enum What {
        EXITS,
        HANGS,
        OUT_OF_MEMORY,
        UNHEALTHY,
        VANISHES
    }
}
