package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Progress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ecr.model.Image;
import software.amazon.awssdk.services.ecr.model.ImageAlreadyExistsException;
import software.amazon.awssdk.services.ecr.model.ImageNotFoundException;
import software.amazon.awssdk.services.ecr.model.ImageTagAlreadyExistsException;

/**
 * Tags in Amazon ECR the images that a service's revisions pin, since a lifecycle policy looks at
 * tags and ages alone and would expire what runs: {@code in-use-<user>-<n>}. An image keeps its tag
 * while it is in use; an {@code n} that became free moves on to the next image, and what lost it
 * expires by the policy.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
 */
final class InUseTags {
    private static final int LONGEST_TAG = 128;
    private static final int LONGEST_NUMBER = 10;

    private final Images images;
    private final Progress progress;

    InUseTags(Images images, Progress progress) {
        this.images = images;
        this.progress = progress;
    }

    /**
     * Tags images. What is refused is a warning: it stops no deployment.
     *
     * @param user names the service in all accounts and regions
     * @param revision number of the revision that is deployed: the {@code n} of an image where tags
     *     can't be moved
     * @param references by digest
     */
    void keep(String user, String revision, List<String> references) {
        Map<String, List<ImageName>> repositories = new LinkedHashMap<>();
        for (String reference : references) {
            ImageName name = ImageName.parse(reference);
            repositories.computeIfAbsent(name.name(), it -> new ArrayList<>()).add(name);
        }
        repositories.forEach(
                (repository, inUse) -> {
                    try {
                        images.registry(inUse.get(0))
                                .ifPresent(it -> keep(prefix(user), revision, inUse, it));
                    } catch (AwsServiceException e) {
                        warn(repository, AwsCall.message(e));
                    } catch (SdkException | StepException e) {
                        warn(repository, e.getMessage());
                    }
                });
    }

    private void warn(String repository, String why) {
        progress.say(
                "warning: the images of '%s' that are in use can't be tagged, so that a lifecycle policy may expire them: %s"
                        .formatted(repository, why));
    }

    private static String prefix(String user) {
        String prefix = "in-use-" + user + "-";
        int longest = LONGEST_TAG - LONGEST_NUMBER;
        return prefix.length() <= longest
                ? prefix
                : prefix.substring(0, longest - 9) + Integer.toHexString(user.hashCode()) + "-";
    }

    private void keep(String prefix, String revision, List<ImageName> inUse, EcrRegistry registry) {
        Set<String> taken = new HashSet<>();
        Map<String, ImageName> untagged = new LinkedHashMap<>();
        for (ImageName name : inUse) {
            tags(name, registry)
                    .ifPresent(
                            tags -> {
                                tags.removeIf(Predicate.not(tag -> tag.startsWith(prefix)));
                                taken.addAll(tags);
                                if (tags.isEmpty()) {
                                    untagged.put(name.digest(), name);
                                }
                            });
        }
        for (ImageName name : untagged.values()) {
            Image image = Images.image(name, registry, null, name.digest());
            int n = 0;
            while (taken.contains(prefix + n)) {
                n++;
            }
            String tag = prefix + n;
            try {
                tag(name, image, tag, registry);
            } catch (ImageTagAlreadyExistsException e) {
                // the repository's tags are immutable
                tag = prefix + revision;
                tag(name, image, tag, registry);
            }
            taken.add(tag);
            progress.say("image: '%s' is tagged %s while it is in use".formatted(name, tag));
        }
    }

    /** Nothing if the image is gone. */
    private static Optional<Set<String>> tags(ImageName name, EcrRegistry registry) {
        try {
            return registry
                    .ecr()
                    .describeImages(
                            request ->
                                    request.registryId(registry.account())
                                            .repositoryName(name.repository())
                                            .imageIds(id -> id.imageDigest(name.digest())))
                    .imageDetails()
                    .stream()
                    .findFirst()
                    .map(it -> new HashSet<>(it.imageTags()));
        } catch (ImageNotFoundException e) {
            return Optional.empty();
        }
    }

    private static void tag(ImageName name, Image image, String tag, EcrRegistry registry) {
        try {
            registry.ecr()
                    .putImage(
                            request ->
                                    request.registryId(registry.account())
                                            .repositoryName(name.repository())
                                            .imageManifest(image.imageManifest())
                                            .imageManifestMediaType(image.imageManifestMediaType())
                                            .imageTag(tag));
        } catch (ImageAlreadyExistsException e) {
            // it has this tag
        }
    }
}
