package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.progress.Progress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.secretsmanager.model.DescribeSecretResponse;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;
import software.amazon.awssdk.services.ssm.model.ParameterStringFilter;

/**
 * Whether what a task definition names is there: a task would only fail on it once the rollout is
 * under way. Values of secrets are never read. What can't be looked up is said once, and left to
 * ECS.
 */
final class Preflight {
    private final AwsAccess access;
    private final Progress progress;
    private final Set<String> refused = new HashSet<>();

    Preflight(AwsAccess access, Progress progress) {
        this.access = access;
        this.progress = progress;
    }

    /**
     * @throws StepException naming the container, and what it needs that isn't there
     */
    void check(TaskDefinition definition) {
        Set<String> seen = new HashSet<>();
        for (JsonNode container : definition.json().path("containerDefinitions")) {
            String name = container.path("name").asText();
            for (JsonNode secret : container.path("secrets")) {
                secret(name, secret, seen);
            }
            JsonNode log = container.path("logConfiguration");
            for (JsonNode secret : log.path("secretOptions")) {
                secret(name, secret, seen);
            }
            logGroup(name, log, seen);
        }
    }

    // ---- secrets

    private void secret(String container, JsonNode secret, Set<String> seen) {
        String from = secret.path("valueFrom").asText();
        if (!seen.add(from)) {
            return;
        }
        // arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME[:KEY:STAGE:VERSION]
        String[] arn = from.split(":");
        boolean isArn = from.startsWith("arn:") && arn.length >= 6;
        Optional<Boolean> there;
        if (isArn && arn[2].equals("secretsmanager") && arn.length >= 7) {
            String id = String.join(":", List.of(arn).subList(0, 7));
            there = secretIsThere(container, secret, id, Region.of(arn[3]));
        } else if (isArn && arn[2].equals("ssm")) {
            there = parameterIsThere(arn[5].replaceFirst("^parameter/", ""), Region.of(arn[3]));
        } else if (!from.startsWith("arn:")) {
            there = parameterIsThere(from, access.region());
        } else {
            return;
        }
        if (there.isPresent() && !there.get()) {
            throw new StepException(
                    "secret not found: %s of the container '%s' is %s, which isn't there. Create it, or name another in 'secrets'."
                            .formatted(secret.path("name").asText(), container, from));
        }
    }

    private Optional<Boolean> secretIsThere(
            String container, JsonNode secret, String id, Region region) {
        return known(
                "secretsmanager:DescribeSecret",
                () -> {
                    try {
                        DescribeSecretResponse found =
                                access.secrets(region).describeSecret(it -> it.secretId(id));
                        if (found.deletedDate() != null) {
                            throw new StepException(
                                    "the secret %s (%s of the container '%s') is going to be deleted: restore it, or name another in 'secrets'"
                                            .formatted(
                                                    id, secret.path("name").asText(), container));
                        }
                        return true;
                    } catch (ResourceNotFoundException e) {
                        return false;
                    }
                });
    }

    private Optional<Boolean> parameterIsThere(String name, Region region) {
        // An ARN doesn't say whether the name begins with a slash
        ParameterStringFilter filter =
                ParameterStringFilter.builder()
                        .key("Name")
                        .option("Equals")
                        .values(name.startsWith("/") ? name.substring(1) : name, slashed(name))
                        .build();
        return known(
                "ssm:DescribeParameters",
                () ->
                        access
                                .parameters(region)
                                .describeParametersPaginator(it -> it.parameterFilters(filter))
                                .stream()
                                .anyMatch(page -> !page.parameters().isEmpty()));
    }

    private static String slashed(String name) {
        return name.startsWith("/") ? name : "/" + name;
    }

    // ---- logs

    private void logGroup(String container, JsonNode log, Set<String> seen) {
        JsonNode options = log.path("options");
        String group = options.path("awslogs-group").asText(null);
        if (!log.path("logDriver").asText().equals("awslogs")
                || group == null
                || options.path("awslogs-create-group").asText().equals("true")) {
            return;
        }
        Region region = Region.of(options.path("awslogs-region").asText(access.region().id()));
        if (!seen.add("log group " + region.id() + " " + group)) {
            return;
        }
        Optional<Boolean> there =
                known(
                        "logs:DescribeLogGroups",
                        () ->
                                access
                                        .logs(region)
                                        .describeLogGroupsPaginator(
                                                it -> it.logGroupNamePrefix(group))
                                        .logGroups()
                                        .stream()
                                        .anyMatch(it -> group.equals(it.logGroupName())));
        if (there.isPresent() && !there.get()) {
            throw new StepException(
                    "log group not found: the container '%s' logs to '%s' in %s, which isn't there. Create it, or set awslogs-create-group."
                            .formatted(container, group, region.id()));
        }
    }

    /** What AWS answers; where it doesn't, that is said and this isn't asked again. */
    private <T> Optional<T> known(String action, Supplier<T> question) {
        if (refused.contains(action)) {
            return Optional.empty();
        }
        try {
            return Optional.of(question.get());
        } catch (SdkException e) {
            refused.add(action);
            String why =
                    e instanceof AwsServiceException answer
                            ? AwsCall.denied(answer) ? "access denied" : AwsCall.message(answer)
                            : e.getMessage();
            progress.say(
                    "note: %s isn't answered, so it isn't checked whether what the tasks need is there: %s"
                            .formatted(action, why));
            return Optional.empty();
        }
    }
}
