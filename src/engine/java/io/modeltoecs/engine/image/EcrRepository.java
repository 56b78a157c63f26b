package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.options.BuildOptions;
import io.modeltoecs.engine.progress.Progress;
import io.modeltoecs.engine.registry.Login;
import io.modeltoecs.engine.registry.Manifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.ecr.EcrClient;
import software.amazon.awssdk.services.ecr.model.AuthorizationData;
import software.amazon.awssdk.services.ecr.model.ImageTagMutability;
import software.amazon.awssdk.services.ecr.model.Repository;
import software.amazon.awssdk.services.ecr.model.RepositoryAlreadyExistsException;
import software.amazon.awssdk.services.ecr.model.RepositoryNotFoundException;

/**
 * A repository of Amazon ECR, in the caller's account and region or in those that the registry's
 * host names.
 */
final class EcrRepository {
    private static final String EXPIRE_UNTAGGED =
            """
            {"rules": [{"rulePriority": 1, "description": "images that no tag names",
              "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed",
                "countUnit": "days", "countNumber": 14},
              "action": {"type": "expire"}}]}
            """;

    private static final Pattern HOST =
            Pattern.compile(
                    "([0-9]{12})\\.dkr[.-]ecr(?:-fips)?\\.([a-z0-9-]+)\\.(?:amazonaws\\.com|on\\.aws)"
                            + "(?:\\.cn)?");

    private final EcrClient ecr;
    private final String host;
    private final String account;
    private final String region;
    private final String name;

    /**
     * What it takes to use the registry.
     *
     * @param registry its host, with a port where it has one
     * @param login holds for twelve hours
     */
    record Access(String registry, Login login) {}

    /**
     * @param registry 'ecr', or a registry's host
     */
    EcrRepository(AwsAccess aws, String registry, String name) {
        Matcher elsewhere = HOST.matcher(registry);
        boolean named = elsewhere.matches();
        this.host = named ? registry : null;
        this.account = named ? elsewhere.group(1) : null;
        this.ecr = named ? aws.ecr(Region.of(elsewhere.group(2))) : aws.ecr();
        this.region = named ? elsewhere.group(2) : aws.region().id();
        this.name = name;
    }

    /** Whether a registry is ECR's, of any account. */
    static boolean isEcr(String registry) {
        return registry.equals(BuildOptions.ECR) || HOST.matcher(registry).matches();
    }

    /**
     * Host and login of the registry. The token is good for whatever its owner may use, in other
     * accounts of the region too.
     */
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
                host != null ? host : data.proxyEndpoint().replaceFirst("^https?://", ""),
                new Login(token.substring(0, colon), token.substring(colon + 1)));
    }

    /** Whether no tag of the repository can be moved; nothing if it isn't there. */
    Optional<Boolean> immutable() {
        try {
            Repository repository =
                    call(
                                    "ecr:DescribeRepositories",
                                    () ->
                                            ecr.describeRepositories(
                                                    request ->
                                                            request.registryId(account)
                                                                    .repositoryNames(name)))
                            .repositories()
                            .get(0);
            return Optional.of(repository.imageTagMutability() == ImageTagMutability.IMMUTABLE);
        } catch (RepositoryNotFoundException e) {
            return Optional.empty();
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
                                            request.registryId(account)
                                                    .repositoryName(name)
                                                    .imageTagMutability(
                                                            immutable
                                                                    ? ImageTagMutability.IMMUTABLE
                                                                    : ImageTagMutability.MUTABLE)
                                                    .imageScanningConfiguration(
                                                            scan -> scan.scanOnPush(true))));
            progress.say("repository: created %s in ECR, %s".formatted(name, region));
            expireUntagged(progress);
        } catch (RepositoryAlreadyExistsException e) {
            // another build was faster
        }
    }

    /**
     * Has images expire that no tag names any more, two weeks after they were pushed; what has a
     * tag stays. https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
     *
     * <p>The platforms of an index and the attachments of an image have no tags of their own. ECR
     * doesn't count the former for themselves (seen in its preview of a policy,
     * https://github.com/DefangLabs/pulumi-defang/pull/466), and deletes the latter with the image
     * that they refer to (
     * https://aws.amazon.com/about-aws/whats-new/2024/06/amazon-ecr-oci-image-distribution-version-1-1).
     * That the latter stay until then isn't promised there in so many words.
     */
    private void expireUntagged(Progress progress) {
        try {
            call(
                    "ecr:PutLifecyclePolicy",
                    () ->
                            ecr.putLifecyclePolicy(
                                    request ->
                                            request.registryId(account)
                                                    .repositoryName(name)
                                                    .lifecyclePolicyText(EXPIRE_UNTAGGED)));
        } catch (StepException | RepositoryNotFoundException e) {
            progress.say("warning: images without a tag don't expire: " + e.getMessage());
        }
    }

    /** The error for a repository that isn't there and isn't to be made. */
    StepException missing() {
        return new StepException(
                "buildServingImage: there is no repository '%s' in ECR, %s: create it, or leave"
                                .formatted(name, region)
                        + " 'createRepository' at true");
    }

    /**
     * Waits for the scan of an image.
     *
     * @param digest of the image, or of an index, of which each image is scanned
     * @param failOn the least severity that is refused
     */
    void refuse(String digest, String failOn, Progress progress)
            throws IOException, InterruptedException {
        String manifest =
                call(
                                "ecr:BatchGetImage",
                                () ->
                                        ecr.batchGetImage(
                                                request ->
                                                        request.registryId(account)
                                                                .repositoryName(name)
                                                                .acceptedMediaTypes(
                                                                        Manifest.OCI,
                                                                        Manifest.OCI_INDEX)
                                                                .imageIds(
                                                                        id ->
                                                                                id.imageDigest(
                                                                                        digest))))
                        .images()
                        .get(0)
                        .imageManifest();
        JsonNode images = new ObjectMapper().readTree(manifest).path("manifests");
        if (images.isEmpty()) {
            new ScanFindings(ecr, account, name, digest).refuse(failOn, progress);
        }
        for (JsonNode each : images) {
            new ScanFindings(ecr, account, name, each.path("digest").asText())
                    .refuse(failOn, progress);
        }
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
