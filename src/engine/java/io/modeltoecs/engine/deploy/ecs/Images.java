package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.http.ApacheClients;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.http.HttpRequest;
import org.apache.http.HttpResponse;
import org.apache.http.ProtocolException;
import org.apache.http.client.RedirectStrategy;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpUriRequest;
import org.apache.http.client.methods.RequestBuilder;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.DefaultRedirectStrategy;
import org.apache.http.protocol.HttpContext;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.ecr.EcrClient;
import software.amazon.awssdk.services.ecr.model.AuthorizationData;
import software.amazon.awssdk.services.ecr.model.BatchGetImageRequest;
import software.amazon.awssdk.services.ecr.model.BatchGetImageResponse;
import software.amazon.awssdk.services.ecr.model.EcrException;
import software.amazon.awssdk.services.ecr.model.Image;
import software.amazon.awssdk.services.ecr.model.ImageFailure;
import software.amazon.awssdk.services.ecr.model.RepositoryNotFoundException;

/**
 * Looks images up in Amazon ECR: their digest, and their configuration, which lies in the registry
 * as a blob. An image of another registry is left to ECS as it is named.
 */
final class Images {
    private static final Pattern ECR =
            Pattern.compile(
                    "([0-9]{12})\\.dkr[.-]ecr(?:-fips)?\\.([a-z0-9-]+)\\.(?:amazonaws\\.com|on\\.aws)"
                            + "(?:\\.cn)?");
    private static final String[] MEDIA_TYPES = {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json"
    };
    private static final int CONNECT_MILLIS = 10_000;
    private static final int ANSWER_MILLIS = 30_000;
    private static final int MAX_CONFIG_BYTES = 4 * 1024 * 1024;

    private final AwsAccess access;
    private final boolean ownEndpoint;
    private final Progress progress;

    /**
     * @param ownEndpoint whether AWS is reached at an endpoint of its own, whose registry may have
     *     any host
     */
    Images(AwsAccess access, boolean ownEndpoint, Progress progress) {
        this.access = access;
        this.ownEndpoint = ownEndpoint;
        this.progress = progress;
    }

    /**
     * Finds an image.
     *
     * @param architecture which of its platforms is meant, {@code amd64} or {@code arm64}
     * @throws StepException if it isn't there
     */
    ImageFacts find(String reference, String architecture) {
        ImageName name = ImageName.parse(reference);
        Optional<EcrRegistry> ecr = registry(name);
        if (ecr.isPresent()) {
            return find(name, ecr.get(), architecture);
        }
        if (name.digest() == null) {
            progress.say(
                    "warning: '%s' isn't in ECR: its tag is left to ECS to resolve; name it by digest"
                                    .formatted(name)
                            + " to know what runs");
        }
        return new ImageFacts(name.toString(), null, null);
    }

    /** The registry of an image, if it is one of ECR's. */
    Optional<EcrRegistry> registry(ImageName name) {
        Matcher host = ECR.matcher(name.host() == null ? "" : name.host());
        if (host.matches()) {
            return Optional.of(
                    new EcrRegistry(access.ecr(Region.of(host.group(2))), host.group(1), "https"));
        }
        if (!ownEndpoint || name.host() == null) {
            return Optional.empty();
        }
        EcrClient ecr = access.ecr();
        return AwsCall.tried(ecr::getAuthorizationToken)
                .map(it -> URI.create(it.authorizationData().get(0).proxyEndpoint()))
                .filter(it -> name.host().equals(it.getAuthority()))
                .map(it -> new EcrRegistry(ecr, null, it.getScheme()));
    }

    private ImageFacts find(ImageName name, EcrRegistry registry, String architecture) {
        try {
            Image image = image(name, registry, name.tag(), name.digest());
            String digest = image.imageId().imageDigest();
            JsonNode manifest = Json.read(bytes(image.imageManifest()));
            String platform = null;
            if (manifest.path("manifests").isArray()) {
                platform = platform(name, manifest, architecture);
                manifest = Json.read(bytes(image(name, registry, null, platform).imageManifest()));
            }
            JsonNode config =
                    config(name, registry, manifest.path("config").path("digest").asText());
            return new ImageFacts(name.byDigest(digest), platform, config);
        } catch (AwsServiceException e) {
            if (name.digest() != null && AwsCall.denied(e)) {
                progress.say(
                        "warning: access denied to ecr:BatchGetImage: '%s' is taken unseen"
                                .formatted(name));
                return new ImageFacts(name.toString(), null, null);
            }
            return AwsCall.of(
                    "ecr:BatchGetImage",
                    () -> {
                        throw e;
                    });
        } catch (IOException e) {
            throw new StepException("the manifest of '%s' isn't JSON".formatted(name), e);
        }
    }

