package io.modeltoecs.engine.deploy.ecs;

/** ARNs as people read them. */
final class Names {
    private Names() {}

    /** What follows the last slash: {@code iris:7} of a task definition's ARN. */
    static String last(String arn) {
        return arn == null ? "" : arn.substring(arn.lastIndexOf('/') + 1);
    }
}
