package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * What S3 answered, in words that somebody can act on. <a
 * href="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html">Its error codes</a>
 */
final class S3Errors {
    private static final Set<String> BAD_KEYS =
            Set.of("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "NotSignedUp");
    private static final Set<String> EXPIRED =
            Set.of("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired");
    private static final Set<String> OTHER_REGION =
            Set.of(
                    "PermanentRedirect",
                    "TemporaryRedirect",
                    "AuthorizationHeaderMalformed",
                    "IllegalLocationConstraintException");

    private S3Errors() {}

    /** Calls S3; {@code action} and {@code uri} say what for. */
    static <T> T call(String action, String uri, Supplier<T> call) {
        try {
            return call.get();
        } catch (SdkException e) {
            throw explain(action, uri, e);
        }
    }

    /** Whether a key isn't there, as far as S3 tells: without s3:ListBucket it answers 403. */
    static boolean missing(S3Exception e) {
        return e.statusCode() == 404 && !"NoSuchBucket".equals(code(e)) || denied(e);
    }

    static boolean denied(S3Exception e) {
        return e.statusCode() == 403
                && ("AccessDenied".equals(code(e))
                        || "Forbidden".equals(code(e))
                        || code(e).isEmpty());
    }

    static String code(S3Exception e) {
        return e.awsErrorDetails() == null
                ? ""
                : Optional.ofNullable(e.awsErrorDetails().errorCode()).orElse("");
    }

    /**
     * @param action as IAM names it, {@code s3:PutObject}
     * @param uri what it was done to, {@code s3://bucket/key}
     */
    static RuntimeException explain(String action, String uri, SdkException e) {
        if (e instanceof AbortedException) {
            return e; // this thread was interrupted
        }
        if (!(e instanceof S3Exception answer)) {
            return new StepException("S3 can't be reached for " + uri + ": " + deepest(e), e);
        }
        String code = code(answer);
        String bucket = uri.replaceFirst("s3://([^/]*).*", "$1");
        if (code.equals("NoSuchBucket")) {
            return new StepException(
                    "the bucket '" + bucket + "' doesn't exist: create it, or correct 'bucket'", e);
        }
        if (BAD_KEYS.contains(code)) {
            return new StepException(
                    "AWS doesn't know the credentials of this step (" + code + ")", e);
        }
        if (EXPIRED.contains(code)) {
            return new StepException("the credentials of this step have expired (" + code + ")", e);
        }
        if (OTHER_REGION.contains(code) || answer.statusCode() == 301) {
            return new StepException(
                    "the bucket '"
                            + bucket
                            + "' is in another region: correct 'region' ("
                            + code
                            + ")",
                    e);
        }
        if (answer.statusCode() == 403) {
            return new StepException(
                    "access denied to %s on %s: allow it to the credentials of this step (%s)"
                            .formatted(action, uri, code.isEmpty() ? "403" : code),
                    e);
        }
        String message =
                answer.awsErrorDetails() == null || answer.awsErrorDetails().errorMessage() == null
                        ? e.getMessage()
                        : answer.awsErrorDetails().errorMessage();
        return new StepException(
                "%s on %s failed: %s (%d %s)"
                        .formatted(action, uri, message, answer.statusCode(), code)
                        .strip(),
                e);
    }

    private static String deepest(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message =
                cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return cause instanceof SdkClientException || cause == e
                ? message
                : cause.getClass().getSimpleName() + ": " + message;
    }
}
