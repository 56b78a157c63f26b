package io.modeltoecs.engine.model;

import io.modeltoecs.engine.options.ModelRef;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A version in the model store.
 *
 * @param sha256 of the exact bytes of model.json
 * @param json model.json as parsed
 */
public record StoredModel(
        String name, String version, String sha256, LinkedHashMap<String, Object> json)
        implements Serializable {

    /** This exact version. */
    public ModelRef ref() {
        return new ModelRef(name, version);
    }

    /** Full version of the Python that made it, as {@code 3.11.7}, or null if it isn't known. */
    public String python() {
        return (String) json.get("python");
    }

    /** All distributions that were installed where it was made: name to version. */
    public Map<String, String> libraries() {
        Map<String, String> libraries = new LinkedHashMap<>();
        if (json.get("libraries") instanceof Map<?, ?> map) {
            map.forEach((name, version) -> libraries.put((String) name, (String) version));
        }
        return libraries;
    }

    /** What loading it imports, as {@code module.name}. */
    public List<String> imports() {
        return texts("imports");
    }

    /** Names of the distributions that its artifact imports. */
    public List<String> importDistributions() {
        return texts("importDistributions");
    }

    /** Its metrics, or empty. */
    @SuppressWarnings("unchecked") // keys of JSON objects are texts
    public Map<String, Object> metrics() {
        return json.get("metrics") instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
    }

    /** Bytes of all its files. */
    public long sizeBytes() {
        return files().stream().mapToLong(file -> ((Number) file.get("bytes")).longValue()).sum();
    }

    /** Its files, each with path, sha256 and bytes. */
    List<LinkedHashMap<String, Object>> files() {
        return json.get("files") instanceof List<?> files
                ? files.stream().map(Json::map).toList()
                : List.of();
    }

    /** What by-sha256 finds its bytes by. */
    String content() {
        return Artifact.sha256((String) json.get("artifact"), files());
    }

    private List<String> texts(String key) {
        return json.get(key) instanceof List<?> list
                ? list.stream().map(Object::toString).toList()
                : List.of();
    }
}
