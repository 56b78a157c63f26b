package io.modeltoecs.engine.model;

import io.modeltoecs.engine.options.PublishOptions;
import java.util.LinkedHashMap;
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
     * What is to be written, before the command is run, into a folder of its own that others on the
     * machine can't write to: name to content, in UTF-8. It holds no secret.
     */
    public Map<String, String> files() {
        Map<String, String> files = new LinkedHashMap<>();
        return files;
    }

    /**
     * The command line.
     *
     * @param folder absolute path of the folder with the {@link #files}
     * @param unix whether it is for a POSIX shell; else for Windows' cmd
     */
    public String command(String folder, boolean unix) {
        throw new UnsupportedOperationException();
    }

    /**
     * The secret part of the command's environment, for as long as the command runs.
     *
     * @param user user name of {@code pipCredentialsId}, or null without one
     */
    public Map<String, String> environment(String user, String password) {
        return Map.of();
    }

    /** Where in the folder the command leaves what it knows of interpreter and libraries. */
    public String environmentFile(String folder) {
        return folder + "/environment.json";
    }
}
