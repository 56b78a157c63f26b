package io.modeltoecs.runner;

import io.modeltoecs.runner.build.Credentials;
import io.modeltoecs.runner.steps.ModelSteps;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs Jenkinsfiles in a folder of their own, with this repository as the library. */
public final class Rehearsal {
    /** This project's repository. */
    public static final Path LIBRARY = Path.of(System.getProperty("library"));

    private final Path repository;
    private final Path home;
    private final Map<String, String> parameters = new LinkedHashMap<>();
    private final Map<String, String> environment = new LinkedHashMap<>(System.getenv());
    private Credentials credentials = Credentials.none();
    private ModelSteps modelSteps =
            context -> {
                throw new AssertionError(context.name());
            };
    private Path source;
    private String commit;
    private volatile Runner runner;

    /** What came of a build. */
    public record Outcome(String result, String log, Path folder) {
        /** The lines of the log that Jenkins doesn't write itself. */
        public List<String> said() {
            return log.lines()
                    .filter(line -> !line.contains("[Pipeline]"))
                    .filter(line -> !line.startsWith("Finished: "))
                    .filter(line -> !line.startsWith("Running on this machine"))
                    .skip(1)
                    .toList();
        }
    }

    /**
     * @param folder for the repository and all that the runner makes
     */
    public Rehearsal(Path folder) throws IOException {
        repository = Files.createDirectories(folder.resolve("job"));
        home = folder.resolve("home");
        source = repository;
    }

    /** The folder that is built. */
    public Path repository() {
        return repository;
    }

    /** The workspace. */
    public Path workspace() {
        return home.resolve("workspace/job");
    }

    public Rehearsal with(String parameter, String value) {
        parameters.put(parameter, value);
        return this;
    }

    public Rehearsal with(Credentials given) {
        credentials = given;
        return this;
    }

    public Rehearsal with(ModelSteps steps) {
        modelSteps = steps;
        return this;
    }

    public Rehearsal withVariable(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Builds a commit of a bare repository, instead of the folder. */
    public Rehearsal of(Path bare, String newCommit) {
        source = bare;
        commit = newCommit;
        return this;
    }

    public Rehearsal write(String file, String text) throws IOException {
        Path path = repository.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
        return this;
    }

    /** Runs the lines as the Jenkinsfile. */
    public Outcome run(String... jenkinsfile) throws IOException, InterruptedException {
        write("Jenkinsfile", String.join("\n", jenkinsfile) + "\n");
        return run();
    }

    /** Runs the Jenkinsfile that is there. */
    public Outcome run() throws IOException, InterruptedException {
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        runner =
                new Runner(
                        new Runner.Order(
                                source,
                                null,
                                commit,
                                "Jenkinsfile",
                                parameters,
                                credentials,
                                "job",
                                null,
                                LIBRARY,
                                home,
                                environment),
                        modelSteps,
                        new PrintStream(console, true, StandardCharsets.UTF_8));
        String result = runner.run();
        try (var builds = Files.list(home.resolve("jobs/job/builds"))) {
            long number = builds.count();
            return new Outcome(
                    result,
                    console.toString(StandardCharsets.UTF_8),
                    home.resolve("jobs/job/builds/" + number));
        }
    }

    /** Runs it on another thread, and stops it as Ctrl-C would once a file is in the workspace. */
    public Outcome runAndStopWhen(String file, String... jenkinsfile) throws Exception {
        Thread stopper =
                new Thread(
                        () -> {
                            try {
                                while (!Files.exists(workspace().resolve(file))) {
                                    Thread.sleep(10);
                                }
                            } catch (InterruptedException e) {
                                return;
                            }
                            runner.stop();
                        });
        stopper.start();
        try {
            return run(jenkinsfile);
        } finally {
            stopper.interrupt();
            stopper.join();
        }
    }
}