    /**
     * Fetches an image's manifest.
     *
     * @throws StepException if it isn't there
     */
    static Image image(ImageName name, EcrRegistry registry, String tag, String digest) {
        BatchGetImageRequest request =
                BatchGetImageRequest.builder()
                        .registryId(registry.account())
                        .repositoryName(name.repository())
                        .acceptedMediaTypes(MEDIA_TYPES)
                        .imageIds(
                                id -> {
                                    if (digest != null) {
                                        id.imageDigest(digest);
                                    } else {
                                        id.imageTag(tag == null ? "latest" : tag);
                                    }
                                })
                        .build();
        BatchGetImageResponse answer;
        try {
            answer = registry.ecr().batchGetImage(request);
        } catch (RepositoryNotFoundException e) {
            throw new StepException(
                    "image not found: '%s': there is no repository '%s' in this registry"
                            .formatted(name, name.repository()),
                    e);
        }
        if (answer.images().isEmpty()) {
            String why =
                    answer.failures().stream()
                            .map(ImageFailure::failureReason)
                            .findFirst()
                            .orElse("there is no such tag or digest");
            throw new StepException(
                    "image not found: '%s': %s. Push it first, or name another."
                            .formatted(name, why));
        }
        return answer.images().get(0);
    }

    private static String platform(ImageName name, JsonNode index, String architecture) {
        StringBuilder known = new StringBuilder();
        for (JsonNode entry : index.path("manifests")) {
            JsonNode platform = entry.path("platform");
            if (platform.path("os").asText("linux").equals("linux")
                    && platform.path("architecture").asText().equals(architecture)) {
                return entry.path("digest").asText();
            }
            known.append(' ').append(platform.path("architecture").asText());
        }
        throw new StepException(
                "the image '%s' isn't built for linux/%s, which the service runs on, but for:%s"
                        .formatted(name, architecture, known));
    }

    /** The image's configuration, or null where it can't be read. */
    private JsonNode config(ImageName name, EcrRegistry registry, String digest) {
        try {
            AuthorizationData token =
                    registry.ecr().getAuthorizationToken().authorizationData().get(0);
            URI blob =
                    URI.create(
                            "%s://%s/v2/%s/blobs/%s"
                                    .formatted(
                                            registry.scheme(),
                                            name.host(),
                                            name.repository(),
                                            digest));
            return Json.read(download(blob, "Basic " + token.authorizationToken()));
        } catch (EcrException | IOException e) {
            progress.say(
                    "warning: the labels of '%s' can't be read, so they aren't compared with the"
                                    .formatted(name)
                            + " model: "
                            + (e instanceof EcrException ecrError ? AwsCall.message(ecrError) : e));
            return null;
        }
    }

    private byte[] download(URI uri, String authorization) throws IOException {
        RequestConfig patience =
                RequestConfig.custom()
                        .setConnectTimeout(CONNECT_MILLIS)
                        .setSocketTimeout(ANSWER_MILLIS)
                        .build();
        HttpUriRequest request =
                RequestBuilder.get(uri)
                        .addHeader("Authorization", authorization)
                        .setConfig(patience)
                        .build();
        // a signed address that it is sent on to takes no login of the registry
        RedirectStrategy withoutLogin =
                new DefaultRedirectStrategy() {
                    @Override
                    public HttpUriRequest getRedirect(
                            HttpRequest from, HttpResponse answer, HttpContext context)
                            throws ProtocolException {
                        return RequestBuilder.get(getLocationURI(from, answer, context))
                                .setConfig(patience)
                                .build();
                    }
                };
        try (CloseableHttpClient client =
                        ApacheClients.by(access.outbound())
                                .setRedirectStrategy(withoutLogin)
                                .build();
                CloseableHttpResponse answer = client.execute(request)) {
            int status = answer.getStatusLine().getStatusCode();
            if (status != 200) {
                throw new IOException("the registry answers " + status);
            }
            return answer.getEntity().getContent().readNBytes(MAX_CONFIG_BYTES);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
