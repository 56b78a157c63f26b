package io.modeltoecs.cloud;

/** Names of the local cloud's resources. */
public final class Arns {
    public static final String ACCOUNT = "000000000000";
    public static final String REGION = "us-east-1";

    private Arns() {}

    /** The ARN of a resource of this account and region. */
    public static String of(String service, String resource) {
        return "arn:aws:" + service + ":" + REGION + ":" + ACCOUNT + ":" + resource;
    }

    /** What follows a marker in an ARN, or the whole where it is a bare name. */
    public static String lastPart(String arnOrName, String marker) {
        int at = arnOrName.indexOf(marker);
        return at < 0 ? arnOrName : arnOrName.substring(at + marker.length());
    }
}
