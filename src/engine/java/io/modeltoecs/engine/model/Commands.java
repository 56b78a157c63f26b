package io.modeltoecs.engine.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Small commands whose output is wanted. */
final class Commands {
    private final Path directory;

    Commands(Path directory) {
        this.directory = directory;
    }

    /**
     * Runs a command in the directory. Its process tree ends with the time limit and when this
     * thread is interrupted.
     *
     * @return what it printed, or empty if it failed, isn't there or took too long
     */
    Optional<String> run(Duration limit, Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile("model-to-ecs-", ".out");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .directory(directory.toFile())
                            .redirectInput(ProcessBuilder.Redirect.PIPE)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            Process process;
            try {
                process = builder.start();
            } catch (IOException e) {
                return Optional.empty();
            }
            try {
                process.getOutputStream().close();
                if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)
                        && process.exitValue() == 0) {
                    return Optional.of(Files.readString(output, StandardCharsets.UTF_8));
                }
                return Optional.empty();
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } finally {
            Files.deleteIfExists(output);
        }
    }
}
