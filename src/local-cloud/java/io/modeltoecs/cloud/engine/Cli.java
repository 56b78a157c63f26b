package io.modeltoecs.cloud.engine;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a command to its end and collects what it prints. */
public final class Cli {
    /**
     * What became of a command.
     *
     * @param exit its exit code; -1 where it did not end by itself
     * @param out what it printed
     * @param err what it printed as errors
     */
    public record Result(int exit, String out, String err) {
        public boolean ok() {
            return exit == 0;
        }

        /** Its errors, or its output where it printed none. */
        public String complaint() {
            return (err.isBlank() ? out : err).strip();
        }
    }

    private final Map<String, String> environment;

    /** Commands see these variables beside the ones of this process. */
    public Cli(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** Runs a command; it is ended when it takes longer than the limit. */
    public Result run(Duration limit, Map<String, String> variables, List<String> command) {
        Path out = null;
        try {
            out = Files.createTempFile("model-to-ecs", ".out");
            Result result = run(limit, variables, command, out);
            return new Result(result.exit(), text(out), result.err());
        } catch (IOException e) {
            return new Result(-1, "", e.getMessage());
        } finally {
            delete(out);
        }
    }

    /** Runs a command whose output goes to a file. */
    public Result run(
            Duration limit, Map<String, String> variables, List<String> command, Path output) {
        Path errors = null;
        try {
            errors = Files.createTempFile("model-to-ecs", ".err");
            Process process =
                    process(variables, command)
                            .redirectOutput(output.toFile())
                            .redirectError(errors.toFile())
                            .start();
            process.getOutputStream().close();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                return new Result(
                        -1, "", text(errors) + "timed out after " + limit.toSeconds() + " s");
            }
            return new Result(process.exitValue(), "", text(errors));
        } catch (IOException e) {
            return new Result(-1, "", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Result(-1, "", "interrupted");
        } finally {
            delete(errors);
        }
    }

    /** A command that is not started yet. */
    public ProcessBuilder process(Map<String, String> variables, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        // podman's conmon leaves a file called oom in the folder where it was started
        builder.directory(new File(System.getProperty("java.io.tmpdir")));
        builder.environment().putAll(environment);
        builder.environment().putAll(variables);
        return builder;
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            file.toFile().deleteOnExit();
        }
    }
}
