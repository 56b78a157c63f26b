package io.modeltoecs.runner.build;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.Nearest;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/**
 * What stands for Jenkins' credential store: a file, JSON or properties, from ids to fields.
 *
 * <pre>
 * {"index": {"username": "ci", "password": "..."},      index.username=ci
 *  "token": {"secret": "..."},                          token.secret=...
 *  "aws":   {"accessKeyId": "...", "secretAccessKey": "...", "sessionToken": "..."}}
 * </pre>
 */
public final class Credentials {
    private final Map<String, Map<String, String>> byId;
    private final String source;

    private Credentials(Map<String, Map<String, String>> byId, String source) {
        this.byId = byId;
        this.source = source;
    }

    /** No credentials. */
    public static Credentials none() {
        return new Credentials(Map.of(), null);
    }

    /** Reads a file; one that ends in {@code .json} is JSON. */
    public static Credentials read(Path file) {
        try {
            return new Credentials(
                    file.toString().endsWith(".json") ? json(file) : properties(file),
                    file.toString());
        } catch (IOException | IllegalArgumentException e) {
            // the parser's own message could quote a secret
            throw new StepException("credentials: can't read " + file + " as JSON or properties");
        }
    }

    private static Map<String, Map<String, String>> json(Path file) throws IOException {
        return new ObjectMapper().readValue(file.toFile(), new TypeReference<>() {});
    }

    private static Map<String, Map<String, String>> properties(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        }
        Map<String, Map<String, String>> byId = new LinkedHashMap<>();
        for (String key : properties.stringPropertyNames()) {
            int dot = key.lastIndexOf('.');
            if (dot < 1) {
                throw new IllegalArgumentException("not <id>.<field>");
            }
            byId.computeIfAbsent(key.substring(0, dot), id -> new LinkedHashMap<>())
                    .put(key.substring(dot + 1), properties.getProperty(key));
        }
        return byId;
    }

    /**
     * A field of a credential.
     *
     * @throws StepException if there is no such credential, or if it has no such field
     */
    public String field(String id, String field) {
        String value = get(id).get(field);
        if (value == null) {
            throw new StepException(
                    "credentials '%s' has no '%s'; it has %s"
                            .formatted(id, field, String.join(", ", get(id).keySet())));
        }
        return value;
    }

    /** The fields of a credential. */
    public Map<String, String> get(String id) {
        Map<String, String> fields = byId.get(id);
        if (fields == null) {
            throw new StepException(
                    source == null
                            ? "no credentials '%s': give a file with --credentials".formatted(id)
                            : "no credentials '%s' in %s%s"
                                    .formatted(
                                            id,
                                            source,
                                            Nearest.to(id, byId.keySet())
                                                    .map(near -> "; did you mean '" + near + "'?")
                                                    .orElse("")));
        }
        return fields;
    }
}
