package io.modeltoecs.cloud.secrets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.JsonApi;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Secrets Manager, as far as tasks and deploy tools use it: each secret has its versions, of which
 * one is {@code AWSCURRENT} and the one before it {@code AWSPREVIOUS}. Older ones are forgotten,
 * which AWS is free to do with a version that has no stage.
 */
public final class SecretsApi implements JsonApi {
    private static final String CURRENT = "AWSCURRENT";
    private static final String PREVIOUS = "AWSPREVIOUS";
    private static final int SUFFIX = 6;

    /** The parts of a secret's ARN; more of them choose a key and a version of its value. */
    private static final int ARN_PARTS = 7;

    /** The key, the stage and the version. */
    private static final int VERSION_PARTS = 3;

    private final StateFile file;
    private final State state;

    private static final class State {
        Map<String, Secret> secrets = new TreeMap<>();
    }

    private static final class Secret {
        String arn;
        Map<String, Version> versions = new LinkedHashMap<>();
        String description;
        JsonNode tags;
        long createdAt;
        long changedAt;
    }

    /** A value: a text, or bytes in base64. */
    private static final class Version {
        String text;
        String binary;
        String stage;
        long createdAt;
    }

    public SecretsApi(StateFile file) {
        this.file = file;
        this.state = file.load(State.class, State::new);
    }

    @Override
    public String target() {
        return "secretsmanager";
    }

    @Override
    public Map<String, Action> actions() {
        return Map.of(
                "CreateSecret", this::create,
                "PutSecretValue", this::put,
                "UpdateSecret", this::update,
                "GetSecretValue", this::get,
                "DescribeSecret", this::describe,
                "ListSecretVersionIds", this::versions,
                "ListSecrets", in -> list(),
                "DeleteSecret", this::delete);
    }

    /**
     * The value that a container definition's {@code valueFrom} stands for: a secret's ARN, and
     * maybe {@code :key:stage:version}, each of which may be empty.
     *
     * @throws AwsError where there is no such secret or version, or its value has no such key
     */
    public synchronized String value(String from) {
        String[] part = from.split(":", -1);
        if (part.length != ARN_PARTS && part.length != ARN_PARTS + VERSION_PARTS) {
            throw AwsError.invalidParameter(
                    "unexpected ARN format with parameters when trying to retrieve ASM secret");
        }
        String value = version(secret(from), part(part, 2), part(part, 1)).text;
        if (value == null) {
            throw AwsError.of("InvalidRequestException", "the secret has no SecretString");
        }
        String key = part(part, 0);
        if (key.isEmpty()) {
            return value;
        }
        JsonNode found;
        try {
            found = Json.MAPPER.readTree(value).path(key);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw AwsError.of("InvalidRequestException", notJson(value));
        }
        if (found.isMissingNode()) {
            throw AwsError.of(
                    "InvalidRequestException",
                    "retrieved secret from Secrets Manager did not contain json key " + key);
        }
        return found.isValueNode() ? found.asText() : found.toString();
    }

    /** What Go, in which the ECS agent is written, says of a text that is not JSON. */
    private static String notJson(String text) {
        for (String literal : List.of("true", "false", "null")) {
            int same = 0;
            while (same < Math.min(literal.length(), text.length())
                    && literal.charAt(same) == text.charAt(same)) {
                same++;
            }
            if (same > 0 && same < Math.min(literal.length(), text.length())) {
                return "invalid character '%c' in literal %s (expecting '%c')"
                        .formatted(text.charAt(same), literal, literal.charAt(same));
            }
        }
        return text.isEmpty()
                ? "unexpected end of JSON input"
                : "invalid character '%c' looking for beginning of value".formatted(text.charAt(0));
    }

    private static String part(String[] arn, int index) {
        return arn.length > ARN_PARTS + index ? arn[ARN_PARTS + index] : "";
    }

    /** A version by its id, else by its stage, else the current one. */
    private static Version version(Secret secret, String id, String stage) {
        String wanted = stage.isEmpty() ? CURRENT : stage;
        Optional<Version> found =
                id.isEmpty()
                        ? secret.versions.values().stream()
                                .filter(v -> v.stage.equals(wanted))
                                .findFirst()
                        : Optional.ofNullable(secret.versions.get(id))
                                .filter(v -> stage.isEmpty() || v.stage.equals(stage));
        return found.orElseThrow(
                () ->
                        AwsError.of(
                                "ResourceNotFoundException",
                                "Secrets Manager can't find the specified secret value for "
                                        + (id.isEmpty()
                                                ? "staging label: " + wanted
                                                : "VersionId: " + id)));
    }

    private synchronized JsonNode create(ObjectNode in) {
        String name = in.path("Name").asText("");
        if (name.isEmpty()) {
            throw AwsError.of("InvalidParameterException", "You must provide a name.");
        }
        if (state.secrets.containsKey(name)) {
            throw AwsError.of(
                    "ResourceExistsException",
                    "The operation failed because the secret " + name + " already exists.");
        }
        checkValue(in, false);
        Secret secret = new Secret();
        String suffix = UUID.randomUUID().toString().substring(0, SUFFIX);
        secret.arn = Arns.of("secretsmanager", "secret:" + name + "-" + suffix);
        secret.createdAt = System.currentTimeMillis();
        secret.tags = in.path("Tags").isArray() ? in.get("Tags") : Json.array();
        set(secret, in);
        state.secrets.put(name, secret);
        file.save(state);
        return answer(name, secret);
    }

