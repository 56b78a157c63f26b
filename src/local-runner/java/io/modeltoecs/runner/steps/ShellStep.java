package io.modeltoecs.runner.steps;

import hudson.AbortException;
import io.modeltoecs.runner.step.Step;
import io.modeltoecs.runner.step.StepContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** {@code sh}. */
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
            int status =
                    Processes.run(
                            context,
                            command(script, file),
                            Map.of(),
                            log,
                            returnStdout ? stdout : log);
            if (context.flag("returnStatus")) {
                return status;
            }
            if (status != 0) {
                throw new AbortException("script returned exit code " + status);
            }
            return returnStdout ? Files.readString(stdout) : null;
        } finally {
            Folders.delete(control);
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
}
