package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.Nearest;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Finds the files that a training left, none of them outside the current directory. */
final class ArtifactFiles {
    private static final int MOST_FILES = 10_000;
    private static final int MOST_LOOKED_AT = 5_000;
    private static final int DEPTH_LOOKED_AT = 4;
    private static final int MOST_NAMED = 5;
    private static final Set<String> MODEL_SUFFIXES =
            Set.of(
                    "pkl",
                    "pickle",
                    "joblib",
                    "onnx",
                    "skops",
                    "json",
                    "bst",
                    "ubj",
                    "txt",
                    "pt",
                    "h5",
                    "keras",
                    "safetensors");

    private final Path directory;

    ArtifactFiles(Path directory) {
        this.directory = directory;
    }

    /** The files of an artifact: path below the current directory to file, sorted by path. */
    Map<String, Path> of(String artifact) throws IOException {
        Path top = existing("artifact", artifact);
        Map<String, Path> files = new TreeMap<>();
        if (Files.isDirectory(top)) {
            collect(artifact, top, files);
            if (files.isEmpty()) {
                throw new StepException("the artifact '" + artifact + "' is an empty folder");
            }
        } else {
            add(artifact, top, files);
        }
        return new LinkedHashMap<>(files);
    }

    /** The text of a file that a parameter names. */
    Path existing(String parameter, String path) throws IOException {
        Path file = directory.resolve(path);
        if (!Files.exists(file)) {
            String hint =
                    Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                            ? "it is a symbolic link to nothing"
                            : candidates(path);
            throw new StepException(
                    "the %s '%s' isn't in %s: %s".formatted(parameter, path, directory, hint));
        }
        requireInside(path, file);
        return file;
    }

    private void collect(String path, Path folder, Map<String, Path> files) throws IOException {
        List<Path> entries;
        try (Stream<Path> listed = Files.list(folder)) {
            entries = listed.toList();
        }
        for (Path entry : entries) {
            String below = path + "/" + entry.getFileName();
            if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                collect(below, entry, files);
            } else if (Files.isDirectory(entry)) {
                throw new StepException(
                        "'%s' is a symbolic link to a folder: an artifact may hold none"
                                .formatted(below));
            } else {
                add(below, entry, files);
            }
            if (files.size() > MOST_FILES) {
                throw new StepException(
                        "the artifact has more than %d files: pack it".formatted(MOST_FILES));
            }
        }
    }

    private void add(String path, Path file, Map<String, Path> files) throws IOException {
        requireInside(path, file);
        if (!Files.isRegularFile(file)) {
            throw new StepException("'" + path + "' is neither a file nor a folder");
        }
        if (path.chars().anyMatch(c -> c < ' ' || c == 127)) {
            throw new StepException(
                    "'%s' has a control character in its name"
                            .formatted(path.replaceAll("\\p{Cntrl}", "?")));
        }
        files.put(path, file);
    }

    private void requireInside(String path, Path file) throws IOException {
        if (!file.toRealPath().startsWith(directory.toRealPath())) {
            throw new StepException(
                    "'%s' is a symbolic link that leaves the current directory".formatted(path));
        }
    }

    private static boolean isHidden(Path folder) {
        Path name = folder.getFileName();
        return name != null && name.toString().startsWith(".");
    }

    /** What somebody may have meant by a path that isn't there. */
    private String candidates(String wanted) throws IOException {
        List<String> found = new ArrayList<>();
        int[] seen = {0};
        Files.walkFileTree(
                directory,
                EnumSet.noneOf(java.nio.file.FileVisitOption.class),
                DEPTH_LOOKED_AT,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path folder, BasicFileAttributes attributes) {
                        return !folder.equals(directory) && isHidden(folder)
                                ? FileVisitResult.SKIP_SUBTREE
                                : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                        found.add(directory.relativize(file).toString().replace('\\', '/'));
                        return ++seen[0] < MOST_LOOKED_AT
                                ? FileVisitResult.CONTINUE
                                : FileVisitResult.TERMINATE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e) {
                        return FileVisitResult.CONTINUE;
                    }
                });
        List<String> names = new ArrayList<>();
        String name = wanted.substring(wanted.lastIndexOf('/') + 1);
        found.stream().filter(path -> path.endsWith("/" + name)).sorted().forEach(names::add);
        Nearest.to(wanted, found).filter(path -> !names.contains(path)).ifPresent(names::add);
        found.stream()
                .filter(path -> MODEL_SUFFIXES.contains(suffix(path)) && !names.contains(path))
                .filter(path -> suffix(path).equals(suffix(wanted)) || !path.contains("/"))
                .sorted()
                .forEach(names::add);
        return names.isEmpty()
                ? "nothing like it is there"
                : "there is "
                        + String.join(", ", names.subList(0, Math.min(MOST_NAMED, names.size())));
    }

    private static String suffix(String path) {
        return path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }
}
