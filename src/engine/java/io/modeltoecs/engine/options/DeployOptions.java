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

    // https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
    private static final Pattern ROLE =
            Pattern.compile("[\\w+=,.@-]{1,64}|arn:aws[a-z-]*:iam::[0-9]{12}:role/\\S+");
    private static final Pattern DEPLOYMENT = Pattern.compile("ecs-svc/\\S+");
    private static final Pattern VARIABLE = Pattern.compile("[^=\\s]+");
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html
    private static final Pattern SECRET =
            Pattern.compile("arn:aws[a-z-]*:(secretsmanager|ssm):\\S+|[A-Za-z0-9_./-]+");

    /** Reads and checks the arguments of a call. */
    public static DeployOptions from(Map<String, ?> given, Settings settings) {
        Arguments arguments = new Arguments(STEP, given, DeployOptions.class);
        ModelRef model = ModelRef.parse(arguments, "model", arguments.text("model"));
        AwsOptions aws = AwsOptions.from(arguments, settings);
        if (given.get("image") instanceof Map<?, ?> built) {
            throw arguments.bad(
                    "image", built, "a text: of what buildServingImage returns, its 'reference'");
        }
        String image = arguments.text("image");
        boolean force = arguments.flag("force", false);
        String resume =
                arguments.matching(
                        "resume",
                        arguments.text("resume"),
                        DEPLOYMENT,
                        "the deploymentId of the call that paused, as 'ecs-svc/1234567890123456789'");
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
        Integer least = arguments.number("minimumHealthyPercent", 0, 100);
        Integer most = arguments.number("maximumPercent", 100, 200);
        if (least != null && most != null && least == 100 && most == 100) {
            throw arguments.wrong(
                    "'minimumHealthyPercent' and 'maximumPercent' are both 100, which leaves no room"
                            + " to replace a task: lower the one or raise the other");
        }
        return new DeployOptions(
                cluster(arguments),
                service(arguments),
                image,
                model,
                arguments.flag("pinModel", true),
                container(arguments),
                variables(arguments, "env"),
                secrets(arguments),
                role(arguments, "taskRoleArn"),
                role(arguments, "executionRoleArn"),
                arguments.matching(
                        "readiness",
                        arguments.text("readiness"),
                        Pattern.compile("/\\S*"),
                        "a path, as '/readyz'"),
                PublishOptions.allow(arguments, "allow"),
                arguments.url("modelEndpoint", null),
                arguments.number("desiredCount", 0, 5000),
                least,
                most,
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

    /** The name of a container, or null. */
    static String container(Arguments arguments) {
        return arguments.matching(
                "container",
                arguments.text("container"),
                NAME,
                "the name of a container: 1 to 255 letters, digits, hyphens and underscores");
    }

    private static String role(Arguments arguments, String parameter) {
        return arguments.matching(
                parameter,
                arguments.text(parameter),
                ROLE,
                "the name or ARN of an IAM role, as 'arn:aws:iam::123456789012:role/iris-task'");
    }

    /** Environment variables by their names. */
    static Map<String, String> variables(Arguments arguments, String parameter) {
        Map<String, String> variables = arguments.textMap(parameter);
        for (String name : variables.keySet()) {
            if (!VARIABLE.matcher(name).matches()) {
                throw arguments.wrong(
                        "'%s' names a variable '%s', but a name has neither spaces nor '='"
                                .formatted(parameter, name));
            }
        }
        return variables;
    }

    private static Map<String, String> secrets(Arguments arguments) {
        Map<String, String> secrets = variables(arguments, "secrets");
        secrets.forEach(
                (name, from) -> {
                    if (!SECRET.matcher(from).matches()) {
                        // it may be the secret itself
                        throw arguments.wrong(
                                "'secrets.%s' should be the ARN of a secret in Secrets Manager, or the ARN or name of a parameter of Systems Manager, as 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:key-AbCdEf'"
                                        .formatted(name));
                    }
                });
        return secrets;
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
