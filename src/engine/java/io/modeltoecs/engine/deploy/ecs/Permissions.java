package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.progress.Progress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import software.amazon.awssdk.services.iam.model.ContextKeyTypeEnum;
import software.amazon.awssdk.services.iam.model.EvaluationResult;

/**
 * What IAM's simulation says of the roles that a rollout needs. It knows the policies of users and
 * roles alone, not those of buckets, keys, organisations and sessions: only for handing roles to
 * ECS, which hangs on nothing else, is its no an error. Without the permission to simulate this
 * says nothing.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html">
 *     IAM: SimulatePrincipalPolicy</a>
 */
final class Permissions {
    private static final Pattern SESSION =
            Pattern.compile("arn:([^:]+):sts::(\\d{12}):assumed-role/([^/]+)/.*");

    private final AwsAccess access;
    private final Progress progress;

    Permissions(AwsAccess access, Progress progress) {
        this.access = access;
        this.progress = progress;
    }

    /**
     * @param model where the model's files lie, as {@code bucket/prefix/}, or null
     * @throws StepException if the step's credentials can't hand a role to ECS
     */
    void check(TaskDefinition definition, String model) {
        String taskRole = definition.text("taskRoleArn");
        String executionRole = definition.text("executionRoleArn");
        Optional<String> caller =
                AwsCall.tried(() -> access.sts().getCallerIdentity().arn())
                        .map(Permissions::principal);
        if (caller.isEmpty()) {
            return;
        }
        for (String role :
                Stream.of(taskRole, executionRole).filter(Objects::nonNull).distinct().toList()) {
            denied(caller.get(), List.of("iam:PassRole"), role, "ecs-tasks.amazonaws.com")
                    .forEach(
                            it -> {
                                throw new StepException(
                                        "the credentials of this step (%s) may not hand the role %s to ECS: allow them iam:PassRole on it"
                                                .formatted(caller.get(), role));
                            });
        }
        String partition = caller.get().split(":")[1];
        if (taskRole != null && model != null) {
            warn(
                    taskRole,
                    denied(
                            taskRole,
                            List.of("s3:GetObject"),
                            "arn:" + partition + ":s3:::" + model + "model.json",
                            null),
                    "the model " + model);
        }
        if (executionRole != null) {
            for (String secret : secrets(definition)) {
                String action =
                        secret.contains(":secretsmanager:")
                                ? "secretsmanager:GetSecretValue"
                                : "ssm:GetParameters";
                warn(
                        executionRole,
                        denied(executionRole, List.of(action), secret, null),
                        "the secret " + secret);
            }
        }
    }

    private void warn(String role, List<String> actions, String what) {
        if (!actions.isEmpty()) {
            progress.say(
                    "warning: no policy of the role %s allows %s on %s; unless a policy there does, the tasks won't start"
                            .formatted(role, String.join(", ", actions), what));
        }
    }

    /** The secrets that are named by ARN. */
    private static Set<String> secrets(TaskDefinition definition) {
        Set<String> secrets = new LinkedHashSet<>();
        for (JsonNode container : definition.json().path("containerDefinitions")) {
            for (JsonNode secret : container.path("secrets")) {
                String[] arn = secret.path("valueFrom").asText().split(":");
                if (arn[0].equals("arn")) {
                    secrets.add(String.join(":", List.of(arn).subList(0, Math.min(7, arn.length))));
                }
            }
        }
        return secrets;
    }

    /** Which of the actions a principal may not do; none where it can't be asked. */
    private List<String> denied(
            String principal, List<String> actions, String resource, String passedTo) {
        return AwsCall.tried(
                        () ->
                                access.iam()
                                        .simulatePrincipalPolicy(
                                                it -> {
                                                    it.policySourceArn(principal)
                                                            .actionNames(actions)
                                                            .resourceArns(resource);
                                                    if (passedTo != null) {
                                                        it.contextEntries(
                                                                key ->
                                                                        key.contextKeyName(
                                                                                        "iam:PassedToService")
                                                                                .contextKeyType(
                                                                                        ContextKeyTypeEnum
                                                                                                .STRING)
                                                                                .contextKeyValues(
                                                                                        passedTo));
                                                    }
                                                })
                                        .evaluationResults())
                .map(Permissions::denied)
                .orElse(List.of());
    }

    private static List<String> denied(List<EvaluationResult> results) {
        List<String> denied = new ArrayList<>();
        for (EvaluationResult result : results) {
            if (!"allowed".equals(result.evalDecisionAsString())) {
                denied.add(result.evalActionName());
            }
        }
        return denied;
    }

    /** The role of a session, as far as its name tells: a role's path isn't in it. */
    private static String principal(String caller) {
        Matcher session = SESSION.matcher(caller);
        return session.matches()
                ? "arn:%s:iam::%s:role/%s"
                        .formatted(session.group(1), session.group(2), session.group(3))
                : caller;
    }
}
