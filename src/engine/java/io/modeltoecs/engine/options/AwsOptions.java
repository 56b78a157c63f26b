package io.modeltoecs.engine.options;

import io.modeltoecs.engine.StepException;
import java.util.regex.Pattern;

/**
 * The parameters that all steps share: where the models are, and how AWS is reached.
 *
 * @param bucket bucket of the model store, or null where the step doesn't touch a model
 * @param prefix key prefix of the model store, without slashes at its ends
 * @param region AWS region, or null for the SDK's default
 * @param credentialsId a stored credential with AWS keys, or null
 * @param roleArn a role to assume on top of the credentials, or null
 * @param externalId external id for that role, or null
 * @param endpoint endpoint of all AWS services, or null for AWS itself
 */
public record AwsOptions(
        String bucket,
        String prefix,
        String region,
        String credentialsId,
        String roleArn,
        String externalId,
        String endpoint) {

    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*");
    private static final Pattern REGION = Pattern.compile("[a-z]{2}(-[a-z]+)+-[0-9]");
    private static final Pattern ROLE = Pattern.compile("arn:aws[a-z-]*:iam::[0-9]{12}:role/\\S+");

    /**
     * The options of one call.
     *
     * @throws StepException if one of them is wrong
     */
    public static AwsOptions from(Arguments arguments, Settings settings) {
        if (arguments.text("externalId") != null && arguments.text("roleArn") == null) {
            throw arguments.wrong("'externalId' needs 'roleArn': the role that asks for it");
        }
        return new AwsOptions(
                arguments.matching(
                        "bucket",
                        arguments.text("bucket", settings.bucket()),
                        BUCKET,
                        "a bucket name: 3 to 63 lower-case letters, digits, dots and hyphens"),
                arguments.matching(
                        "prefix",
                        arguments.text("prefix", settings.prefix()),
                        PREFIX,
                        "a key prefix without slashes at its ends, as 'models' or 'team/models'"),
                arguments.matching(
                        "region",
                        arguments.text("region", settings.region()),
                        REGION,
                        "an AWS region, as 'eu-central-1'"),
                arguments.text("credentialsId"),
                arguments.matching(
                        "roleArn",
                        arguments.text("roleArn"),
                        ROLE,
                        "the ARN of an IAM role, as 'arn:aws:iam::123456789012:role/deploy'"),
                arguments.text("externalId"),
                arguments.url("endpoint", settings.endpoint()));
    }

    /** This, if it has a bucket. */
    AwsOptions requireBucket(Arguments arguments) {
        if (bucket == null) {
            throw arguments.wrong(
                    "no 'bucket': give the parameter, set it in the global configuration, or set"
                            + " MODEL_BUCKET");
        }
        return this;
    }
}
