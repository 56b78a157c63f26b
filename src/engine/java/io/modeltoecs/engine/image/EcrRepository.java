package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.progress.Progress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ecr.EcrClient;
import software.amazon.awssdk.services.ecr.model.AuthorizationData;
import software.amazon.awssdk.services.ecr.model.ImageTagMutability;
import software.amazon.awssdk.services.ecr.model.RepositoryAlreadyExistsException;
import software.amazon.awssdk.services.ecr.model.RepositoryNotFoundException;

/** A repository of Amazon ECR, in the caller's account and region. */
final class EcrRepository {
    private final EcrClient ecr;
    private final String region;
    private final String name;

    /**
     * What it takes to use the registry.
     *
     * @param registry its host, with a port where it has one
     * @param login holds for twelve hours
     */
    record Access(String registry, Login login) {}

    EcrRepository(AwsAccess aws, String name) {
        this.ecr = aws.ecr();
        this.region = aws.region().id();
        this.name = name;
    }

    /** Host and login of the registry. */
    Access access() {
        AuthorizationData data =
                call("ecr:GetAuthorizationToken", ecr::getAuthorizationToken)
                        .authorizationData()
                        .get(0);
        String token =
                new String(
                        Base64.getDecoder().decode(data.authorizationToken()),
                        StandardCharsets.UTF_8);
        int colon = token.indexOf(':');
        return new Access(
                data.proxyEndpoint().replaceFirst("^https?://", ""),
                new Login(token.substring(0, colon), token.substring(colon + 1)));
    }

    /** Whether the repository is there. */
    boolean exists() {
        try {
            call(
                    "ecr:DescribeRepositories",
                    () -> ecr.describeRepositories(request -> request.repositoryNames(name)));
            return true;
        } catch (RepositoryNotFoundException e) {
            return false;
        }
    }

    /**
     * Makes the repository.
     *
     * @param immutable whether its tags can't be moved
     */
    void create(boolean immutable, Progress progress) {
        try {
            call(
                    "ecr:CreateRepository",
                    () ->
                            ecr.createRepository(
                                    request ->
                                            request.repositoryName(name)
                                                    .imageTagMutability(
                                                            immutable
                                                                    ? ImageTagMutability.IMMUTABLE
                                                                    : ImageTagMutability.MUTABLE)
                                                    .imageScanningConfiguration(
                                                            scan -> scan.scanOnPush(true))));
            progress.say("repository: created %s in ECR, %s".formatted(name, region));
        } catch (RepositoryAlreadyExistsException e) {
            // another build was faster
        }
    }

    /** The error for a repository that isn't there and isn't to be made. */
    StepException missing() {
        return new StepException(
                "buildServingImage: there is no repository '%s' in ECR, %s: create it, or leave"
                                .formatted(name, region)
                        + " 'createRepository' at true");
    }

    private <T> T call(String action, Supplier<T> call) {
        try {
            return call.get();
        } catch (RepositoryNotFoundException | RepositoryAlreadyExistsException e) {
            throw e;
        } catch (AwsServiceException e) {
            String words =
                    e.awsErrorDetails() == null
                            ? e.getMessage()
                            : e.awsErrorDetails().errorMessage();
            throw new StepException(
                    "%s for '%s' in ECR, %s, was refused: %s"
                            .formatted(action, name, region, words),
                    e);
        } catch (SdkException e) {
            throw new StepException(
                    "ECR, %s, can't be reached: %s".formatted(region, e.getMessage()), e);
        }
    }
}
