package io.modeltoecs.runner.step;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Progress;
import io.modeltoecs.runner.build.Build;
import java.nio.file.Path;
import java.util.Map;

/**
 * The arguments and surroundings of one call of a step.
 *
 * @param name the step's name
 * @param arguments as the Jenkinsfile has them
 */
public record StepContext(String name, Map<String, Object> arguments, Scope scope, Build build)
        implements Progress {

    /** Writes a line to the build's log. */
    @Override
    public void say(String line) {
        build.log().line(scope.branch(), line);
    }

    /** Whether the argument is given, and not null. */
    public boolean has(String parameter) {
        return arguments.get(parameter) != null;
    }

    /** The argument as it was given. */
    public Object value(String parameter) {
        return arguments.get(parameter);
    }

    /** The argument as text, or null. */
    public String text(String parameter) {
        Object value = arguments.get(parameter);
        return value == null ? null : value.toString();
    }

    /** The argument as text, or a default. */
    public String text(String parameter, String otherwise) {
        return has(parameter) ? text(parameter) : otherwise;
    }

    /** The argument, which has to be given. */
    public String required(String parameter) {
        if (!has(parameter)) {
            throw new StepException(name + ": '" + parameter + "' is missing");
        }
        return text(parameter);
    }

    /** The argument as true or false; false if it isn't given. */
    public boolean flag(String parameter) {
        return Boolean.parseBoolean(text(parameter));
    }

    /** The argument as a number, or a default. */
    public long number(String parameter, long otherwise) {
        if (!has(parameter)) {
            return otherwise;
        }
        try {
            return Long.parseLong(text(parameter));
        } catch (NumberFormatException e) {
            throw new StepException(
                    "%s: '%s' is '%s', but should be a whole number"
                            .formatted(name, parameter, text(parameter)));
        }
    }

    /** The current directory. */
    public Path directory() {
        return Path.of(scope.directory());
    }

    /** A path relative to the current directory. */
    public Path path(String path) {
        return directory().resolve(path).normalize();
    }

    /** The variables that a process of this step gets. */
    public Map<String, String> environment() {
        return build.environment(scope);
    }
}
