package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * A program of this machine that is run to its end. When the thread that waits for it is
 * interrupted, it is killed with all that it started.
 */
final class Command {
    private Command() {}

    /** How a program ended, and what it wrote. */
    record Outcome(int status, String output, String errors) {
        boolean ok() {
            return status == 0;
        }
    }

    /** Finds a program on the {@code PATH} of an environment. */
    static Optional<Path> find(String name, Map<String, String> environment) {
        String path = environment.getOrDefault("PATH", "");
        for (String folder : path.split(File.pathSeparator)) {
            for (String suffix : List.of("", ".exe")) {
                Path file = Path.of(folder, name + suffix);
                if (!folder.isEmpty() && Files.isRegularFile(file) && Files.isExecutable(file)) {
                    return Optional.of(file.toAbsolutePath());
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Runs a program.
     *
     * @param environment its whole environment
     * @param line told each line that it writes to its error stream
     */
    static Outcome run(
            List<String> command,
            Path directory,
            Map<String, String> environment,
            Consumer<String> line)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new StepException(command.get(0) + " can't be run: " + e.getMessage(), e);
        }
        try {
            process.getOutputStream().close();
            CompletableFuture<String> output = readAll(process.getInputStream());
            CompletableFuture<String> errors = readLines(process.getErrorStream(), line);
            int status = process.waitFor();
            return new Outcome(status, output.join(), errors.join());
        } finally {
            List<ProcessHandle> tree = process.descendants().collect(Collectors.toList());
            tree.add(process.toHandle());
            tree.forEach(ProcessHandle::destroyForcibly);
        }
    }

    private static CompletableFuture<String> readAll(InputStream stream) {
        return inBackground(() -> new String(stream.readAllBytes(), StandardCharsets.UTF_8));
    }

    private static CompletableFuture<String> readLines(InputStream stream, Consumer<String> line) {
        return inBackground(
                () -> {
                    StringBuilder text = new StringBuilder();
                    BufferedReader in =
                            new BufferedReader(
                                    new InputStreamReader(stream, StandardCharsets.UTF_8));
                    for (String each = in.readLine(); each != null; each = in.readLine()) {
                        text.append(each).append('\n');
                        line.accept(each);
                    }
                    return text.toString();
                });
    }

    private static CompletableFuture<String> inBackground(Callable<String> reading) {
        CompletableFuture<String> text = new CompletableFuture<>();
        Thread reader =
                new Thread(
                        () -> {
                            try {
                                text.complete(reading.call());
                            } catch (Exception e) {
                                text.completeExceptionally(e);
                            }
                        },
                        "output of a command");
        reader.setDaemon(true);
        reader.start();
        return text;
    }
}
