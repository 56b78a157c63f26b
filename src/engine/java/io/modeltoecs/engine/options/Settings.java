package io.modeltoecs.engine.options;

import java.util.Map;

/**
 * What a call may leave out, because an administrator or the surrounding block has said it.
 *
 * @param bucket the bucket of the model store, or null
 * @param prefix the prefix of the model store
 * @param region the AWS region, or null
 * @param endpoint the endpoint of all AWS services, or null for AWS itself; never from a build's
 *     environment, except where the build's owner owns the machine too (the local runner)
 * @param base the base image of serving images, or null
 * @param environment the build's environment, for {@code ${NAME}} in spec files
 */
public record Settings(
        String bucket,
        String prefix,
        String region,
        String endpoint,
        String base,
        Map<String, String> environment) {

    /** Where the model store begins in its bucket, unless something else is said. */
    public static final String DEFAULT_PREFIX = "models";

    /**
     * Takes each value from the configuration, then from the environment.
     *
     * @param configured an administrator's values by the names of this record's components
     * @param environment the build's environment: {@code MODEL_BUCKET}, {@code MODEL_PREFIX},
     *     {@code AWS_REGION} or {@code AWS_DEFAULT_REGION}, {@code BASE_IMAGE}
     */
    public static Settings of(Map<String, String> configured, Map<String, String> environment) {
        return new Settings(
                first(configured.get("bucket"), environment.get("MODEL_BUCKET")),
                first(configured.get("prefix"), environment.get("MODEL_PREFIX"), DEFAULT_PREFIX),
                first(
                        configured.get("region"),
                        environment.get("AWS_REGION"),
                        environment.get("AWS_DEFAULT_REGION")),
                first(configured.get("endpoint")),
                first(configured.get("base"), environment.get("BASE_IMAGE")),
                Map.copyOf(environment));
    }

    private static String first(String... values) {
        for (String value : values) {
            if (value != null && !value.isBlank()) {
                return value;
            }
        }
        return null;
    }
}
