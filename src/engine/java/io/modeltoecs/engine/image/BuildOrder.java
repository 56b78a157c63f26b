package io.modeltoecs.engine.image;

import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * What an {@link ImageWorkplace} is to build, checked and complete: it names no AWS service and
 * holds no secret. All paths are relative to the current directory.
 *
 * @param registry host and port of the registry that the image goes to, after {@code http://} for
 *     one without TLS
 * @param repository the repository in that registry, with the registry's path prefix
 * @param base the base image, as it was given; null where a Dockerfile names its own
 * @param platforms {@code linux/amd64}, {@code linux/arm64} or both
 * @param app folder of the application
 * @param include patterns of files under {@code app} that the image takes although git doesn't
 *     track them
 * @param requirements requirements file, or null
 * @param model what the model needs, or null
 * @param allow imports allowed beside the shipped list
 * @param dockerfile the Dockerfile to build, or null to build without one
 * @param buildArgs build arguments of the Dockerfile
 * @param tags tags to give, or empty for the commit and the build
 * @param labels the user's labels
 * @param port the port that the container listens on
 * @param immutable whether a tag that names other content is an error
 * @param build number of the build
 * @param sbom whether to attach a bill of materials and the provenance
 * @param builder what runs the build, as a URI
 * @param runtime files of the serving runtime by their path below its folder
 */
public record BuildOrder(
        String registry,
        String repository,
        String base,
        List<String> platforms,
        String app,
        List<String> include,
        String requirements,
        ModelNeeds model,
        List<String> allow,
        String dockerfile,
        Map<String, String> buildArgs,
        List<String> tags,
        Map<String, String> labels,
        int port,
        boolean immutable,
        int build,
        boolean sbom,
        String builder,
        Map<String, byte[]> runtime)
        implements Serializable {

    /**
     * What an image that serves a model must have.
     *
     * @param name the model, as {@code iris@20261123T101500Z-1a2b3c4d}
     * @param python version of the Python that made it, as {@code 3.11.7}
     * @param libraries all distributions that were installed where it was made, by name
     * @param imports names of those that its artifact imports
     */
    public record ModelNeeds(
            String name, String python, Map<String, String> libraries, List<String> imports)
            implements Serializable {}
}
