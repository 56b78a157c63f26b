package io.modeltoecs.runner;

import com.cloudbees.groovy.cps.Continuable;
import hudson.AbortException;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.runner.build.Build;
import io.modeltoecs.runner.build.BuildLog;
import io.modeltoecs.runner.build.Credentials;
import io.modeltoecs.runner.build.Git;
import io.modeltoecs.runner.build.Home;
import io.modeltoecs.runner.build.Library;
import io.modeltoecs.runner.build.Parameters;
import io.modeltoecs.runner.build.Source;
import io.modeltoecs.runner.cps.Interpreter;
import io.modeltoecs.runner.cps.ScriptCompiler;
import io.modeltoecs.runner.steps.AllSteps;
import io.modeltoecs.runner.steps.ModelSteps;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.codehaus.groovy.control.CompilationFailedException;
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException;

/** Executes one Jenkinsfile, from its text to its result. */
public final class Runner {
    /** What the shared library is called in Jenkins. */
    static final String LIBRARY = "model-to-ecs";

    private static final String SUCCESS = "SUCCESS";
    private static final String FAILURE = "FAILURE";
    private static final String ABORTED = "ABORTED";

    private final Order order;
    private final ModelSteps modelSteps;
    private final PrintStream console;
    private volatile Interpreter interpreter;
    private volatile boolean stopped;

    /**
     * What is to be run.
     *
     * @param repository a folder or a bare repository
     * @param branch a branch of a bare repository, or null
     * @param commit a commit of a bare repository, or null
     * @param job the job's name, or null for the repository's
     * @param workspace the folder to work in, or null for one in the home
     * @param library the repository that has the shared library's vars
     * @param home where builds, logs and workspaces are kept
     * @param environment what the build's processes inherit
     */
    public record Order(
            Path repository,
            String branch,
            String commit,
            String jenkinsfile,
            Map<String, String> parameters,
            Credentials credentials,
            String job,
            Path workspace,
            Path library,
            Path home,
            Map<String, String> environment) {}

    public Runner(Order order, ModelSteps modelSteps, PrintStream console) {
        this.order = order;
        this.modelSteps = modelSteps;
        this.console = console;
    }

    /**
     * Runs the build.
     *
     * @return the result: SUCCESS, UNSTABLE, FAILURE, NOT_BUILT or ABORTED
     * @throws StepException if there is nothing that could be run
     */
    public String run() throws IOException, InterruptedException {
        Map<String, String> environment = withoutGit(order.environment());
        Git git = new Git(environment);
        Source source = Source.of(order.repository(), order.branch(), order.commit(), git);
        String text = source.read(order.jenkinsfile(), git);
        String job = order.job() == null ? jobOf(source) : order.job();
        Home home = new Home(order.home().toAbsolutePath().normalize());
        int number = home.nextNumber(job);
        Path folder = home.build(job, number);
        try (BuildLog log = new BuildLog(console, folder.resolve("log"))) {
            ScriptCompiler compiler = new ScriptCompiler();
            Build build =
                    new Build(
                            new Build.Parts(
                                    home,
                                    job,
                                    number,
                                    log,
                                    AllSteps.with(modelSteps),
                                    new Library(LIBRARY, order.library(), compiler),
                                    new Parameters(order.parameters()),
                                    order.credentials(),
                                    source,
                                    order.workspace(),
                                    environment));
            log.line(
                    "%s #%d: %s of %s"
                            .formatted(job, number, order.jenkinsfile(), source.repository()));
            build(build, compiler, text);
            String result = build.result() == null ? SUCCESS : build.result();
            Files.writeString(folder.resolve("result"), result + "\n");
            Duration time = Duration.between(build.startedAt(), Instant.now());
            log.line("Finished: %s (%s)".formatted(result, Amounts.seconds(time)));
            return result;
        }
    }

    /**
     * Stops the build from another thread; {@link #run} returns once all its steps have stopped.
     */
    public void stop() {
        stopped = true;
        Interpreter running = interpreter;
        if (running != null) {
            running.stop(new FlowInterruptedException(ABORTED, "Aborted by the user"));
        }
    }

    private void build(Build build, ScriptCompiler compiler, String text)
            throws InterruptedException {
        BuildLog log = build.log();
        try {
            Class<?> script = compiler.compile(ScriptCompiler.JENKINSFILE, text);
            build.library().require(compiler.libraries());
            log.line("[Pipeline] Start of Pipeline");
            interpreter = new Interpreter(build, compiler.loader());
            if (stopped) {
                stop();
            }
            Throwable error = interpreter.run(script);
            log.line("[Pipeline] End of Pipeline");
            if (error instanceof FlowInterruptedException interruption) {
                build.worsen(interruption.getResult());
                log.line(error.getMessage());
            } else if (error != null) {
                build.worsen(FAILURE);
                report(log, error);
            }
        } catch (CompilationFailedException | StepException e) {
            build.worsen(FAILURE);
            log.line("ERROR: " + e.getMessage());
        }
        if (stopped) {
            build.worsen(ABORTED);
        }
    }

    /** The message and where in the scripts it happened; for what nobody expected, all of it. */
    private static void report(BuildLog log, Throwable error) {
        boolean told =
                error instanceof StepException
                        || error instanceof AbortException
                        || error instanceof NoSuchMethodError;
        log.line("ERROR: " + (told ? error.getMessage() : error.toString()));
        List<StackTraceElement> trace = Arrays.asList(error.getStackTrace());
        int end = trace.indexOf(Continuable.SEPARATOR_STACK_ELEMENT);
        List<StackTraceElement> scripts =
                trace.subList(0, end < 0 ? trace.size() : end).stream()
                        .filter(Runner::inScript)
                        .toList();
        scripts.forEach(frame -> log.line("  at " + place(frame)));
        if (!told && scripts.isEmpty()) {
            trace.forEach(frame -> log.line("  at " + frame));
        }
    }

    private static boolean inScript(StackTraceElement frame) {
        return frame.getFileName() != null
                && frame.getFileName().endsWith(".groovy")
                && frame.getLineNumber() > 0;
    }

    private static String place(StackTraceElement frame) {
        String file = frame.getFileName();
        return (file.equals(ScriptCompiler.JENKINSFILE + ".groovy") ? "Jenkinsfile" : file)
                + ":"
                + frame.getLineNumber();
    }

    /** A git hook's variables would lead every git of the build back to the hook's repository. */
    private static Map<String, String> withoutGit(Map<String, String> environment) {
        Map<String, String> kept = new TreeMap<>(environment);
        kept.keySet().removeIf(name -> name.startsWith("GIT_") && !name.startsWith("GIT_SSH"));
        return kept;
    }

    private static String jobOf(Source source) {
        return source.repository().toFile().getName().replaceFirst("\\.git$", "");
    }
}
