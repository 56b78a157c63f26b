package io.modeltoecs.runner;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.runner.build.Credentials;
import io.modeltoecs.runner.steps.EngineSteps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line. Exit status: 0 success (and unstable), 1 failure, 2 wrong usage, 3 aborted. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description =
                "Executes a Jenkinsfile on this machine, with the shared library's steps: a rehearsal"
                        + " of what Jenkins would do.")
public final class Main implements Callable<Integer> {
    private static final int ABORTED = 3;

    @Option(
            names = "--repo",
            required = true,
            description = "the folder to build, or a bare git repository")
    private Path repository;

    @Option(names = "--commit", description = "what to build of a bare repository")
    private String commit;

    @Option(names = "--branch", description = "what to build of a bare repository")
    private String branch;

    @Option(
            names = "--jenkinsfile",
            defaultValue = "Jenkinsfile",
            description = "its path in the repository (default: ${DEFAULT-VALUE})")
    private String jenkinsfile;

    @Option(
            names = {"-p", "--param"},
            paramLabel = "NAME=VALUE",
            description = "a build parameter; input=proceed or input=abort answers input steps")
    private Map<String, String> parameters = new LinkedHashMap<>();

    @Option(
            names = "--credentials",
            description =
                    "JSON {\"id\": {\"username\": ..., \"password\": ...}} or properties"
                            + " id.username=...; fields: username, password; secret; accessKeyId,"
                            + " secretAccessKey, sessionToken")
    private Path credentials;

    @Option(names = "--job", description = "the job's name (default: the repository's)")
    private String job;

    @Option(names = "--workspace", description = "the folder to work in (default: in the home)")
    private Path workspace;

    @Option(
            names = "--library",
            defaultValue = ".",
            description = "the repository with the library's vars (default: ${DEFAULT-VALUE})")
    private Path library;

    @Option(
            names = "--home",
            defaultValue = ".local/runner",
            description = "where builds, logs and workspaces are kept (default: ${DEFAULT-VALUE})")
    private Path home;

    private Main() {}

    /** Runs a build and ends the JVM. */
    public static void main(String[] arguments) {
        System.exit(
                new CommandLine(new Main())
                        .setExecutionExceptionHandler(Main::explain)
                        .execute(arguments));
    }

    private static int explain(
            Exception error, CommandLine commandLine, CommandLine.ParseResult parsed)
            throws Exception {
        if (error instanceof StepException) {
            commandLine.getErr().println("ERROR: " + error.getMessage());
            return 1;
        }
        throw error;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Map<String, String> environment = System.getenv();
        Runner runner =
                new Runner(
                        new Runner.Order(
                                repository,
                                branch,
                                commit,
                                jenkinsfile,
                                parameters,
                                credentials == null
                                        ? Credentials.none()
                                        : Credentials.read(credentials),
                                job,
                                workspace,
                                library,
                                home,
                                environment),
                        new EngineSteps(),
                        System.out);
        CountDownLatch ended = new CountDownLatch(1);
        Thread hook = new Thread(() -> stop(runner, ended), "stop");
        Runtime.getRuntime().addShutdownHook(hook);
        String result;
        try {
            result = runner.run();
        } finally {
            ended.countDown();
            unhook(hook);
        }
        return switch (result) {
            case "SUCCESS", "UNSTABLE" -> 0;
            case "ABORTED" -> ABORTED;
            default -> 1;
        };
    }

    /** Ctrl-C or SIGTERM: steps stop, then the JVM ends with the status for that. */
    private static void stop(Runner runner, CountDownLatch ended) {
        runner.stop();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(ABORTED);
    }

    private static void unhook(Thread hook) throws InterruptedException {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            hook.join(); // the JVM is ending: the hook says with which status
        }
    }
}
