package io.modeltoecs.runner.steps;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.runner.build.Git;
import io.modeltoecs.runner.build.Source;
import io.modeltoecs.runner.step.Described;
import io.modeltoecs.runner.step.Step;
import io.modeltoecs.runner.step.StepContext;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code checkout scm}. The workspace is emptied, then takes a commit of a bare repository, or a
 * folder as it is: what git tracks, and what it neither tracks nor ignores; outside git all but the
 * usual junk.
 */
final class CheckoutStep {
    private static final Set<String> JUNK =
            Set.of(
                    ".git",
                    ".venv",
                    "venv",
                    "__pycache__",
                    "node_modules",
                    ".pytest_cache",
                    ".mypy_cache",
                    ".ruff_cache",
                    ".tox",
                    ".ipynb_checkpoints",
                    ".idea",
                    ".vscode",
                    ".DS_Store");

    private CheckoutStep() {}

    static List<Step> all() {
        return List.of(
                Step.onNode("checkout", CheckoutStep::run, "scm", "changelog", "poll")
                        .takesAnything());
    }

    private static Object run(StepContext context) throws IOException, InterruptedException {
        Object scm = context.arguments().getOrDefault("scm", context.arguments());
        if (!(scm instanceof Map<?, ?> described)
                || !"scm".equals(described.get(Described.CLASS))) {
            throw new StepException(
                    "checkout: the local runner has 'checkout scm' only: what it was started with");
        }
        Source source = context.build().source();
        Path workspace = context.directory();
        Git git = new Git(context.environment());
        Folders.empty(workspace);
        if (source.bare()) {
            commit(source, workspace, git);
        } else if (source.repository().equals(top(source.repository(), git))) {
            history(source, workspace, git);
            files(source.repository(), workspace, git);
        } else {
            if (top(source.repository(), git) != null) {
                files(source.repository(), workspace, git);
            } else {
                allButJunk(source.repository(), workspace, context.build().home().folder());
            }
            // a repository around the workspace isn't the files' own
            git.ask(workspace, "init", "-q");
            git.ask(workspace, "add", "--all", "--force");
        }
        return described(context, source, workspace, git);
    }

    private static Map<String, Object> described(
            StepContext context, Source source, Path workspace, Git git)
            throws IOException, InterruptedException {
        Map<String, Object> variables = new LinkedHashMap<>();
        boolean own = Files.exists(workspace.resolve(".git"));
        String commit = own ? git.ask(workspace, "rev-parse", "--verify", "--quiet", "HEAD") : "";
        if (commit.isEmpty()) {
            context.say("Copied " + source.repository() + ", which has no commit of its own");
            return variables;
        }
        boolean dirty = !git.ask(workspace, "status", "--porcelain").isEmpty();
        context.say(
                "Checking out %s, commit %s%s%s"
                        .formatted(
                                source.repository(),
                                commit,
                                source.branch() == null ? "" : " (" + source.branch() + ")",
                                dirty ? ", with uncommitted changes" : ""));
        String subject = git.ask(workspace, "log", "-1", "--format=%s");
        context.say("Commit message: \"" + subject + "\"");
        variables.put("GIT_COMMIT", commit);
        if (source.branch() != null) {
            variables.put("GIT_BRANCH", source.branch());
            variables.put("GIT_LOCAL_BRANCH", source.branch());
        }
        variables.put("GIT_URL", git.ask(workspace, "remote", "get-url", "origin"));
        return variables;
    }

    private static void commit(Source source, Path workspace, Git git)
            throws IOException, InterruptedException {
        git.run(workspace, "clone", "-q", "--no-checkout", source.repository().toString(), ".");
        if (source.branch() == null) {
            git.run(workspace, "checkout", "-q", "--force", source.commit());
        } else {
            git.run(workspace, "checkout", "-q", "--force", "-B", source.branch(), source.commit());
        }
    }

    /** Gives the workspace the folder's history, index and remote, but no files yet. */
    private static void history(Source source, Path workspace, Git git)
            throws IOException, InterruptedException {
        String repository = source.repository().toString();
        git.run(workspace, "clone", "-q", "--no-checkout", "--shared", repository, ".");
        git.ask(workspace, "reset", "-q"); // fails before the first commit
        String origin = git.ask(source.repository(), "remote", "get-url", "origin");
        if (!origin.isEmpty()) {
            git.run(workspace, "remote", "set-url", "origin", origin);
        }
    }

    private static Path top(Path folder, Git git) throws IOException, InterruptedException {
        String top = git.ask(folder, "rev-parse", "--show-toplevel");
        return top.isEmpty() ? null : Path.of(top).toRealPath();
    }

    private static void files(Path folder, Path workspace, Git git)
            throws IOException, InterruptedException {
        String files =
                git.run(
                        folder,
                        "ls-files",
                        "-z",
                        "--cached",
                        "--others",
                        "--exclude-standard",
                        "--deduplicate");
        for (String file : files.split("\0")) {
            Path from = folder.resolve(file);
            boolean copied =
                    !file.isEmpty()
                            && !workspace.startsWith(from)
                            && !Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS)
                            && Files.exists(from, LinkOption.NOFOLLOW_LINKS);
            if (copied) {
                Folders.copy(from, workspace.resolve(file));
            }
        }
    }

    private static void allButJunk(Path folder, Path workspace, Path home) throws IOException {
        Path ownFiles = home.toAbsolutePath().normalize();
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes a) {
                        boolean junk =
                                !path.equals(folder) && JUNK.contains(path.toFile().getName());
                        return junk || path.equals(ownFiles) || path.equals(workspace)
                                ? FileVisitResult.SKIP_SUBTREE
                                : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path path, BasicFileAttributes a)
                            throws IOException {
                        if (!JUNK.contains(path.toFile().getName())) {
                            Folders.copy(path, workspace.resolve(folder.relativize(path)));
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
