package io.modeltoecs.engine.options;

import java.util.Map;

/** The parameters of {@code promoteModel}; its help page says what each does. */
public record PromoteOptions(String name, String version, String alias, AwsOptions aws) {

    /** The step's name. */
    public static final String STEP = "promoteModel";

    /** Reads and checks the arguments of a call. */
    public static PromoteOptions from(Map<String, ?> given, Settings settings) {
        Arguments arguments = new Arguments(STEP, given, PromoteOptions.class);
        return new PromoteOptions(
                PublishOptions.modelName(arguments, "name"),
                arguments.matching(
                        "version",
                        arguments.required("version"),
                        ModelRef.VERSION,
                        "a version, as '20261123T101500Z-1a2b3c4d'"),
                PublishOptions.alias(arguments, "alias", arguments.required("alias")),
                AwsOptions.from(arguments, settings).requireBucket(arguments));
    }
}
