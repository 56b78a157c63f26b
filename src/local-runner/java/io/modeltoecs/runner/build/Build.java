package io.modeltoecs.runner.build;

import io.modeltoecs.runner.step.Scope;
import io.modeltoecs.runner.step.StepRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** One execution of a Jenkinsfile, with all that it can see of its surroundings. */
public final class Build {
    /** Results, from good to bad. */
    private static final List<String> RESULTS =
            List.of("SUCCESS", "UNSTABLE", "FAILURE", "NOT_BUILT", "ABORTED");

    private final Home home;
    private final String job;
    private final int number;
    private final Instant startedAt = Instant.now();
    private final BuildLog log;
    private final StepRegistry registry;
    private final Library library;
    private final Parameters parameters;
    private final Credentials credentials;
    private final Source source;
    private final Path givenWorkspace;
    private final Map<String, String> inherited;
    private final Map<String, String> variables = new ConcurrentHashMap<>();
    private volatile String result;
    private volatile String displayName;
    private volatile String description;

    /**
     * What a build is made of.
     *
     * @param inherited the environment that its processes start from
     * @param workspace the folder that {@code node} works in, or null for one in the home
     */
    public record Parts(
            Home home,
            String job,
            int number,
            BuildLog log,
            StepRegistry registry,
            Library library,
            Parameters parameters,
            Credentials credentials,
            Source source,
            Path workspace,
            Map<String, String> inherited) {}

    public Build(Parts parts) {
        home = parts.home();
        job = parts.job();
        number = parts.number();
        log = parts.log();
        registry = parts.registry();
        library = parts.library();
        parameters = parts.parameters();
        credentials = parts.credentials();
        source = parts.source();
        givenWorkspace = parts.workspace();
        inherited = parts.inherited();
        displayName = "#" + number;
    }

    public Home home() {
        return home;
    }

    public String job() {
        return job;
    }

    public int number() {
        return number;
    }

    /** When it started. */
    public Instant startedAt() {
        return startedAt;
    }

    public BuildLog log() {
        return log;
    }

    public StepRegistry registry() {
        return registry;
    }

    public Library library() {
        return library;
    }

    public Parameters parameters() {
        return parameters;
    }

    public Credentials credentials() {
        return credentials;
    }

    public Source source() {
        return source;
    }

    /** Where its log, its result and its archived files are. */
    public Path folder() {
        return home.build(job, number);
    }

    /** Where it can be looked at. */
    public String url() {
        return folder().toUri().toString();
    }

    /** A workspace for one {@code node} block. */
    public Path workspace() throws IOException {
        return givenWorkspace != null ? givenWorkspace : home.workspace(job);
    }

    /** The result so far, or null for success. */
    public String result() {
        return result;
    }

    /** Sets the result, unless it already is a worse one, as Jenkins does. */
    public void worsen(String to) {
        if (result == null || RESULTS.indexOf(to) > RESULTS.indexOf(result)) {
            result = to;
        }
    }

    public String displayName() {
        return displayName;
    }

    public void setDisplayName(String displayName) {
        this.displayName = displayName;
    }

    public String description() {
        return description;
    }

    public void setDescription(String description) {
        this.description = description;
    }

    /** Sets a variable for the rest of the build. */
    public void setVariable(String name, String value) {
        variables.put(name, value);
    }

    /** The variables that a process gets in a scope. */
    public Map<String, String> environment(Scope scope) {
        Map<String, String> environment = new TreeMap<>(inherited);
        environment.put("CI", "true");
        environment.put("JOB_NAME", job);
        environment.put("JOB_BASE_NAME", job.substring(job.lastIndexOf('/') + 1));
        environment.put("BUILD_NUMBER", Integer.toString(number));
        environment.put("BUILD_ID", Integer.toString(number));
        environment.put("BUILD_DISPLAY_NAME", displayName);
        environment.put("BUILD_TAG", "jenkins-" + job.replace('/', '-') + "-" + number);
        environment.put("BUILD_URL", url());
        if (source.branch() != null) {
            environment.put("BRANCH_NAME", source.branch());
        }
        parameters.values().forEach((name, value) -> environment.put(name, value.toString()));
        environment.putAll(variables);
        if (scope.workspace() != null) {
            environment.put("NODE_NAME", "built-in");
            environment.put("WORKSPACE", scope.workspace());
            environment.put("WORKSPACE_TMP", scope.workspace() + "@tmp");
        }
        if (scope.stage() != null) {
            environment.put("STAGE_NAME", scope.stage());
        }
        environment.putAll(scope.environment());
        environment.values().removeIf(String::isEmpty);
        return environment;
    }
}
