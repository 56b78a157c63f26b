package io.modeltoecs.engine.options;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The parameter {@code runTask} of {@code deployToEcs}: a task of the new revision that runs to its
 * end before the service is touched.
 *
 * @param command what the container runs; a text is run by its shell
 * @param container or null for the one that serves
 * @param env variables beside those that it has
 */
public record RunTaskOptions(
        List<String> command, String container, Map<String, String> env, int timeoutMinutes) {

    /** Reads and checks the map; null if it isn't given. */
    static RunTaskOptions from(String step, Map<String, Object> given) {
        if (given.isEmpty()) {
            return null;
        }
        Arguments arguments = new Arguments(step + ": runTask", given, RunTaskOptions.class);
        List<String> command =
                given.get("command") instanceof CharSequence
                        ? List.of("sh", "-c", arguments.required("command"))
                        : arguments.texts("command", List.of());
        if (command.isEmpty()) {
            throw arguments.wrong("'command' is missing: what is the task to run?");
        }
        Integer timeout = arguments.number("timeoutMinutes", 1, 24 * 60);
        return new RunTaskOptions(
                command,
                DeployOptions.container(arguments),
                DeployOptions.variables(arguments, "env"),
                timeout == null ? 15 : timeout);
    }

    /** How long the task may take, from its start on. */
    public Duration timeout() {
        return Duration.ofMinutes(timeoutMinutes);
    }
}
