package io.modeltoecs.cloud.ecr;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.JsonApi;
import io.modeltoecs.cloud.registry.Registry;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** ECR over the registry. Repositories are ours, images are the registry's. */
public final class EcrApi implements JsonApi {
    private static final Duration LOGIN = Duration.ofHours(12);
    private static final Pattern NAME =
            Pattern.compile("(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*");
    private static final int MAX_NAME = 256;

    private static final List<String> MUTABILITIES = List.of("MUTABLE", "IMMUTABLE");

    /** Stands for each image that nothing was set for. */
    private static final String ANY_IMAGE = "*";

    /** The states of a scan that show findings. */
    private static final Set<String> SCANNED = Set.of("COMPLETE", "ACTIVE");

    private final Registry registry;
    private final StateFile file;
    private final State state;

    /** What is kept. */
    private static final class State {
        Map<String, Repository> repositories = new TreeMap<>();
    }

    private static final class Repository {
        long createdAt;
        String mutability = "MUTABLE";
        boolean scanOnPush;
        Map<String, String> tags = new LinkedHashMap<>();
        String lifecyclePolicy;
        String policy;

        /** What a scan of an image finds, by digest or tag; {@code *} is any other image. */
        Map<String, ObjectNode> scans = new LinkedHashMap<>();

        /** Digests that a scan was asked for. */
        Set<String> scanned = new HashSet<>();
    }

    public EcrApi(Registry registry, StateFile file) {
        this.registry = registry;
        this.file = file;
        this.state = file.load(State.class, State::new);
    }

    @Override
    public String target() {
        return "AmazonEC2ContainerRegistry_V20150921";
    }

    @Override
    public Map<String, Action> actions() {
        Map<String, Action> all = new LinkedHashMap<>();
        all.put("GetAuthorizationToken", in -> token());
        all.put("CreateRepository", this::create);
        all.put("DescribeRepositories", this::describe);
        all.put("DeleteRepository", this::deleteRepository);
        all.put("PutImageTagMutability", this::putMutability);
        all.put("ListImages", this::listImages);
        all.put("DescribeImages", this::describeImages);
        all.put("BatchGetImage", this::batchGetImage);
        all.put("PutImage", this::putImage);
        all.put("BatchDeleteImage", this::batchDelete);
        all.put("BatchCheckLayerAvailability", this::checkLayers);
        all.put("DescribeImageScanFindings", this::scanFindings);
        all.put("StartImageScan", this::startScan);
        all.put("PutLifecyclePolicy", this::putLifecyclePolicy);
        all.put("GetLifecyclePolicy", this::getLifecyclePolicy);
        all.put("DeleteLifecyclePolicy", this::deleteLifecyclePolicy);
        all.put("SetRepositoryPolicy", this::setPolicy);
        all.put("GetRepositoryPolicy", this::getPolicy);
        all.put("DeleteRepositoryPolicy", this::deletePolicy);
        all.put("ListTagsForResource", this::listTags);
        all.put("TagResource", this::tag);
        all.put("UntagResource", this::untag);
        return all;
    }