    private static void set(Secret secret, ObjectNode in) {
        secret.changedAt = System.currentTimeMillis();
        if (in.hasNonNull("Description")) {
            secret.description = in.path("Description").asText();
        }
        if (in.hasNonNull("SecretString") || in.hasNonNull("SecretBinary")) {
            Version version = new Version();
            version.text = in.hasNonNull("SecretString") ? in.get("SecretString").asText() : null;
            version.binary = in.hasNonNull("SecretBinary") ? in.get("SecretBinary").asText() : null;
            version.stage = CURRENT;
            version.createdAt = secret.changedAt;
            secret.versions.values().removeIf(v -> v.stage.equals(PREVIOUS));
            secret.versions.values().forEach(v -> v.stage = PREVIOUS);
            secret.versions.put(
                    in.path("ClientRequestToken").asText(UUID.randomUUID().toString()), version);
        }
    }

    /**
     * A value is a text or bytes.
     *
     * @throws AwsError where both are given, or neither where one has to be
     */
    private static void checkValue(ObjectNode in, boolean required) {
        boolean text = in.hasNonNull("SecretString");
        boolean binary = in.hasNonNull("SecretBinary");
        if (text && binary || required && !text && !binary) {
            throw AwsError.of(
                    "InvalidParameterException",
                    "You must provide either SecretString or SecretBinary.");
        }
    }

    private JsonNode put(ObjectNode in) {
        checkValue(in, true);
        return update(in);
    }

    private synchronized JsonNode update(ObjectNode in) {
        checkValue(in, false);
        Secret secret = secret(in.path("SecretId").asText());
        set(secret, in);
        file.save(state);
        return answer(name(secret), secret);
    }

    private synchronized JsonNode get(ObjectNode in) {
        Secret secret = secret(in.path("SecretId").asText());
        Version version =
                version(
                        secret,
                        in.path("VersionId").asText(""),
                        in.path("VersionStage").asText(""));
        ObjectNode out =
                Json.object()
                        .put("ARN", secret.arn)
                        .put("Name", name(secret))
                        .put("VersionId", idOf(secret, version))
                        .put("CreatedDate", Json.seconds(version.createdAt));
        if (version.text == null) {
            out.put("SecretBinary", version.binary);
        } else {
            out.put("SecretString", version.text);
        }
        out.putArray("VersionStages").add(version.stage);
        return out;
    }

    private static String idOf(Secret secret, Version version) {
        return secret.versions.entrySet().stream()
                .filter(e -> e.getValue() == version)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }

    private synchronized JsonNode versions(ObjectNode in) {
        Secret secret = secret(in.path("SecretId").asText());
        ObjectNode out = Json.object().put("ARN", secret.arn).put("Name", name(secret));
        ArrayNode all = out.putArray("Versions");
        secret.versions.forEach(
                (id, version) ->
                        all.addObject()
                                .put("VersionId", id)
                                .put("CreatedDate", Json.seconds(version.createdAt))
                                .putArray("VersionStages")
                                .add(version.stage));
        return out;
    }

    private synchronized JsonNode describe(ObjectNode in) {
        Secret secret = secret(in.path("SecretId").asText());
        ObjectNode out = entry(secret);
        ObjectNode stages = out.putObject("VersionIdsToStages");
        secret.versions.forEach((id, version) -> stages.putArray(id).add(version.stage));
        return out;
    }

    private synchronized JsonNode list() {
        ObjectNode out = Json.object();
        ArrayNode all = out.putArray("SecretList");
        state.secrets.values().forEach(s -> all.add(entry(s)));
        return out;
    }

    private synchronized JsonNode delete(ObjectNode in) {
        Secret secret = secret(in.path("SecretId").asText());
        String name = name(secret);
        state.secrets.remove(name);
        file.save(state);
        return Json.object()
                .put("ARN", secret.arn)
                .put("Name", name)
                .put("DeletionDate", Json.now());
    }

    private ObjectNode entry(Secret secret) {
        ObjectNode entry =
                Json.object()
                        .put("ARN", secret.arn)
                        .put("Name", name(secret))
                        .put("CreatedDate", Json.seconds(secret.createdAt))
                        .put("LastChangedDate", Json.seconds(secret.changedAt));
        if (secret.description != null) {
            entry.put("Description", secret.description);
        }
        entry.set("Tags", secret.tags);
        return entry;
    }

    private static ObjectNode answer(String name, Secret secret) {
        ObjectNode out = Json.object().put("ARN", secret.arn).put("Name", name);
        secret.versions.forEach(
                (id, version) -> {
                    if (version.stage.equals(CURRENT)) {
                        out.put("VersionId", id);
                    }
                });
        return out;
    }

    private String name(Secret secret) {
        return state.secrets.entrySet().stream()
                .filter(e -> e.getValue() == secret)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }

    /** By name, or by ARN with or without its random end. */
    private Secret secret(String id) {
        String[] part = id.split(":", -1);
        String name = id.startsWith("arn:") && part.length >= ARN_PARTS ? part[ARN_PARTS - 1] : id;
        Secret found = state.secrets.get(name);
        int dash = name.lastIndexOf('-');
        if (found == null && id.startsWith("arn:") && dash > 0) {
            Secret byArn = state.secrets.get(name.substring(0, dash));
            found = byArn != null && byArn.arn.endsWith(":" + name) ? byArn : null;
        }
        if (found == null) {
            throw AwsError.of(
                    "ResourceNotFoundException",
                    "Secrets Manager can't find the specified secret.");
        }
        return found;
    }
}
