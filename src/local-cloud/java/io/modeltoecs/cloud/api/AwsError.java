package io.modeltoecs.cloud.api;

import java.util.Map;

/** An error answer of an AWS API: HTTP status, error code and message. */
public final class AwsError extends RuntimeException {
    private static final int CLIENT_ERROR = 400;

    private final int status;
    private final String code;
    private final transient Map<String, Object> members;

    private AwsError(int status, String code, String message, Map<String, Object> members) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
        this.members = members;
    }

    /** A client error (HTTP 400). */
    public static AwsError of(String code, String message) {
        return new AwsError(CLIENT_ERROR, code, message, Map.of());
    }

    /** An error with an HTTP status of its own. */
    public static AwsError of(int status, String code, String message) {
        return new AwsError(status, code, message, Map.of());
    }

    /** A client error whose answer has members beside the message. */
    public static AwsError of(String code, String message, Map<String, Object> members) {
        return new AwsError(CLIENT_ERROR, code, message, members);
    }

    /** The ECS way to say that a parameter is wrong. */
    public static AwsError invalidParameter(String message) {
        return of("InvalidParameterException", message);
    }

    /** The ECS way to refuse a request that is well-formed. */
    public static AwsError client(String message) {
        return of("ClientException", message);
    }

    public int status() {
        return status;
    }

    public String code() {
        return code;
    }

    public Map<String, Object> members() {
        return members;
    }
}
