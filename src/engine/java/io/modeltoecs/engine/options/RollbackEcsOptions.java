package io.modeltoecs.engine.options;

import java.util.Map;

/**
 * The parameters of {@code rollbackEcs}; its help page says what each does.
 *
 * @param to a task definition's ARN or {@code family:revision}, or null for the one before
 */
public record RollbackEcsOptions(String cluster, String service, String to, AwsOptions aws) {

    /** The step's name. */
    public static final String STEP = "rollbackEcs";

    /** Reads and checks the arguments of a call. */
    public static RollbackEcsOptions from(Map<String, ?> given, Settings settings) {
        Arguments arguments = new Arguments(STEP, given, RollbackEcsOptions.class);
        return new RollbackEcsOptions(
                arguments.required("cluster"),
                arguments.required("service"),
                arguments.text("to"),
                AwsOptions.from(arguments, settings));
    }
}
