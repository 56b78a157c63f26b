package io.modeltoecs.engine.model;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which commit a folder is at, as the git command says. */
final class GitState {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Commands commands;

    GitState(Commands commands) {
        this.commands = commands;
    }

    /** url, commit, branch and dirty; empty outside git or without it. */
    LinkedHashMap<String, Object> read() throws IOException, InterruptedException {
        LinkedHashMap<String, Object> state = new LinkedHashMap<>();
        Optional<String> commit = git("rev-parse", "HEAD");
        if (commit.isEmpty()) {
            return state;
        }
        state.put(
                "url", git("remote", "get-url", "origin").map(GitState::withoutLogin).orElse(null));
        state.put("commit", commit.get());
        state.put("branch", branch());
        // an untracked file is what a training leaves
        state.put(
                "dirty",
                git("status", "--porcelain", "--untracked-files=no")
                        .map(changes -> !changes.isEmpty())
                        .orElse(null));
        return state;
    }

    /** The branch that is checked out, or a remote's that is at the same commit, or null. */
    private String branch() throws IOException, InterruptedException {
        Optional<String> checkedOut = git("symbolic-ref", "--quiet", "--short", "HEAD");
        if (checkedOut.isPresent()) {
            return checkedOut.get();
        }
        return git(
                        "for-each-ref",
                        "--points-at=HEAD",
                        "--format=%(refname:strip=3)",
                        "refs/remotes")
                .stream()
                .flatMap(String::lines)
                .filter(name -> !name.isBlank() && !name.equals("HEAD"))
                .findFirst()
                .orElse(null);
    }

    /** An URL without the user and password that it may hold. */
    static String withoutLogin(String url) {
        return url.replaceFirst("^([a-zA-Z][a-zA-Z0-9+.-]*://)[^/]*@", "$1");
    }

    private Optional<String> git(String... arguments) throws IOException, InterruptedException {
        // -c: the repository's own settings can name a program to run
        List<String> command = new ArrayList<>(List.of("git", "-c", "core.fsmonitor=false"));
        command.addAll(Arrays.asList(arguments));
        return commands.run(
                        LIMIT,
                        Map.of(
                                "GIT_OPTIONAL_LOCKS",
                                "0",
                                "GIT_TERMINAL_PROMPT",
                                "0",
                                "LC_ALL",
                                "C"),
                        command)
                .map(String::strip);
    }
}
