package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** Calls AWS and says what it refused. What may pass by itself stays an {@link SdkException}. */
final class AwsCall {
    private AwsCall() {}

    /**
     * @param action as IAM names it, {@code ecs:DescribeServices}
     * @throws StepException if AWS refuses
     * @throws SdkException if AWS can't be reached, is throttled or broken
     */
    static <T> T of(String action, Supplier<T> call) {
        try {
            return call.get();
        } catch (AwsServiceException e) {
            if (mayPass(e)) {
                throw e;
            }
            throw new StepException(refused(action, e), e);
        }
    }

    /** For what is good to know but not needed: empty where AWS refuses or can't be reached. */
    static <T> Optional<T> tried(Supplier<T> call) {
        try {
            return Optional.ofNullable(call.get());
        } catch (SdkException e) {
            return Optional.empty();
        }
    }

    /**
     * Throttled, broken, or asked with a session's keys that have ended and may be fetched anew.
     */
    static boolean mayPass(AwsServiceException e) {
        return e.isThrottlingException() || e.statusCode() >= 500 || code(e).startsWith("Expired");
    }

    static boolean denied(AwsServiceException e) {
        return code(e).startsWith("AccessDenied") || code(e).startsWith("UnauthorizedOperation");
    }

    static String code(AwsServiceException e) {
        return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
                ? ""
                : e.awsErrorDetails().errorCode();
    }

    /** AWS's own words, without the SDK's numbers around them. */
    static String message(AwsServiceException e) {
        return e.awsErrorDetails() == null || e.awsErrorDetails().errorMessage() == null
                ? e.getMessage()
                : e.awsErrorDetails().errorMessage();
    }

    private static String refused(String action, AwsServiceException e) {
        return denied(e)
                ? "access denied to %s: %s Allow it to the credentials of this step."
                        .formatted(action, sentence(message(e)))
                : "%s was refused: %s (%s)".formatted(action, message(e), code(e));
    }

    private static String sentence(String text) {
        return text.endsWith(".") ? text : text + ".";
    }
}
