package io.modeltoecs.engine.model;

import java.io.Serializable;
import java.util.Map;

/**
 * A part of a file that is to be sent, to an URL that is signed for just that part.
 *
 * @param path the file, relative to the current directory
 * @param headers request headers that the signature covers
 */
public record PartOrder(
        String path, long offset, long bytes, String url, Map<String, String> headers)
        implements Serializable {}
