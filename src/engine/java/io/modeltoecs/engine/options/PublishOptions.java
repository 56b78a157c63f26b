package io.modeltoecs.engine.options;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The parameters of {@code trainAndPublishModel}; its help page says what each does.
 *
 * @param scan imports allowed beside the shipped list: {@code scan: [allow: [...]]}
 * @param keep how many versions are kept, or null for all
 */
public record PublishOptions(
        String name,
        String train,
        String artifact,
        String metrics,
        Map<String, Object> params,
        String requirements,
        String python,
        String pipCredentialsId,
        List<String> alias,
        List<String> gates,
        List<String> scan,
        Integer keep,
        String kmsKeyId,
        Map<String, String> tags,
        String storageClass,
        AwsOptions aws) {

    /** The step's name. */
    public static final String STEP = "trainAndPublishModel";

    private static final int MOST_TAGS = 10;
    private static final String TAG = "[\\p{L}\\p{N}\\p{Z}+=._:/@-]";
    private static final Pattern TAG_KEY = Pattern.compile("(?!aws:)" + TAG + "{1,128}");
    private static final Pattern TAG_VALUE = Pattern.compile(TAG + "{0,256}");
    private static final Pattern ENVIRONMENT_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    /** Reads and checks the arguments of a call. */
    public static PublishOptions from(Map<String, ?> given, Settings settings) {
        Arguments arguments = new Arguments(STEP, given, PublishOptions.class);
        Map<String, Object> params = arguments.map("params");
        for (String name : params.keySet()) {
            arguments.matching(
                    "params",
                    name,
                    ENVIRONMENT_NAME,
                    "names that can be environment variables, as 'C' or 'MAX_DEPTH'");
        }
        String metrics =
                arguments.has("metrics") && arguments.text("metrics") == null
                        ? null
                        : relativePath(arguments, "metrics", "metrics.json");
        List<String> gates = arguments.texts("gates", List.of());
        gates.forEach(Gate::parse);
        if (metrics == null && !gates.isEmpty()) {
            throw arguments.wrong("'gates' are given, but 'metrics' is null: there are none");
        }
        return new PublishOptions(
                modelName(arguments, "name"),
                arguments.text("train"),
                artifact(arguments),
                metrics,
                params,
                relativePath(arguments, "requirements", null),
                arguments.text("python", "python3"),
                arguments.text("pipCredentialsId"),
                aliases(arguments),
                gates,
                scanAllow(arguments),
                arguments.number("keep", 1, 100_000),
                arguments.text("kmsKeyId"),
                tags(arguments),
                arguments.text("storageClass"),
                AwsOptions.from(arguments, settings).requireBucket(arguments));
    }

    static String modelName(Arguments arguments, String parameter) {
        return arguments.matching(
                parameter,
                arguments.required(parameter),
                ModelRef.NAME,
                "1 to 63 lower-case letters, digits, dots, hyphens and underscores, beginning with"
                        + " a letter or digit");
    }

    static String alias(Arguments arguments, String parameter, String alias) {
        arguments.matching(
                parameter,
                alias,
                ModelRef.NAME,
                "1 to 63 lower-case letters, digits, dots, hyphens and underscores, beginning with"
                        + " a letter or digit");
        if (alias.matches("\\d{8}t\\d{6}z.*")) {
            throw arguments.bad(parameter, alias, "a name that doesn't look like a version");
        }
        return alias;
    }

    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
    private static Map<String, String> tags(Arguments arguments) {
        Map<String, String> tags = arguments.textMap("tags");
        if (tags.size() > MOST_TAGS) {
            throw arguments.wrong(
                    "'tags' has %d, but an object has %d at most"
                            .formatted(tags.size(), MOST_TAGS));
        }
        tags.forEach(
                (key, value) -> {
                    if (!TAG_KEY.matcher(key).matches() || !TAG_VALUE.matcher(value).matches()) {
                        throw arguments.bad(
                                "tags",
                                key + ": '" + value + "'",
                                "a key of 1 to 128 and a value of at most 256 letters, digits, spaces"
                                        + " and + - = . _ : / @, the key not beginning with aws:");
                    }
                });
        return tags;
    }

    private static List<String> aliases(Arguments arguments) {
        List<String> aliases = arguments.texts("alias", List.of("latest"));
        aliases.forEach(alias -> alias(arguments, "alias", alias));
        return aliases;
    }

    private static List<String> scanAllow(Arguments arguments) {
        Map<String, Object> scan = arguments.map("scan");
        Arguments.refuseUnknown(STEP + ": scan", scan, List.of("allow"));
        return allow(
                new Arguments(
                        STEP,
                        Map.of("scan", scan.getOrDefault("allow", List.of())),
                        PublishOptions.class),
                "scan");
    }

    /** Imports that a loader may make: {@code package.module.Class} or {@code package.module.*}. */
    static List<String> allow(Arguments arguments, String parameter) {
        List<String> allow = arguments.texts(parameter, List.of());
        for (String entry : allow) {
            arguments.matching(
                    parameter,
                    entry,
                    Pattern.compile("[A-Za-z_]\\w*(\\.[A-Za-z_]\\w*)*\\.([A-Za-z_]\\w*|\\*)"),
                    "'package.module.Class' or 'package.module.*'");
        }
        return allow;
    }

    private static String artifact(Arguments arguments) {
        String artifact = relativePath(arguments, "artifact", "model.pkl");
        if (artifact.matches("[./]*")) {
            throw arguments.bad("artifact", artifact, "a file or folder below the current one");
        }
        if (artifact.matches("(.*/)?model\\.json[./]*")) {
            throw arguments.bad(
                    "artifact",
                    artifact,
                    "another name: a version's own description is called model.json");
        }
        return artifact;
    }

    /** A path below the current directory. */
    static String relativePath(Arguments arguments, String parameter, String otherwise) {
        String path = arguments.text(parameter, otherwise);
        if (path == null) {
            return null;
        }
        String slashed = path.replace('\\', '/');
        if (slashed.startsWith("/")
                || slashed.matches("[A-Za-z]:.*")
                || List.of(slashed.split("/")).contains("..")) {
            throw arguments.bad(parameter, path, "a path below the current directory");
        }
        return slashed;
    }
}
