package io.modeltoecs.engine.model;

import java.io.Serializable;
import java.util.ArrayList;

/**
 * The next parts of an upload that are to be sent, and how far the whole upload is.
 *
 * @param parts to be sent
 * @param totalBytes of the whole upload
 * @param doneBytes of it that have been sent before
 * @param doneMillis how long that took
 */
public record SendOrder(
        ArrayList<PartOrder> parts, long totalBytes, long doneBytes, long doneMillis)
        implements Serializable {}
