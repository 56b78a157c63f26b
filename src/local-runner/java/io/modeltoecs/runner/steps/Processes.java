package io.modeltoecs.runner.steps;

import io.modeltoecs.runner.step.StepContext;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Runs the processes of a step. As in Jenkins a process writes to a file, which is followed while
 * it runs: what it leaves running in the background doesn't keep the step from ending.
 */
final class Processes {
    private Processes() {}

    /**
     * Runs a command in the step's directory; its output goes to the build's log as it comes. When
     * the thread is interrupted, the command and all that it started are ended first.
     *
     * @param secrets variables beside the step's own
     * @param log a file for the output
     * @param stdout a file for the standard output, if that isn't to go to the log
     * @return the exit code
     */
    static int run(
            StepContext context,
            List<String> command,
            Map<String, String> secrets,
            Path log,
            Path stdout)
            throws IOException, InterruptedException {
        String cookie = "durable-" + UUID.randomUUID();
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(context.directory().toFile())
                        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                        .redirectError(log.toFile())
                        .redirectOutput(stdout.toFile());
        if (stdout.equals(log)) {
            builder.redirectErrorStream(true);
        }
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.putAll(context.environment());
        environment.putAll(secrets);
        environment.put(ProcessTree.COOKIE, cookie);
        Process process = builder.start();
        Follower follower = new Follower(context);
        try (InputStream in = Files.newInputStream(log)) {
            boolean ended = false;
            while (!ended) {
                ended = process.waitFor(50, TimeUnit.MILLISECONDS);
                follower.read(in);
            }
            follower.end();
        } catch (InterruptedException e) {
            ProcessTree.kill(process, cookie);
            throw e;
        }
        return process.exitValue();
    }

    /** Writes to the log what has been added to a file, line by line. */
    private static final class Follower {
        private final StepContext context;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        Follower(StepContext context) {
            this.context = context;
        }

        void read(InputStream in) throws IOException {
            for (byte b : in.readAllBytes()) {
                if (b == '\n') {
                    say();
                } else {
                    line.write(b);
                }
            }
        }

        void end() {
            if (line.size() > 0) {
                say();
            }
        }

        private void say() {
            context.say(line.toString(StandardCharsets.UTF_8));
            line.reset();
        }
    }
}
