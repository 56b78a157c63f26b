package io.modeltoecs.engine.model;

import io.modeltoecs.engine.pickle.PickledModel;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * What {@link Workplace#inspect} found. JSON is handed on as it was read: the publisher parses it.
 *
 * @param files the artifact's files, in the order of their paths
 * @param metrics text of the metrics file, or null
 * @param environment interpreter and libraries as JSON, or null where no Python is to be found
 * @param imports what loading the artifact imports, as {@code module.name}, sorted
 * @param model what the artifact shows of the model in it, or null
 * @param git url, commit, branch and whether something is uncommitted, or empty outside git
 */
public record Inspection(
        List<ModelFile> files,
        String metrics,
        String environment,
        List<String> imports,
        PickledModel model,
        Map<String, Object> git)
        implements Serializable {

    /**
     * One file of the artifact.
     *
     * @param path relative to the current directory, with slashes
     * @param sha256 of the whole file, as hex digits
     * @param partMd5s the MD5 of each part that {@link Parts} cuts the file into, in base64: what
     *     S3 checks a part against
     */
    public record ModelFile(String path, String sha256, long bytes, List<String> partMd5s)
            implements Serializable {}
}
