package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.PublishOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The training of {@code trainAndPublishModel}: one command that makes the environment and runs the
 * user's command in it, to be started in the current directory by whatever starts processes. Its
 * exit code is the training's.
 */
public final class Training {
    private final PublishOptions options;

    public Training(PublishOptions options) {
        this.options = options;
    }

    /** Whether there is anything to run: the artifact may be there already. */
    public boolean needed() {
        return options.train() != null;
    }

    /**
     * What is to be written, before the command is run, into a new folder of its own that others on
     * the machine can't write to: name to content, in UTF-8. It holds no secret.
     */
    public Map<String, String> files() {
        Map<String, Object> params = new LinkedHashMap<>();
        options.params()
                .forEach(
                        (name, value) -> {
                            Object simple = Json.simple(value);
                            if (simple != null) {
                                params.put(
                                        name,
                                        simple instanceof String text
                                                ? text
                                                : Json.compact(simple));
                            }
                        });
        Map<String, Object> order = new LinkedHashMap<>();
        order.put("train", options.train());
        order.put("requirements", options.requirements());
        order.put("params", params);
        Map<String, String> files = new LinkedHashMap<>();
        files.put(Scripts.TRAINING, Scripts.read(Scripts.TRAINING));
        files.put(Scripts.ENVIRONMENT, Scripts.read(Scripts.ENVIRONMENT));
        files.put("order.json", Json.pretty(order));
        return files;
    }

    /**
     * The command line.
     *
     * @param folder absolute path of the folder with the {@link #files}
     * @param unix whether it is for a POSIX shell; else for Windows' cmd
     */
    public String command(String folder, boolean unix) {
        return unix
                // exec: a signal to the shell's process is one to the training
                ? "exec " + quoted(options.python()) + " -u " + quoted(folder + "/training.py")
                : "\"%s\" -u \"%s\\training.py\"".formatted(options.python(), folder);
    }

    /**
     * The secret part of the command's environment, for as long as the command runs.
     *
     * @param user user name of {@code pipCredentialsId}, or null without one
     */
    public Map<String, String> environment(String user, String password) {
        return user == null
                ? Map.of()
                : Map.of("MODEL_TO_ECS_PIP_USER", user, "MODEL_TO_ECS_PIP_PASSWORD", password);
    }

    /** Where in the folder the command leaves what it knows of interpreter and libraries. */
    public String environmentFile(String folder) {
        return folder + "/environment.json";
    }

    /**
     * What a command's end other than 0 means for the step.
     *
     * @param output the last lines of what it printed
     */
    public static StepException failed(int exitCode, OutputTail output) {
        List<String> lines = output.lines();
        return new StepException(
                "%s: 'train' failed with exit code %d; nothing is published%s"
                        .formatted(
                                PublishOptions.STEP,
                                exitCode,
                                lines.isEmpty()
                                        ? ""
                                        : ". The last lines of its output:\n  "
                                                + String.join("\n  ", lines)));
    }

    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
