package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;

/**
 * How an image was made, as SLSA provenance v1 in an in-toto statement. It names the job, not the
 * build: the same inputs give the same bytes. https://slsa.dev/spec/v1.0/provenance
 */
final class Provenance {
    static final String TYPE = "application/vnd.in-toto+json";
    static final String PREDICATE = "https://slsa.dev/provenance/v1";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String OURS = "urn:model-to-ecs:";

    private Provenance() {}

    /**
     * The predicate.
     *
     * @param base the base by digest, or null
     */
    static String predicate(BuildOrder order, Commit commit, String base) throws IOException {
        ObjectNode predicate = JSON.createObjectNode();
        ObjectNode definition = predicate.putObject("buildDefinition");
        definition.put("buildType", OURS + "buildServingImage:v1");
        ObjectNode parameters = definition.putObject("externalParameters");
        parameters.put("app", order.app());
        parameters.put("base", order.base());
        parameters.put("requirements", order.requirements());
        parameters.put("model", order.model() == null ? null : order.model().name());
        parameters.put("dockerfile", order.dockerfile());
        parameters.put("port", order.port());
        list(parameters.putArray("include"), order.include());
        list(parameters.putArray("allow"), order.allow());
        list(parameters.putArray("platforms"), order.platforms());
        // their values may be nobody's business
        list(parameters.putArray("buildArgs"), List.copyOf(order.buildArgs().keySet()));
        ArrayNode dependencies = definition.putArray("resolvedDependencies");
        if (commit.id().isPresent()) {
            ObjectNode source = dependencies.addObject();
            commit.source().ifPresent(url -> source.put("uri", "git+" + url));
            source.put("name", "source");
            source.putObject("digest").put("gitCommit", commit.id().get());
            if (commit.dirty()) {
                source.putObject("annotations").put("dirty", true);
            }
        }
        if (base != null) {
            int at = base.indexOf("@sha256:");
            ObjectNode image = dependencies.addObject().put("name", "base").put("uri", base);
            if (at > 0) {
                image.putObject("digest").put("sha256", base.substring(at + "@sha256:".length()));
            }
        }
        ObjectNode details = predicate.putObject("runDetails");
        details.putObject("builder").put("id", order.builder());
        details.putObject("metadata");
        return JSON.writeValueAsString(predicate);
    }

    private static void list(ArrayNode array, List<String> texts) {
        texts.stream().sorted().forEach(array::add);
    }

    /** The statement about an image. */
    static byte[] statement(String predicate, String image, String digest) throws IOException {
        ObjectNode statement =
                JSON.createObjectNode().put("_type", "https://in-toto.io/Statement/v1");
        statement
                .putArray("subject")
                .addObject()
                .put("name", image)
                .putObject("digest")
                .put("sha256", digest.replace("sha256:", ""));
        statement.put("predicateType", PREDICATE);
        statement.set("predicate", JSON.readTree(predicate));
        return JSON.writeValueAsBytes(statement);
    }
}
