package io.modeltoecs.engine.options;

import java.io.Serializable;
import java.time.Instant;

/**
 * The build that runs a step, as model.json, image labels and aliases record it.
 *
 * @param job full name of the job
 * @param number the build's number
 * @param url where the build can be looked at, or null
 * @param startedAt when it started on its controller: the order in which aliases move
 */
public record BuildInfo(String job, int number, String url, Instant startedAt)
        implements Serializable {}
