package io.modeltoecs.runner.build;

import hudson.AbortException;
import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What is built: a folder as it is, or a commit of a bare repository.
 *
 * @param repository the folder, or the bare repository
 * @param bare whether it is a bare repository
 * @param branch the branch that is built, or null
 * @param commit the commit that is built, or null for a folder as it is
 */
public record Source(Path repository, boolean bare, String branch, String commit) {

    /**
     * Looks at the repository.
     *
     * @param branch the branch to build, or null
     * @param commit the commit to build, or null
     * @throws StepException if there is nothing to build
     */
    public static Source of(Path repository, String branch, String commit, Git git)
            throws IOException, InterruptedException {
        if (!Files.isDirectory(repository)) {
            throw new StepException("--repo: '" + repository + "' isn't a folder");
        }
        Path folder = repository.toRealPath();
        boolean bare = git.ask(folder, "rev-parse", "--is-bare-repository").equals("true");
        if (!bare) {
            if (commit != null || branch != null) {
                throw new StepException(
                        "--commit and --branch need a bare repository; '%s' is built as it is"
                                .formatted(repository));
            }
            return new Source(
                    folder, false, orNull(git.ask(folder, "branch", "--show-current")), null);
        }
        String wanted = commit != null ? commit : branch != null ? branch : "HEAD";
        String hash = git.ask(folder, "rev-parse", "--verify", "--quiet", wanted + "^{commit}");
        if (hash.isEmpty()) {
            throw new StepException("'%s' has no commit '%s'".formatted(repository, wanted));
        }
        return new Source(
                folder, true, branch != null ? branch : branchAt(git, folder, hash), hash);
    }

    private static String branchAt(Git git, Path folder, String hash)
            throws IOException, InterruptedException {
        String current = git.ask(folder, "symbolic-ref", "--short", "HEAD");
        String all =
                git.ask(
                        folder,
                        "for-each-ref",
                        "--points-at",
                        hash,
                        "--format=%(refname:short)",
                        "refs/heads");
        return all.lines()
                .filter(current::equals)
                .findFirst()
                .or(() -> all.lines().findFirst())
                .orElse(null);
    }

    private static String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    /**
     * A file of the source, as text.
     *
     * @throws StepException if there is no such file
     */
    public String read(String file, Git git) throws IOException, InterruptedException {
        try {
            return bare
                    ? git.run(repository, "show", commit + ":" + file)
                    : Files.readString(repository.resolve(file));
        } catch (java.nio.file.NoSuchFileException | AbortException e) {
            throw new StepException("'%s' has no file '%s'".formatted(repository, file));
        }
    }
}
