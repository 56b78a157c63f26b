package io.modeltoecs.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.cloud.engine.ContainerEngine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.ecr.EcrClient;
import software.amazon.awssdk.services.ecr.model.ImageIdentifier;
import software.amazon.awssdk.services.ecr.model.ImageAlreadyExistsException;
import software.amazon.awssdk.services.ecr.model.ImageNotFoundException;
import software.amazon.awssdk.services.ecr.model.RepositoryNotFoundException;

/** ECR and the registry, as an engine's own command line uses them. */
@ExtendWith(CloudFixture.class)
class RegistryTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @TempDir Path folder;

    @Test
    void pushesAndPullsWithTheLoginOfEcr() throws Exception {
        ContainerEngine engine = CloudFixture.cloud().engine();
        String registry = CloudFixture.environment().get("REGISTRY");
        try (EcrClient ecr = CloudFixture.ecr()) {
            String uri =
                    ecr.createRepository(b -> b.repositoryName("team/app"))
                            .repository()
                            .repositoryUri();
            assertThat(uri).isEqualTo(registry + "/team/app");
            String token =
                    ecr.getAuthorizationToken().authorizationData().get(0).authorizationToken();
            String login = new String(Base64.getDecoder().decode(token), StandardCharsets.UTF_8);
            assertThat(login).startsWith("AWS:");

            engine.tag(CloudFixture.environment().get("BASE_IMAGE"), uri + ":v1");
            Path wrong = auth(registry, "AWS:wrong", "wrong.json");
            assertThat(push(engine, wrong, uri + ":v1")).contains("authentication required");
            Path right = auth(registry, login, "right.json");
            assertThat(push(engine, right, uri + ":v1")).isEmpty();

            var image =
                    ecr.describeImages(
                                    b ->
                                            b.repositoryName("team/app")
                                                    .imageIds(tag("v1")))
                            .imageDetails()
                            .get(0);
            assertThat(image.imageTags()).containsExactly("v1");
            assertThat(image.imageSizeInBytes()).isPositive();
            assertThat(
                            engine.run(
                                            LIMIT,
                                            "pull",
                                            "--authfile",
                                            right.toString(),
                                            uri + "@" + image.imageDigest())
                                    .ok())
                    .isTrue();
            assertThat(
                            ecr.batchGetImage(
                                            b ->
                                                    b.repositoryName("team/app")
                                                            .imageIds(tag("v1"), tag("v2")))
                                    .failures())
                    .hasSize(1);
            var manifest =
                    ecr.batchGetImage(b -> b.repositoryName("team/app").imageIds(tag("v1")))
                            .images()
                            .get(0)
                            .imageManifest();
            ecr.putImage(
                    b ->
                            b.repositoryName("team/app")
                                    .imageManifest(manifest)
                                    .imageManifestMediaType(image.imageManifestMediaType())
                                    .imageTag("in-use-0"));
            assertThat(
                            ecr.describeImages(
                                            b ->
                                                    b.repositoryName("team/app")
                                                            .imageIds(tag("in-use-0")))
                                    .imageDetails()
                                    .get(0)
                                    .imageTags())
                    .containsExactlyInAnyOrder("v1", "in-use-0");
            assertThatThrownBy(
                            () ->
                                    ecr.putImage(
                                            b ->
                                                    b.repositoryName("team/app")
                                                            .imageManifest(manifest)
                                                            .imageTag("v1")))
                    .isInstanceOf(ImageAlreadyExistsException.class);
            ecr.batchDeleteImage(b -> b.repositoryName("team/app").imageIds(tag("v1")));
            assertThatThrownBy(
                            () ->
                                    ecr.describeImages(
                                            b -> b.repositoryName("team/app").imageIds(tag("v1"))))
                    .isInstanceOf(ImageNotFoundException.class);
        }
    }

    @Test
    void unknownRepositoriesAreNamed() {
        try (EcrClient ecr = CloudFixture.ecr()) {
            assertThatThrownBy(() -> ecr.describeRepositories(b -> b.repositoryNames("none")))
                    .isInstanceOf(RepositoryNotFoundException.class)
                    .hasMessageContaining(
                            "The repository with name 'none' does not exist in the registry with"
                                    + " id '000000000000'");
        }
    }

    private static ImageIdentifier tag(String name) {
        return ImageIdentifier.builder().imageTag(name).build();
    }

    private Path auth(String registry, String login, String name) throws Exception {
        String encoded =
                Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
        String json = "{\"auths\":{\"" + registry + "\":{\"auth\":\"" + encoded + "\"}}}";
        return Files.writeString(folder.resolve(name), json);
    }

    /** What the engine complains of; nothing where it pushed. */
    private static String push(ContainerEngine engine, Path auth, String image) {
        var pushed = engine.run(LIMIT, "push", "-q", "--authfile", auth.toString(), image);
        return pushed.ok() ? "" : pushed.complaint();
    }
}
