package io.modeltoecs.runner.steps;

import hudson.AbortException;
import io.modeltoecs.runner.step.Step;
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
 * {@code sh}. As in Jenkins the process writes to files, which are followed while it runs: what it
 * leaves running in the background doesn't keep the step from ending.
 */
final class ShellStep {
    private ShellStep() {}

    static List<Step> all() {
        return List.of(
                Step.onNode(
                        "sh",
                        ShellStep::run,
                        "script",
                        "returnStdout",
                        "returnStatus",
                        "label",
                        "encoding"));
    }

    private static Object run(StepContext context) throws IOException, InterruptedException {
        String script = context.required("script");
        boolean returnStdout = context.flag("returnStdout");
        Path control =
                Files.createTempDirectory(Path.of(context.scope().workspace() + "@tmp"), "sh-");
        try {
            Path file = Files.writeString(control.resolve("script.sh"), script);
            Path stdout = control.resolve("stdout");
            Path log = control.resolve("log");
            int status = run(context, command(script, file), log, returnStdout ? stdout : log);
            if (context.flag("returnStatus")) {
                return status;
            }
            if (status != 0) {
                throw new AbortException("script returned exit code " + status);
            }
            return returnStdout ? Files.readString(stdout) : null;
        } finally {
            for (File file : control.toFile().listFiles()) {
                Files.delete(file.toPath());
            }
            Files.delete(control);
        }
    }

    /**
     * Jenkins' rule: a script with a {@code #!} line chooses its interpreter, others are traced.
     */
    private static List<String> command(String script, Path file) {
        if (script.startsWith("#!") && file.toFile().setExecutable(true)) {
            return List.of(file.toString());
        }
        return List.of("sh", "-xe", file.toString());
    }

    private static int run(StepContext context, List<String> command, Path log, Path stdout)
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
