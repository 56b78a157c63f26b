package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What git knows of a folder.
 *
 * @param head the commit; nothing before the first
 * @param dirty whether a tracked file in the folder differs from the commit
 * @param tracked the files that git tracks in the folder, by their paths in it; some may be deleted
 * @param source where the repository came from, without user and password; nothing where it came
 *     from this machine's own disk
 */
record GitState(
        Optional<Head> head, boolean dirty, Map<String, Kind> tracked, Optional<String> source) {

    /** Kinds of entries in git's index, by their modes. */
    enum Kind {
        FILE,
        EXECUTABLE,
        LINK
    }

    /** A commit: its full hash, and when it was made. */
    record Head(String id, Instant at) {}

    /**
     * The state of a folder, or nothing if it isn't in a git work tree.
     *
     * @throws StepException if it is in one that can't be read
     */
    static Optional<GitState> of(Path folder, Map<String, String> environment)
            throws IOException, InterruptedException {
        if (!inWorkTree(folder)) {
            return Optional.empty();
        }
        Path program =
                Command.find("git", environment)
                        .orElseThrow(
                                () ->
                                        new StepException(
                                                folder
                                                        + " is in a git work tree, but there is no"
                                                        + " git on the PATH to ask what it"
                                                        + " tracks"));
        Map<String, String> plain = new HashMap<>(environment);
        plain.put("LC_ALL", "C");
        plain.put("GIT_TERMINAL_PROMPT", "0");
        plain.put("GIT_OPTIONAL_LOCKS", "0");
        Git git = new Git(folder, plain, program);
        try (AtOnce atOnce = new AtOnce()) {
            AtOnce.Begun<Optional<Head>> head = atOnce.begin(git::head);
            AtOnce.Begun<Boolean> dirty = atOnce.begin(git::dirty);
            AtOnce.Begun<Map<String, Kind>> tracked = atOnce.begin(git::tracked);
            AtOnce.Begun<Optional<String>> source = atOnce.begin(git::source);
            return Optional.of(
                    new GitState(head.result(), dirty.result(), tracked.result(), source.result()));
        }
    }

    private static boolean inWorkTree(Path folder) {
        for (Path each = folder.toAbsolutePath(); each != null; each = each.getParent()) {
            if (Files.exists(each.resolve(".git"))) {
                return true;
            }
        }
        return false;
    }

    /** The program, and what it is asked. */
    private record Git(Path folder, Map<String, String> environment, Path program) {

        Map<String, Kind> tracked() throws IOException, InterruptedException {
            Map<String, Kind> tracked = new TreeMap<>();
            String[] entries = ask("ls-files", "-z", "--stage", "--recurse-submodules").split("\0");
            for (String entry : entries) {
                int tab = entry.indexOf('\t');
                if (tab > 0) {
                    String path = entry.substring(tab + 1);
                    switch (entry.substring(0, 6)) {
                        case "100644" -> tracked.put(path, Kind.FILE);
                        case "100755" -> tracked.put(path, Kind.EXECUTABLE);
                        case "120000" -> tracked.put(path, Kind.LINK);
                        default -> {
                            // a submodule that isn't checked out has no files
                        }
                    }
                }
            }
            return tracked;
        }

        Optional<Head> head() throws IOException, InterruptedException {
            return tell("rev-list", "--timestamp", "--max-count=1", "HEAD", "--")
                    .map(line -> line.split(" "))
                    .map(each -> new Head(each[1], Instant.ofEpochSecond(Long.parseLong(each[0]))));
        }

        boolean dirty() throws IOException, InterruptedException {
            return !ask("status", "--porcelain", "--untracked-files=no", "--", ".").isBlank();
        }

        Optional<String> source() throws IOException, InterruptedException {
            return tell("config", "--get", "remote.origin.url")
                    .filter(url -> url.matches("(https?|ssh|git)://.*|[^/]+@[^/:]+:.*"))
                    .map(url -> url.replaceFirst("^([a-zA-Z][a-zA-Z0-9+.-]*://)[^/]*@", "$1"));
        }

        private Optional<String> tell(String... arguments)
                throws IOException, InterruptedException {
            Command.Outcome outcome = run(arguments);
            return outcome.ok() && !outcome.output().isBlank()
                    ? Optional.of(outcome.output().strip())
                    : Optional.empty();
        }

        private String ask(String... arguments) throws IOException, InterruptedException {
            Command.Outcome outcome = run(arguments);
            if (!outcome.ok()) {
                throw new StepException(
                        "git can't read the work tree of "
                                + folder
                                + ": "
                                + outcome.errors().strip());
            }
            return outcome.output();
        }

        private Command.Outcome run(String... arguments) throws IOException, InterruptedException {
            List<String> command = new ArrayList<>(List.of(program.toString()));
            command.addAll(List.of(arguments));
            return Command.run(command, folder, environment, line -> {});
        }
    }
}
