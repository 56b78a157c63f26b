package io.modeltoecs.engine.options;

import java.util.Map;

/** The parameters of {@code rollbackModel}; its help page says what each does. */
public record RollbackModelOptions(String name, String alias, AwsOptions aws) {

    /** The step's name. */
    public static final String STEP = "rollbackModel";

    /** Reads and checks the arguments of a call. */
    public static RollbackModelOptions from(Map<String, ?> given, Settings settings) {
        Arguments arguments = new Arguments(STEP, given, RollbackModelOptions.class);
        return new RollbackModelOptions(
                PublishOptions.modelName(arguments, "name"),
                PublishOptions.alias(arguments, "alias", arguments.required("alias")),
                AwsOptions.from(arguments, settings).requireBucket(arguments));
    }
}
