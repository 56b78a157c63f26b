package io.modeltoecs.engine.options;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The parameters of {@code deployToEcs}; its help page says what each does. What is null is left as
 * the service has it.
 *
 * @param image the image by digest or tag, or null to keep the one that the service runs
 */
public record DeployOptions(
        String cluster,
        String service,
        String image,
        ModelRef model,
        boolean pinModel,
        String container,
        Map<String, String> env,
        Map<String, String> secrets,
        String taskRoleArn,
        String executionRoleArn,
        String readiness,
        List<String> allow,
        String modelEndpoint,
        Integer desiredCount,
        Integer minimumHealthyPercent,
        Integer maximumPercent,
        Strategy strategy,
        boolean force,
        boolean dryRun,
        String spec,
        RunTaskOptions runTask,
        Integer keep,
        int timeoutMinutes,
        boolean rollback,
        String onAbort,
        String onBusy,
        String onPause,
        String resume,
        String decision,
        List<VerifyOptions> verify,
        AwsOptions aws) {

    /** The step's name. */
    public static final String STEP = "deployToEcs";

    // ECS.md 1.6: names
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,255}");
    private static final Pattern CLUSTER =
            Pattern.compile("[a-zA-Z0-9_-]{1,255}|arn:aws[a-z-]*:ecs:\\S+:cluster/\\S+");

    /** Reads and checks the arguments of a call. */
    public static DeployOptions from(Map<String, ?> given, Settings settings) {
        Arguments arguments = new Arguments(STEP, given, DeployOptions.class);
        ModelRef model = ModelRef.parse(arguments, "model", arguments.text("model"));
        AwsOptions aws = AwsOptions.from(arguments, settings);
        String image = arguments.text("image");
        boolean force = arguments.flag("force", false);
        String resume = arguments.text("resume");
        String decision =
                arguments.text("decision") == null
                        ? null
                        : arguments.choice("decision", "continue", "rollback");
        if (decision != null && resume == null) {
            throw arguments.wrong(
                    "'decision' needs 'resume': the id of the deployment that paused");
        }
        if (image == null && model == null && !force && resume == null) {
            throw arguments.wrong(
                    "neither 'image' nor 'model' is given: name what is to be deployed");
        }
        Integer timeout = arguments.number("timeoutMinutes", 1, 24 * 60);
        return new DeployOptions(
                cluster(arguments),
                service(arguments),
                image,
                model,
                arguments.flag("pinModel", true),
                arguments.text("container"),
                arguments.textMap("env"),
                arguments.textMap("secrets"),
                arguments.text("taskRoleArn"),
                arguments.text("executionRoleArn"),
                arguments.matching(
                        "readiness",
                        arguments.text("readiness"),
                        Pattern.compile("/\\S*"),
                        "a path, as '/readyz'"),
                PublishOptions.allow(arguments, "allow"),
                arguments.text("modelEndpoint"),
                arguments.number("desiredCount", 0, 5000),
                arguments.number("minimumHealthyPercent", 0, 100),
                arguments.number("maximumPercent", 100, 200),
                Strategy.parse(arguments, "strategy"),
                force,
                arguments.flag("dryRun", false),
                PublishOptions.relativePath(arguments, "spec", null),
                RunTaskOptions.from(STEP, arguments.map("runTask")),
                arguments.number("keep", 1, 100_000),
                timeout == null ? 30 : timeout,
                arguments.flag("rollback", true),
                arguments.choice("onAbort", "rollback", "leave"),
                arguments.choice("onBusy", "wait", "supersede"),
                arguments.choice("onPause", "wait", "return"),
                resume,
                decision,
                VerifyOptions.from(STEP, arguments.maps("verify")),
                model == null ? aws : aws.requireBucket(arguments));
    }

    static String cluster(Arguments arguments) {
        return arguments.matching(
                "cluster",
                arguments.required("cluster"),
                CLUSTER,
                "the name or ARN of an ECS cluster");
    }

    static String service(Arguments arguments) {
        return arguments.matching(
                "service",
                arguments.required("service"),
                NAME,
                "the name of an ECS service: 1 to 255 letters, digits, hyphens and underscores");
    }

    /** How long the deployment may take. */
    public Duration timeout() {
        return Duration.ofMinutes(timeoutMinutes);
    }
}
