package io.modeltoecs.engine.deploy.ecs;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The commonest reasons why a task doesn't serve, in plain words and with what to do, told apart by
 * the texts that ECS gives and by exit codes.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html">
 *     ECS: stopped task errors</a>
 */
final class Explanation {
    private record Sign(Pattern pattern, String says) {}

    /** What the loader of the serving runtime says by its exit code. */
    private static final Map<Integer, String> LOADER =
            Map.of(
                    70,
                    "The model can't be read: there are no credentials, or they are denied. Give the"
                            + " task role s3:GetObject (and kms:Decrypt); is there a task role?",
                    71,
                    "The model isn't in the store. Publish it again, and deploy again.",
                    72,
                    "The model isn't the one that was deployed: its digest differs. Publish it"
                            + " again, and deploy again.",
                    73,
                    "The model imports what isn't allowed. Name it in 'allow', or train without it.",
                    74,
                    "The model was made with another Python or library than the image has. Build the"
                            + " image with 'model'.",
                    75,
                    "The model doesn't fit into memory or onto the disk. Give the task more of it.");

    private static final Map<Integer, String> EXIT_CODES =
            Map.of(
                    127,
                    "The start command was not found. Look at entryPoint and command.",
                    134,
                    "The program aborted. Its last log lines say why.",
                    137,
                    "It was killed: it used more memory than it may, or did not stop in time.",
                    139,
                    "The program crashed (segmentation fault).");

    // The first that matches counts
    private static final List<Sign> SIGNS =
            List.of(
                    sign(
                            "OutOfMemoryError",
                            "It used more memory than allowed. Raise the memory, or fix the leak."),
                    sign(
                            "descriptor matching platform|exec format error",
                            "The image is for another processor. Build it for the task's platform."),
                    sign("no space left on device", "The disk is full. Raise ephemeralStorage."),
                    sign(
                            "toomanyrequests|pull rate limit",
                            "The registry refused: too many pulls. Log in, or mirror the image to"
                                    + " ECR."),
                    sign(
                            "(?s)CannotPull.*@sha256:.*not found",
                            "The image of this digest isn't in the registry any more. Push it"
                                    + " again."),
                    sign(
                            "(?s)CannotPull.*(not found|manifest unknown)",
                            "The image does not exist. Push it, or fix its name."),
                    sign(
                            "(?s)permissions to pull|pull access denied|CannotPull.*(AccessDenied|403|denied)",
                            "The execution role may not pull the image. Fix the role or the login."),
                    sign(
                            "(?s)CannotPull.*(timeout|connection|no such host|unreachable)|connection issue between the task and Amazon ECR",
                            "The task can't reach the registry. Look at NAT, endpoints and security"
                                    + " groups."),
                    sign("CannotPull", "The image can't be pulled."),
                    sign(
                            "connection issue between the task and AWS",
                            "The task can't reach the store of its secrets. Look at NAT, endpoints"
                                    + " and security groups."),
                    sign(
                            "unable to (pull|retrieve) secrets?|retrieve secret|invalid character .* in literal",
                            "A secret can't be read. Fix its name, its JSON key, or the execution"
                                    + " role."),
                    sign("log group does not exist", "The log group is missing. Create it."),
                    sign(
                            "(?s)logger args.*connection issue",
                            "CloudWatch Logs can't be reached from the task. Look at its network."),
                    sign("ResourceInitializationError", "ECS could not set the task up."),
                    sign(
                            "executable file not found|exec: .*no such file or directory",
                            "The start command was not found. Look at entryPoint and command."),
                    sign(
                            "CannotStartContainerError|CannotCreateContainerError",
                            "The container could not be started. Look at entryPoint, command and"
                                    + " volumes."),
                    sign(
                            "ContainerRuntimeTimeoutError|DockerTimeoutError",
                            "The container engine is too slow to start it."),
                    sign(
                            "resolve container ordering dependency",
                            "A container that another one depends on failed. Look at that one"
                                    + " first."),
                    sign(
                            "EphemeralStorage provisioning",
                            "The task got no disk in time. Try again."),
                    sign(
                            "Timeout waiting for network interface|RESOURCE:ENI",
                            "There was no network address for the task. Free addresses, or name"
                                    + " another subnet."),
                    sign(
                            "no container instance met all|RESOURCE:(CPU|MEMORY|PORTS|GPU)|NO ACTIVE INSTANCES|No Container Instances",
                            "No machine of the cluster has room. Add machines, or make the task"
                                    + " smaller."),
                    sign(
                            "Capacity is unavailable|RESOURCE:FARGATE",
                            "AWS has no room for the task now. Try again, or name another zone."),
                    sign(
                            "reached the limit on the number of tasks",
                            "The account's limit of tasks is reached. Have it raised."),
                    sign(
                            "unable to assume the role",
                            "ECS may not use the task's role. Look at its trust policy and"
                                    + " iam:PassRole."),
                    sign(
                            "because of the service deployment configuration",
                            "The percent limits leave no room to replace tasks. Set maximumPercent"
                                    + " to 200, or a lower minimumHealthyPercent."),
                    sign(
                            "alarm detected",
                            "An alarm fired during the deployment. Look at the alarm."),
                    sign("under protection", "Old tasks are protected from being stopped."),
                    sign(
                            "failed to register targets",
                            "The tasks could not be registered with the load balancer."),
                    sign(
                            "Health checks failed with these codes",
                            "The load balancer's health check got an error from the program. Look at"
                                    + " the check's path, and at the program's log."),
                    sign(
                            "Request timed out",
                            "The load balancer's health check got no answer. Look at the port, at"
                                    + " the address it binds (0.0.0.0), and at security groups."),
                    sign(
                            "Health checks failed",
                            "The load balancer's health check found nothing that answers at the"
                                    + " port. Look at the port, and at the address the program binds"
                                    + " (0.0.0.0)."),
                    sign(
                            "failed ELB health checks",
                            "The load balancer's health check failed. Look at its path and port, or"
                                    + " give the service a grace period."),
                    sign(
                            "failed container health checks",
                            "Its own health check fails. Run the check inside the container, or"
                                    + " raise its startPeriod."),
                    sign(
                            "lifecycle hook\\(s\\) failed",
                            "A lifecycle hook of the deployment failed: its test of the new"
                                    + " revision. Look at the hook's log."),
                    sign(
                            "invalid networking configuration",
                            "The load balancer's set-up doesn't allow it. Look at the rules of its"
                                    + " listener, and at both target groups."),
                    sign("Spot Task was interrupted", "The Spot capacity was taken back."),
                    sign("Host EC2", "The machine that it ran on went away."),
                    sign(
                            "unable to consistently start tasks",
                            "Its tasks fail one after the other. Look at why they stopped."));

    private Explanation() {}

    private static Sign sign(String pattern, String says) {
        return new Sign(Pattern.compile(pattern), says);
    }

    /** What a text of ECS means, if it is one of those known. */
    static Optional<String> of(String text) {
        return SIGNS.stream()
                .filter(sign -> sign.pattern().matcher(text).find())
                .map(Sign::says)
                .findFirst();
    }

    /** What a text of ECS means together with the exit code of the container, which may be null. */
    static String of(String text, Integer exitCode) {
        if (exitCode != null && LOADER.containsKey(exitCode)) {
            return LOADER.get(exitCode);
        }
        return of(text).orElseGet(
                        () ->
                                exitCode == null
                                        ? "The task stopped."
                                        : EXIT_CODES.getOrDefault(
                                                exitCode,
                                                "The program stopped by itself; its last log lines"
                                                        + " say why."));
    }
}
