package io.modeltoecs.cloud.secrets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.JsonApi;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** Secrets Manager, as far as tasks and deploy tools use it: each secret has its current value. */
public final class SecretsApi implements JsonApi {
    private static final int SUFFIX = 6;

    /** The parts of a secret's ARN; more of them choose a key and a version of its value. */
    private static final int ARN_PARTS = 7;

    private final StateFile file;
    private final State state;

    private static final class State {
        Map<String, Secret> secrets = new TreeMap<>();
    }

    private static final class Secret {
        String arn;
        String value;
        String versionId;
        String description;
        JsonNode tags;
        long createdAt;
        long changedAt;
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
                "UpdateSecret", this::put,
                "GetSecretValue", this::get,
                "DescribeSecret", this::describe,
                "ListSecrets", in -> list(),
                "DeleteSecret", this::delete);
    }

    /**
     * The value that a container definition's {@code valueFrom} stands for: a secret's ARN, and
     * maybe {@code :key:stage:version} of which only the key counts.
     *
     * @throws AwsError where there is no such secret, or its value has no such key
     */
    public synchronized String value(String from) {
        String[] part = from.split(":", -1);
        String value = secret(from).value;
        String key = part.length > ARN_PARTS ? part[ARN_PARTS] : "";
        if (key.isEmpty()) {
            return value;
        }
        JsonNode found;
        try {
            found = Json.MAPPER.readTree(value).path(key);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw AwsError.of("InvalidRequestException", "the secret's value is not JSON");
        }
        if (found.isMissingNode()) {
            throw AwsError.of(
                    "InvalidRequestException",
                    "retrieved secret from Secrets Manager did not contain json key " + key);
        }
        return found.isValueNode() ? found.asText() : found.toString();
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
        if (in.hasNonNull("SecretString")) {
            secret.value = in.path("SecretString").asText();
            secret.versionId = in.path("ClientRequestToken").asText(UUID.randomUUID().toString());
        }
    }

    private synchronized JsonNode put(ObjectNode in) {
        Secret secret = secret(in.path("SecretId").asText());
        set(secret, in);
        file.save(state);
        return answer(name(secret), secret);
    }

    private synchronized JsonNode get(ObjectNode in) {
        Secret secret = secret(in.path("SecretId").asText());
        if (secret.value == null) {
            throw AwsError.of(
                    "ResourceNotFoundException",
                    "Secrets Manager can't find the specified secret value for staging label:"
                            + " AWSCURRENT");
        }
        ObjectNode out = answer(name(secret), secret);
        out.put("SecretString", secret.value).put("CreatedDate", Json.seconds(secret.changedAt));
        out.putArray("VersionStages").add("AWSCURRENT");
        return out;
    }

    private synchronized JsonNode describe(ObjectNode in) {
        Secret secret = secret(in.path("SecretId").asText());
        ObjectNode out = entry(secret);
        if (secret.versionId != null) {
            out.putObject("VersionIdsToStages").putArray(secret.versionId).add("AWSCURRENT");
        }
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
        return secret.versionId == null ? out : out.put("VersionId", secret.versionId);
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
