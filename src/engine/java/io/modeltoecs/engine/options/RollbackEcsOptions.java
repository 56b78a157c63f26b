package io.modeltoecs.engine.options;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * The parameters of {@code rollbackEcs}; its help page says what each does.
 *
 * @param to a task definition's ARN or {@code family:revision}, or null for the one before
 */
public record RollbackEcsOptions(String cluster, String service, String to, AwsOptions aws) {

    /** The step's name. */
    public static final String STEP = "rollbackEcs";

    private static final Pattern REVISION =
            Pattern.compile(
                    "(arn:aws[a-z-]*:ecs:[^:\\s]+:\\d{12}:task-definition/)?[a-zA-Z0-9_-]{1,255}:[1-9]\\d*");

    /** Reads and checks the arguments of a call. */
    public static RollbackEcsOptions from(Map<String, ?> given, Settings settings) {
        Arguments arguments = new Arguments(STEP, given, RollbackEcsOptions.class);
        return new RollbackEcsOptions(
                DeployOptions.cluster(arguments),
                DeployOptions.service(arguments),
                arguments.matching(
                        "to",
                        arguments.text("to"),
                        REVISION,
                        "a revision of a task definition: 'family:revision' or its ARN"),
                AwsOptions.from(arguments, settings));
    }
}
