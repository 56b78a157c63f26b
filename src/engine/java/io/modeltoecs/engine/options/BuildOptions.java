package io.modeltoecs.engine.options;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The parameters of {@code buildServingImage}; its help page says what each does. */
public record BuildOptions(
        String repository,
        String registry,
        String registryCredentialsId,
        String app,
        List<String> include,
        String requirements,
        ModelRef model,
        String pipCredentialsId,
        List<String> allow,
        String base,
        List<String> platforms,
        String dockerfile,
        Map<String, String> buildArgs,
        List<String> tags,
        Map<String, String> labels,
        int port,
        boolean sbom,
        String signingCredentialsId,
        String failOn,
        boolean immutable,
        boolean createRepository,
        AwsOptions aws) {

    /** The step's name. */
    public static final String STEP = "buildServingImage";

    /**
     * The registry that stands for Amazon ECR in the caller's account and region; a host of ECR's
     * names another.
     */
    public static final String ECR = "ecr";

    // The distribution specification's <name>, within ECR's 2 to 256 characters
    private static final Pattern REPOSITORY =
            Pattern.compile("[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*");
    private static final Pattern REGISTRY =
            Pattern.compile(
                    "(http://)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[a-z0-9._/-]+)?");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    private static final Pattern PLATFORM = Pattern.compile("linux/(amd64|arm64)");
    private static final Pattern SEVERITY =
            Pattern.compile("CRITICAL|HIGH|MEDIUM|LOW|INFORMATIONAL");
    private static final Pattern ECR_HOST = Pattern.compile("[0-9]{12}\\.dkr[.-]ecr.*");
    private static final Pattern ARGUMENT = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    /** Reads and checks the arguments of a call. */
    public static BuildOptions from(Map<String, ?> given, Settings settings) {
        Arguments arguments = new Arguments(STEP, given, BuildOptions.class);
        ModelRef model = ModelRef.parse(arguments, "model", arguments.text("model"));
        AwsOptions aws = AwsOptions.from(arguments, settings);
        List<String> tags = arguments.texts("tags", List.of());
        tags.forEach(
                tag ->
                        arguments.matching(
                                "tags",
                                tag,
                                TAG,
                                "1 to 128 letters, digits, dots, hyphens and underscores"));
        List<String> platforms = arguments.texts("platforms", List.of("linux/amd64"));
        platforms.forEach(
                platform ->
                        arguments.matching(
                                "platforms", platform, PLATFORM, "linux/amd64 or linux/arm64"));
        String base = arguments.text("base", settings.base());
        String dockerfile = PublishOptions.relativePath(arguments, "dockerfile", null);
        Map<String, String> buildArgs = buildArgs(arguments, dockerfile);
        if (base == null && dockerfile == null) {
            throw arguments.wrong(
                    "no 'base': give the parameter, set it in the global configuration, or set"
                            + " BASE_IMAGE, as 'python:3.12-slim'");
        }
        String failOn = arguments.text("failOn");
        String registry = arguments.text("registry", ECR);
        if (failOn != null) {
            arguments.matching(
                    "failOn", failOn, SEVERITY, "CRITICAL, HIGH, MEDIUM, LOW or INFORMATIONAL");
            if (!registry.equals(ECR) && !ECR_HOST.matcher(registry).matches()) {
                throw arguments.wrong(
                        "'failOn' is '%s', but only ECR scans images, not '%s': leave it out"
                                .formatted(failOn, registry));
            }
        }
        Integer port = arguments.number("port", 1, 65535);
        return new BuildOptions(
                arguments.matching(
                        "repository",
                        arguments.required("repository"),
                        REPOSITORY,
                        "lower-case letters and digits, separated by . _ - or /, as 'team/iris'"),
                arguments.matching(
                        "registry",
                        registry,
                        REGISTRY,
                        "'ecr' or a host with an optional port and path, as"
                                + " 'registry.example.com:5000/team'"),
                arguments.text("registryCredentialsId"),
                PublishOptions.relativePath(arguments, "app", "."),
                arguments.texts("include", List.of()),
                PublishOptions.relativePath(arguments, "requirements", null),
                model,
                arguments.text("pipCredentialsId"),
                PublishOptions.allow(arguments, "allow"),
                base,
                platforms,
                dockerfile,
                buildArgs,
                tags,
                arguments.textMap("labels"),
                port == null ? 8080 : port,
                arguments.flag("sbom", true),
                arguments.text("signingCredentialsId"),
                failOn,
                arguments.flag("immutable", false),
                arguments.flag("createRepository", true),
                model == null ? aws : aws.requireBucket(arguments));
    }

    private static Map<String, String> buildArgs(Arguments arguments, String dockerfile) {
        Map<String, String> buildArgs = arguments.textMap("buildArgs");
        if (dockerfile == null && !buildArgs.isEmpty()) {
            throw arguments.wrong("'buildArgs' belong to a 'dockerfile', which isn't given");
        }
        buildArgs.forEach(
                (name, value) -> {
                    arguments.matching("buildArgs", name, ARGUMENT, "names of build arguments");
                    if (value.chars().anyMatch(Character::isISOControl)) {
                        throw arguments.wrong(
                                "the value of '%s' in 'buildArgs' has a line break or another control character"
                                        .formatted(name));
                    }
                });
        if (buildArgs.containsKey("BASE")) {
            throw arguments.wrong("'buildArgs' has BASE: give that image as 'base'");
        }
        if (dockerfile != null
                && (arguments.text("requirements") != null
                        || arguments.number("port", 1, 65535) != null
                        || !arguments.texts("include", List.of()).isEmpty())) {
            throw arguments.wrong(
                    "'requirements', 'include' and 'port' are for images without a 'dockerfile':"
                            + " say it in the Dockerfile");
        }
        return buildArgs;
    }
}
