package io.modeltoecs.runner.build;

import hudson.AbortException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Calls {@code git}. */
public final class Git {
    private final Map<String, String> environment;

    /**
     * @param environment of the git processes
     */
    public Git(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * Runs git in a folder.
     *
     * @return its output, without the white space around it
     * @throws AbortException with git's message if it fails
     */
    public String run(Path folder, String... arguments) throws IOException, InterruptedException {
        Path errors = Files.createTempFile("git-", ".err");
        try {
            List<String> command = new ArrayList<>(List.of("git", "-C", folder.toString()));
            command.addAll(Arrays.asList(arguments));
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                            .redirectError(errors.toFile());
            builder.environment().clear();
            builder.environment().putAll(environment);
            Process process = builder.start();
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AbortException(
                        "git %s: %s".formatted(arguments[0], Files.readString(errors).strip()));
            }
            return output.strip();
        } finally {
            Files.delete(errors);
        }
    }

    /** Runs git; an empty text if it fails. */
    public String ask(Path folder, String... arguments) throws IOException, InterruptedException {
        try {
            return run(folder, arguments);
        } catch (AbortException e) {
            return "";
        }
    }
}