    private JsonNode token() {
        String login = Registry.USER + ":" + registry.password();
        ObjectNode out = Json.object();
        out.putArray("authorizationData")
                .addObject()
                .put(
                        "authorizationToken",
                        Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)))
                .put("expiresAt", Json.seconds(System.currentTimeMillis() + LOGIN.toMillis()))
                .put("proxyEndpoint", "http://" + registry.host());
        return out;
    }

    private synchronized JsonNode create(ObjectNode in) {
        String name = in.path("repositoryName").asText();
        if (name.length() < 2 || name.length() > MAX_NAME || !NAME.matcher(name).matches()) {
            throw AwsError.of(
                    "InvalidParameterException",
                    "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must"
                            + " satisfy regular expression '"
                            + NAME
                            + "''");
        }
        if (state.repositories.containsKey(name)) {
            throw AwsError.of(
                    "RepositoryAlreadyExistsException",
                    "The repository with name '"
                            + name
                            + "' already exists in the registry with id '"
                            + Arns.ACCOUNT
                            + "'");
        }
        requireMutability(in);
        Repository repository = new Repository();
        repository.createdAt = System.currentTimeMillis();
        repository.mutability = in.path("imageTagMutability").asText("MUTABLE");
        repository.scanOnPush =
                in.path("imageScanningConfiguration").path("scanOnPush").asBoolean();
        in.path("tags")
                .forEach(
                        t -> repository.tags.put(t.path("Key").asText(), t.path("Value").asText()));
        state.repositories.put(name, repository);
        file.save(state);
        ObjectNode out = Json.object();
        out.set("repository", json(name, repository));
        return out;
    }

    private synchronized JsonNode describe(ObjectNode in) {
        ObjectNode out = Json.object();
        ArrayNode all = out.putArray("repositories");
        if (in.path("repositoryNames").isEmpty()) {
            List<String> names = List.copyOf(state.repositories.keySet());
            EcrPages.of(in, out, names, n -> all.add(json(n, repository(n))));
        }
        for (JsonNode name : in.path("repositoryNames")) {
            all.add(json(name.asText(), repository(name.asText())));
        }
        return out;
    }

    private synchronized JsonNode deleteRepository(ObjectNode in) {
        String name = in.path("repositoryName").asText();
        Repository repository = repository(name);
        List<String> digests = registry.digests(name);
        if (!digests.isEmpty() && !in.path("force").asBoolean()) {
            throw AwsError.of(
                    "RepositoryNotEmptyException",
                    "The repository with name '"
                            + name
                            + "' in registry with id '"
                            + Arns.ACCOUNT
                            + "' cannot be deleted because it still contains images");
        }
        digests.forEach(d -> registry.delete(name, d));
        state.repositories.remove(name);
        file.save(state);
        ObjectNode out = Json.object();
        out.set("repository", json(name, repository));
        return out;
    }

    private synchronized JsonNode putMutability(ObjectNode in) {
        requireMutability(in);
        Repository repository = repository(in.path("repositoryName").asText());
        repository.mutability = in.path("imageTagMutability").asText("MUTABLE");
        file.save(state);
        return answer(in).put("imageTagMutability", repository.mutability);
    }

    private static void requireMutability(ObjectNode in) {
        String value = in.path("imageTagMutability").asText("MUTABLE");
        if (!MUTABILITIES.contains(value)) {
            throw AwsError.invalidParameter(
                    "Invalid parameter at 'imageTagMutability' failed to satisfy constraint:"
                            + " 'Member must satisfy enum value set: "
                            + MUTABILITIES
                            + "'");
        }
    }

    private JsonNode listImages(ObjectNode in) {
        String name = repositoryName(in);
        ObjectNode out = Json.object();
        ArrayNode ids = Json.array();
        Map<String, List<String>> tags = tagsByDigest(name);
        String wanted = in.path("filter").path("tagStatus").asText("ANY");
        for (String digest : registry.digests(name)) {
            List<String> its = tags.getOrDefault(digest, List.of());
            if (its.isEmpty() && !wanted.equals("TAGGED")) {
                ids.addObject().put("imageDigest", digest);
            }
            if (!wanted.equals("UNTAGGED")) {
                its.forEach(t -> ids.addObject().put("imageDigest", digest).put("imageTag", t));
            }
        }
        ArrayNode page = out.putArray("imageIds");
        EcrPages.of(in, out, ids.valueStream().toList(), page::add);
        return out;
    }

    private JsonNode describeImages(ObjectNode in) {
        String name = repositoryName(in);
        Map<String, List<String>> tags = tagsByDigest(name);
        List<String> digests = new ArrayList<>();
        ObjectNode out = Json.object();
        if (in.path("imageIds").isEmpty()) {
            EcrPages.of(in, out, imagesOf(name, tags, in.path("filter")), digests::add);
        }
        for (JsonNode id : in.path("imageIds")) {
            digests.add(
                    manifest(name, id)
                            .map(Registry.Manifest::digest)
                            .orElseThrow(() -> imageNotFound(name, id)));
        }
        ArrayNode details = out.putArray("imageDetails");
        for (String digest : digests) {
            registry.manifest(name, digest)
                    .ifPresent(m -> details.add(detail(name, m, tags.get(digest))));
        }
        return out;
    }

    private List<String> imagesOf(String name, Map<String, List<String>> tags, JsonNode filter) {
        String wanted = filter.path("tagStatus").asText("ANY");
        return registry.digests(name).stream()
                .filter(d -> wanted.equals("ANY") || tags.containsKey(d) == wanted.equals("TAGGED"))
                .toList();
    }

    private ObjectNode detail(String name, Registry.Manifest manifest, List<String> tags) {
        ObjectNode detail =
                Json.object()
                        .put("registryId", Arns.ACCOUNT)
                        .put("repositoryName", name)
                        .put("imageDigest", manifest.digest())
                        .put("imageManifestMediaType", manifest.type())
                        .put("imageSizeInBytes", size(manifest))
                        .put(
                                "imagePushedAt",
                                Json.seconds(registry.pushedAt(name, manifest.digest())));
        scan(name, manifest).ifPresent(s -> detail.set("imageScanStatus", status(s)));
        if (tags != null && !tags.isEmpty()) {
            detail.set("imageTags", Json.strings(tags));
        }
        return detail;
    }

    private static long size(Registry.Manifest manifest) {
        try {
            JsonNode body = Json.MAPPER.readTree(manifest.body());
            long size = body.path("config").path("size").asLong();
            for (JsonNode layer : body.path("layers")) {
                size += layer.path("size").asLong();
            }
            return size;
        } catch (JsonProcessingException e) {
            return 0;
        }
    }

    private JsonNode batchGetImage(ObjectNode in) {
        String name = repositoryName(in);
        ObjectNode out = Json.object();
        ArrayNode images = out.putArray("images");
        ArrayNode failures = out.putArray("failures");
        for (JsonNode id : in.path("imageIds")) {
            Optional<Registry.Manifest> manifest = manifest(name, id);
            if (manifest.isEmpty()) {
                failure(failures, id, "ImageNotFound", "Requested image not found");
                continue;
            }
            ObjectNode imageId = id.deepCopy();
            imageId.put("imageDigest", manifest.get().digest());
            ObjectNode image = images.addObject();
            image.put("registryId", Arns.ACCOUNT).put("repositoryName", name);
            image.set("imageId", imageId);
            image.put("imageManifest", manifest.get().body());
            image.put("imageManifestMediaType", manifest.get().type());
        }
        return out;
    }

    /** Gives another tag to a manifest: whose blobs are there, as ECR wants it, too. */
    private JsonNode putImage(ObjectNode in) {
        String name = repositoryName(in);
        String body = in.path("imageManifest").asText();
        String tag = in.path("imageTag").asText();
        String type = type(in);
        Optional<Registry.Manifest> named = registry.manifest(name, tag);
        if (named.isPresent()) {
            if (named.get().body().equals(body)) {
                throw AwsError.of(
                        "ImageAlreadyExistsException",
                        "Image with tag '%s' already exists in the repository with name '%s' in registry with id '%s'"
                                .formatted(tag, name, Arns.ACCOUNT));
            }
            if (repository(name).mutability.equals("IMMUTABLE")) {
                throw AwsError.of(
                        "ImageTagAlreadyExistsException",
                        "The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is immutable."
                                .formatted(tag, name));
            }
        }
        try {
            registry.putManifest(name, tag, type, body.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw AwsError.invalidParameter(e.getMessage());
        }
        ObjectNode out = Json.object();
        ObjectNode image = out.putObject("image");
        image.put("registryId", Arns.ACCOUNT).put("repositoryName", name);
        image.putObject("imageId")
                .put("imageDigest", registry.manifest(name, tag).orElseThrow().digest())
                .put("imageTag", tag);
        image.put("imageManifest", body).put("imageManifestMediaType", type);
        return out;
    }

    private static String type(ObjectNode in) {
        try {
            return in.path("imageManifestMediaType")
                    .asText(
                            Json.MAPPER
                                    .readTree(in.path("imageManifest").asText())
                                    .path("mediaType")
                                    .asText());
        } catch (JsonProcessingException e) {
            throw AwsError.invalidParameter("Invalid parameter at 'ImageManifest'");
        }
    }

    private JsonNode batchDelete(ObjectNode in) {
        String name = repositoryName(in);
        ObjectNode out = Json.object();
        ArrayNode ids = out.putArray("imageIds");
        ArrayNode failures = out.putArray("failures");
        for (JsonNode id : in.path("imageIds")) {
            Optional<Registry.Manifest> manifest = manifest(name, id);
            if (manifest.isPresent() && registry.delete(name, manifest.get().digest())) {
                ObjectNode gone = id.deepCopy();
                ids.add(gone.put("imageDigest", manifest.get().digest()));
            } else {
                failure(failures, id, "ImageNotFound", "Requested image not found");
            }
        }
        return out;
    }

    private JsonNode checkLayers(ObjectNode in) {
        String name = repositoryName(in);
        ObjectNode out = Json.object();
        ArrayNode layers = out.putArray("layers");
        ArrayNode failures = out.putArray("failures");
        for (JsonNode digest : in.path("layerDigests")) {
            if (registry.hasBlob(name, digest.asText())) {
                layers.addObject()
                        .put("layerDigest", digest.asText())
                        .put("layerAvailability", "AVAILABLE");
            } else {
                failures.addObject()
                        .put("layerDigest", digest.asText())
                        .put("failureCode", "MissingLayerDigest")
                        .put("failureReason", "Requested layer not found");
            }
        }
        return out;
    }

    /**
     * Sets what scans find: there is no scanner here. Members: repositoryName, imageTag or
     * imageDigest (neither: any image of the repository), status, description, findings,
     * enhancedFindings.
     */
    public synchronized ObjectNode setScanFindings(ObjectNode in) {
        Repository repository = repository(in.path("repositoryName").asText());
        ObjectNode scan = in.deepCopy();
        String image = in.path("imageDigest").asText(in.path("imageTag").asText(ANY_IMAGE));
        scan.remove(List.of("repositoryName", "imageTag", "imageDigest"));
        if (!scan.has("status")) {
            scan.put("status", "COMPLETE");
        }
        repository.scans.put(image, scan);
        file.save(state);
        return scan;
    }

    private synchronized JsonNode startScan(ObjectNode in) {
        String name = repositoryName(in);
        Registry.Manifest manifest = image(name, in.path("imageId"));
        repository(name).scanned.add(manifest.digest());
        file.save(state);
        ObjectNode out = answer(in);
        out.set("imageId", imageId(in, manifest));
        out.putObject("imageScanStatus").put("status", "IN_PROGRESS");
        return out;
    }

    private synchronized JsonNode scanFindings(ObjectNode in) {
        String name = repositoryName(in);
        Registry.Manifest manifest = image(name, in.path("imageId"));
        ObjectNode scan =
                scan(name, manifest)
                        .orElseThrow(
                                () ->
                                        AwsError.of(
                                                "ScanNotFoundException",
                                                "Image scan does not exist for the image with"
                                                        + " '{imageDigest:'"
                                                        + manifest.digest()
                                                        + "'}' in the repository with name '"
                                                        + name
                                                        + "' in the registry with id '"
                                                        + Arns.ACCOUNT
                                                        + "'"));
        ObjectNode out = answer(in);
        out.set("imageId", imageId(in, manifest));
        out.set("imageScanStatus", status(scan));
        if (SCANNED.contains(scan.path("status").asText())) {
            out.set("imageScanFindings", findings(name, manifest, scan));
        }
        return out;
    }

    private ObjectNode findings(String name, Registry.Manifest manifest, ObjectNode scan) {
        ObjectNode findings = Json.object();
        double time = Json.seconds(registry.pushedAt(name, manifest.digest()));
        findings.put("imageScanCompletedAt", time).put("vulnerabilitySourceUpdatedAt", time);
        ObjectNode counts = Json.object();
        for (String list : List.of("findings", "enhancedFindings")) {
            for (JsonNode finding : scan.path(list)) {
                String severity = finding.path("severity").asText();
                counts.put(severity, counts.path(severity).asInt() + 1);
            }
            if (scan.has(list)) {
                findings.set(list, scan.get(list));
            }
        }
        findings.set("findingSeverityCounts", counts);
        return findings;
    }

    /** What was set for an image; nothing found where only a scan was asked for. */
    private synchronized Optional<ObjectNode> scan(String name, Registry.Manifest manifest) {
        Repository repository = repository(name);
        if (repository.scans.containsKey(manifest.digest())) {
            return Optional.of(repository.scans.get(manifest.digest()));
        }
        for (String tag : tagsByDigest(name).getOrDefault(manifest.digest(), List.of())) {
            if (repository.scans.containsKey(tag)) {
                return Optional.of(repository.scans.get(tag));
            }
        }
        boolean asked = repository.scanOnPush || repository.scanned.contains(manifest.digest());
        ObjectNode nothing = asked ? Json.object().put("status", "COMPLETE") : null;
        return Optional.ofNullable(repository.scans.getOrDefault(ANY_IMAGE, nothing));
    }

    private static ObjectNode status(ObjectNode scan) {
        ObjectNode status = Json.object().put("status", scan.path("status").asText());
        if (scan.has("description")) {
            status.put("description", scan.path("description").asText());
        }
        return status;
    }

    private Registry.Manifest image(String name, JsonNode id) {
        return manifest(name, id).orElseThrow(() -> imageNotFound(name, id));
    }

    private static ObjectNode imageId(ObjectNode in, Registry.Manifest manifest) {
        ObjectNode id = in.path("imageId").deepCopy();
        return id.put("imageDigest", manifest.digest());
    }

    private synchronized JsonNode putLifecyclePolicy(ObjectNode in) {
        repository(in.path("repositoryName").asText()).lifecyclePolicy =
                in.path("lifecyclePolicyText").asText();
        file.save(state);
        return getLifecyclePolicy(in);
    }

    private synchronized JsonNode getLifecyclePolicy(ObjectNode in) {
        String policy = repository(in.path("repositoryName").asText()).lifecyclePolicy;
        if (policy == null) {
            throw AwsError.of(
                    "LifecyclePolicyNotFoundException", "Lifecycle policy does not exist");
        }
        return answer(in).put("lifecyclePolicyText", policy);
    }

    private synchronized JsonNode deleteLifecyclePolicy(ObjectNode in) {
        JsonNode out = getLifecyclePolicy(in);
        repository(in.path("repositoryName").asText()).lifecyclePolicy = null;
        file.save(state);
        return out;
    }

    private synchronized JsonNode deletePolicy(ObjectNode in) {
        JsonNode out = getPolicy(in);
        repository(in.path("repositoryName").asText()).policy = null;
        file.save(state);
        return out;
    }

    private synchronized JsonNode setPolicy(ObjectNode in) {
        repository(in.path("repositoryName").asText()).policy = in.path("policyText").asText();
        file.save(state);
        return getPolicy(in);
    }

    private synchronized JsonNode getPolicy(ObjectNode in) {
        String policy = repository(in.path("repositoryName").asText()).policy;
        if (policy == null) {
            throw AwsError.of(
                    "RepositoryPolicyNotFoundException", "Repository policy does not exist");
        }
        return answer(in).put("policyText", policy);
    }

    private synchronized JsonNode listTags(ObjectNode in) {
        ObjectNode out = Json.object();
        ArrayNode tags = out.putArray("tags");
        repository(Arns.lastPart(in.path("resourceArn").asText(), "repository/"))
                .tags
                .forEach((k, v) -> tags.addObject().put("Key", k).put("Value", v));
        return out;
    }

    private synchronized JsonNode tag(ObjectNode in) {
        Repository repository =
                repository(Arns.lastPart(in.path("resourceArn").asText(), "repository/"));
        in.path("tags")
                .forEach(
                        t -> repository.tags.put(t.path("Key").asText(), t.path("Value").asText()));
        file.save(state);
        return Json.object();
    }

    private synchronized JsonNode untag(ObjectNode in) {
        Repository repository =
                repository(Arns.lastPart(in.path("resourceArn").asText(), "repository/"));
        in.path("tagKeys").forEach(k -> repository.tags.remove(k.asText()));
        file.save(state);
        return Json.object();
    }

    private static ObjectNode answer(ObjectNode in) {
        return Json.object()
                .put("registryId", Arns.ACCOUNT)
                .put("repositoryName", in.path("repositoryName").asText());
    }

    private static void failure(ArrayNode failures, JsonNode id, String code, String reason) {
        ObjectNode failure = failures.addObject();
        failure.set("imageId", id);
        failure.put("failureCode", code).put("failureReason", reason);
    }

    private Optional<Registry.Manifest> manifest(String repository, JsonNode imageId) {
        String digest = imageId.path("imageDigest").asText("");
        String reference = digest.isEmpty() ? imageId.path("imageTag").asText("") : digest;
        return reference.isEmpty() ? Optional.empty() : registry.manifest(repository, reference);
    }

    private static AwsError imageNotFound(String repository, JsonNode id) {
        return AwsError.of(
                "ImageNotFoundException",
                "The image with imageId {imageDigest:'"
                        + id.path("imageDigest").asText("null")
                        + "', imageTag:'"
                        + id.path("imageTag").asText("null")
                        + "'} does not exist within the repository with name '"
                        + repository
                        + "' in the registry with id '"
                        + Arns.ACCOUNT
                        + "'");
    }

    private Map<String, List<String>> tagsByDigest(String repository) {
        Map<String, List<String>> all = new LinkedHashMap<>();
        for (String tag : registry.tags(repository)) {
            registry.manifest(repository, tag)
                    .ifPresent(
                            m -> all.computeIfAbsent(m.digest(), d -> new ArrayList<>()).add(tag));
        }
        return all;
    }

    private synchronized String repositoryName(ObjectNode in) {
        String name = in.path("repositoryName").asText();
        repository(name);
        return name;
    }

    private Repository repository(String name) {
        Repository repository = state.repositories.get(name);
        if (repository == null) {
            throw AwsError.of(
                    "RepositoryNotFoundException",
                    "The repository with name '"
                            + name
                            + "' does not exist in the registry with id '"
                            + Arns.ACCOUNT
                            + "'");
        }
        return repository;
    }

    private ObjectNode json(String name, Repository repository) {
        ObjectNode json =
                Json.object()
                        .put("repositoryArn", Arns.of("ecr", "repository/" + name))
                        .put("registryId", Arns.ACCOUNT)
                        .put("repositoryName", name)
                        .put("repositoryUri", registry.host() + "/" + name)
                        .put("createdAt", Json.seconds(repository.createdAt))
                        .put("imageTagMutability", repository.mutability);
        json.putObject("imageScanningConfiguration").put("scanOnPush", repository.scanOnPush);
        json.putObject("encryptionConfiguration").put("encryptionType", "AES256");
        return json;
    }
}
