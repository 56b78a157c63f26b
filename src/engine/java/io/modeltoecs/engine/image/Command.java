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
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * A program of this machine that is run to its end. When the thread that waits for it is
 * interrupted, it is killed with all that it started.
 */
final class Command {
    private static final long CLEAN_UP_SECONDS = 10;

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
        Process process = start(new ProcessBuilder(command), directory, environment);
        try {
            CompletableFuture<String> output = readAll(process.getInputStream());
            CompletableFuture<String> errors =
                    readLines(process.getErrorStream(), line, Integer.MAX_VALUE);
            int status = process.waitFor();
            return new Outcome(status, output.join(), errors.join());
        } finally {
            kill(process);
        }
    }

    /**
     * Runs a program that builds images.
     *
     * @param line told each line that it writes to either stream
     * @param kept how many lines the outcome has, the last ones, as its output
     */
    static Outcome follow(
            List<String> command,
            Path directory,
            Map<String, String> environment,
            Consumer<String> line,
            int kept)
            throws IOException, InterruptedException {
        Process process =
                start(
                        new ProcessBuilder(command).redirectErrorStream(true),
                        directory,
                        environment);
        try {
            CompletableFuture<String> output = readLines(process.getInputStream(), line, kept);
            int status = process.waitFor();
            return new Outcome(status, output.join(), "");
        } catch (InterruptedException e) {
            killInside(process);
            throw e;
        } finally {
            kill(process);
        }
    }

    private static Process start(
            ProcessBuilder builder, Path directory, Map<String, String> environment)
            throws IOException {
        builder.directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new StepException(
                    builder.command().get(0) + " can't be run: " + e.getMessage(), e);
        }
        process.getOutputStream().close();
        return process;
    }

    /**
     * Ends what a builder runs inside of images first: it then removes what it had mounted and made
     * for that, and ends by itself.
     */
    private static void killInside(Process process) throws InterruptedException {
        Set<ProcessHandle> inside = process.descendants().collect(Collectors.toSet());
        process.children().forEach(inside::remove);
        if (!inside.isEmpty()) {
            inside.forEach(ProcessHandle::destroyForcibly);
            process.waitFor(CLEAN_UP_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static void kill(Process process) {
        if (!process.isAlive()) {
            return; // what it left behind isn't known as its child any more
        }
        List<ProcessHandle> tree = process.descendants().collect(Collectors.toList());
        tree.add(process.toHandle());
        tree.forEach(ProcessHandle::destroyForcibly);
        // else they may still write where the caller is about to remove a folder
        CompletableFuture.allOf(
                        tree.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, CLEAN_UP_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    private static CompletableFuture<String> readAll(InputStream stream) {
        return inBackground(() -> new String(stream.readAllBytes(), StandardCharsets.UTF_8));
    }

    private static CompletableFuture<String> readLines(
            InputStream stream, Consumer<String> line, int kept) {
        return inBackground(
                () -> {
                    Deque<String> last = new ArrayDeque<>();
                    BufferedReader in =
                            new BufferedReader(
                                    new InputStreamReader(stream, StandardCharsets.UTF_8));
                    for (String each = in.readLine(); each != null; each = in.readLine()) {
                        line.accept(each);
                        last.add(each);
                        if (last.size() > kept) {
                            last.remove();
                        }
                    }
                    return String.join("\n", last);
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
