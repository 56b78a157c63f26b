package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The files of an application that an image takes: what git tracks (outside git: all but the usual
 * junk), less {@code .dockerignore}, plus patterns. Symbolic links stay links, so that none brings
 * in a file from outside the folder.
 */
final class AppFiles {
    private static final Set<String> JUNK =
            Set.of(
                    ".git",
                    ".hg",
                    ".svn",
                    ".venv",
                    "venv",
                    ".env",
                    ".envrc",
                    ".netrc",
                    ".pypirc",
                    ".tox",
                    ".nox",
                    ".mypy_cache",
                    ".pytest_cache",
                    ".ruff_cache",
                    ".ipynb_checkpoints",
                    ".idea",
                    ".vscode",
                    ".DS_Store",
                    "__pycache__",
                    "node_modules");

    private final Path folder;
    private final Map<String, GitState.Kind> files = new TreeMap<>();

    private AppFiles(Path folder) {
        this.folder = folder;
    }

    /**
     * Finds the files.
     *
     * @param git what git knows of the folder, if anything
     * @param include patterns of files to take beside; each has to match one
     */
    static AppFiles find(Path folder, Optional<GitState> git, List<String> include)
            throws IOException {
        AppFiles app = new AppFiles(folder);
        if (git.isPresent()) {
            app.files.putAll(git.get().tracked());
            app.files
                    .keySet()
                    .removeIf(
                            path -> !Files.exists(folder.resolve(path), LinkOption.NOFOLLOW_LINKS));
        } else {
            app.files.putAll(app.walk(JUNK));
            app.files.keySet().removeIf(path -> path.endsWith(".pyc"));
        }
        Path ignore = folder.resolve(".dockerignore");
        if (Files.isRegularFile(ignore)) {
            app.files.keySet().removeIf(new Patterns(Files.readAllLines(ignore))::match);
        }
        if (!include.isEmpty()) {
            app.include(include);
        }
        return app;
    }

    private void include(List<String> include) throws IOException {
        Map<String, GitState.Kind> all = walk(Set.of(".git"));
        for (String pattern : include) {
            Patterns patterns = new Patterns(List.of(pattern));
            boolean found = false;
            for (Map.Entry<String, GitState.Kind> file : all.entrySet()) {
                if (patterns.match(file.getKey())) {
                    files.putIfAbsent(file.getKey(), file.getValue());
                    found = true;
                }
            }
            if (!found) {
                throw new StepException(
                        "buildServingImage: 'include' has '%s', which matches no file in %s"
                                .formatted(pattern, folder));
            }
        }
    }

    private Map<String, GitState.Kind> walk(Set<String> without) throws IOException {
        Map<String, GitState.Kind> found = new TreeMap<>();
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path each, BasicFileAttributes attributes) {
                        return !each.equals(folder)
                                        && without.contains(String.valueOf(each.getFileName()))
                                ? FileVisitResult.SKIP_SUBTREE
                                : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) {
                        boolean wanted = !without.contains(String.valueOf(each.getFileName()));
                        if (wanted && attributes.isSymbolicLink()) {
                            found.put(slashed(each), GitState.Kind.LINK);
                        } else if (wanted && attributes.isRegularFile()) {
                            found.put(
                                    slashed(each),
                                    Files.isExecutable(each)
                                            ? GitState.Kind.EXECUTABLE
                                            : GitState.Kind.FILE);
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
        return found;
    }

    private String slashed(Path file) {
        return folder.relativize(file).toString().replace('\\', '/');
    }

    /** Whether the image takes this file. */
    boolean has(String path) {
        return files.containsKey(path);
    }

    /** Whether it brings a Flask app, where Flask looks for one. */
    boolean servesItself() {
        return has("wsgi.py") || has("app.py") || has("wsgi/__init__.py") || has("app/__init__.py");
    }

    /** Whether its packages are below {@code src}, as the Python packaging guide has it. */
    boolean hasSrcLayout() {
        return !has("src/__init__.py")
                && files.keySet().stream().anyMatch(path -> path.matches("src/[^/]+(\\.py|/.+)"));
    }

    /** Links that lead out of the folder: the image has nothing where they point. */
    List<String> linksOutside() throws IOException {
        List<String> outside = new ArrayList<>();
        for (String path : files.keySet()) {
            Path link = folder.resolve(path);
            if (Files.isSymbolicLink(link)) {
                Path target = link.resolveSibling(Files.readSymbolicLink(link)).normalize();
                if (!target.startsWith(folder)) {
                    outside.add(path);
                }
            }
        }
        return outside;
    }

    /** Adds the files to a layer, below a folder of the image. */
    void addTo(LayerFiles layer, String below) throws IOException {
        layer.folder(below);
        for (Map.Entry<String, GitState.Kind> file : files.entrySet()) {
            Path source = folder.resolve(file.getKey());
            String path = below + "/" + file.getKey();
            if (Files.isSymbolicLink(source)) {
                layer.link(path, Files.readSymbolicLink(source).toString());
            } else if (Files.isRegularFile(source)) {
                layer.copy(path, source, file.getValue() == GitState.Kind.EXECUTABLE);
            }
        }
    }
}
