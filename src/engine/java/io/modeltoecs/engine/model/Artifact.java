package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The artifact as the store knows it: in a version's folder it has its own name, without the
 * folders that it was in.
 */
final class Artifact {
    private final String path;
    private final String name;

    /**
     * @param written the parameter, a path below the current directory
     */
    Artifact(String written) {
        path =
                Arrays.stream(written.split("/"))
                        .filter(part -> !part.isEmpty() && !part.equals("."))
                        .collect(Collectors.joining("/"));
        name = path.substring(path.lastIndexOf('/') + 1);
    }

    /** Path below the current directory, with no more in it than it needs. */
    String path() {
        return path;
    }

    /** File or folder in the version's folder. */
    String name() {
        return name;
    }

    /**
     * Its files, as model.json names them.
     *
     * @throws StepException if a file isn't one of the artifact: the workplace isn't trusted
     */
    List<LinkedHashMap<String, Object>> entries(List<Inspection.ModelFile> files) {
        List<LinkedHashMap<String, Object>> entries = new ArrayList<>();
        for (Inspection.ModelFile file : files) {
            boolean inside =
                    (file.path().equals(path) || file.path().startsWith(path + "/"))
                            && !List.of(file.path().split("/", -1)).contains("..");
            if (!inside || file.partMd5s().size() != Parts.count(file.bytes())) {
                throw new StepException(
                        "'%s' is no file of the artifact '%s'".formatted(file.path(), path));
            }
            LinkedHashMap<String, Object> entry = new LinkedHashMap<>();
            entry.put("path", name + file.path().substring(path.length()));
            entry.put("sha256", file.sha256());
            entry.put("bytes", file.bytes());
            entries.add(entry);
        }
        return entries;
    }

    /** The file's SHA-256, or that of a folder's list as {@code sha256sum} would print it. */
    String sha256(List<Inspection.ModelFile> files) {
        return sha256(name, entries(files));
    }

    /**
     * The same of a model in the store.
     *
     * @param name the artifact's
     * @param entries its files, as model.json names them
     */
    static String sha256(String name, List<? extends Map<String, Object>> entries) {
        if (entries.size() == 1 && name.equals(entries.get(0).get("path"))) {
            return (String) entries.get(0).get("sha256");
        }
        StringBuilder list = new StringBuilder();
        for (Map<String, Object> entry : entries) {
            list.append(entry.get("sha256")).append("  ").append(entry.get("path")).append('\n');
        }
        return Digests.sha256(list.toString().getBytes(StandardCharsets.UTF_8));
    }
}
