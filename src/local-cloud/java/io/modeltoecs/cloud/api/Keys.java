package io.modeltoecs.cloud.api;

import jakarta.servlet.http.HttpServletRequest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The key pair that the local cloud hands out, and the check that a request is signed with it. The
 * signature itself is not computed again: the cloud listens on loopback alone, and what matters
 * here is that a client without credentials fails as it does on AWS.
 *
 * @param accessKeyId the key's id
 * @param secretAccessKey its secret
 */
public record Keys(String accessKeyId, String secretAccessKey) {
    private static final Pattern SCOPE =
            Pattern.compile("(?:Credential=)?([^/,\\s]+)/\\d{8}/([^/,]+)/([^/,]+)/aws4_request");

    /**
     * Whose key a request is signed with, and for which service.
     *
     * @param accessKeyId the key's id
     * @param region the region in the scope
     * @param service the service's signing name
     */
    public record Scope(String accessKeyId, String region, String service) {}

    /**
     * The scope of a request's signature.
     *
     * @throws AwsError where there is no signature, or another key's
     */
    public Scope check(HttpServletRequest request) {
        String credential = request.getHeader("Authorization");
        if (credential == null && request.getQueryString() != null) {
            credential = request.getParameter("X-Amz-Credential");
        }
        if (credential == null) {
            throw AwsError.of(403, "AccessDenied", "The request is not signed.");
        }
        Matcher scope = SCOPE.matcher(credential);
        if (!scope.find()) {
            throw AwsError.of(403, "IncompleteSignature", "The signature is not AWS SigV4.");
        }
        if (!scope.group(1).equals(accessKeyId)) {
            throw AwsError.of(
                    403,
                    "InvalidAccessKeyId",
                    "The AWS access key id "
                            + scope.group(1)
                            + " is not the local cloud's: source its cloud.env.");
        }
        return new Scope(scope.group(1), scope.group(2), scope.group(3));
    }
}
