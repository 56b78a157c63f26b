package io.modeltoecs.engine.model;

import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * What {@link Workplace#inspect} found.
 *
 * @param metrics the metrics file as parsed, or empty
 * @param libraries distributions of the environment, by name
 */
public record Inspection(
        List<ModelFile> files,
        Map<String, Object> metrics,
        String python,
        Map<String, String> libraries,
        List<String> imports,
        List<String> importDistributions,
        Map<String, Object> git)
        implements Serializable {

    /**
     * One file of the artifact.
     *
     * @param path relative to the current directory, with slashes
     */
    public record ModelFile(String path, String sha256, long bytes) implements Serializable {}
}
