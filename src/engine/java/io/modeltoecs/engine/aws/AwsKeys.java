package io.modeltoecs.engine.aws;

/**
 * AWS keys that a step was given. They are never written to a log, a file or a command line.
 *
 * @param sessionToken of temporary keys, or null
 */
public record AwsKeys(String accessKeyId, String secretAccessKey, String sessionToken) {
    @Override
    public String toString() {
        return "AwsKeys[" + accessKeyId + "]";
    }
}
