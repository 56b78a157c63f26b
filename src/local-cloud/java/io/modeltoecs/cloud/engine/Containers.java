package io.modeltoecs.cloud.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What tasks run in. A container is named by the id that {@link #run} gave, or by its name. Only
 * this cloud's are seen.
 */
public interface Containers {

    /**
     * Starts a container.
     *
     * @return its id
     * @throws EngineException with why it could not be started
     */
    String run(ContainerSpec spec);

    /** Asks a container to end, and ends it when it does not within the time. */
    void stop(String container, int seconds);

    /** Asks containers to end, all at a time. */
    void stopAll(List<String> containers, int seconds);

    /** Ends a container at once. */
    void kill(String container);

    /** Stops all its processes (SIGSTOP): they answer nothing and no SIGTERM, but can be killed. */
    void freeze(String container);

    /** Removes containers, running or not, with their volumes. Missing ones are fine. */
    void remove(List<String> containers);

    /** Removes a volume that has a name. A missing one is fine. */
    void removeVolume(String name);

    /** The ids of containers, running or not. */
    List<String> containers();

    /** The ids of containers that have a label, running or not. */
    List<String> labelled(String name);

    /** The ids of containers that run. */
    List<String> running();

    /** The state of a container; nothing where it is gone. */
    Optional<ContainerState> inspect(String container);

    /** Runs a command in a container. */
    Cli.Result exec(String container, List<String> arguments, Duration limit);

    /** Writes a container's output to a file, each line with the time it was printed. */
    void logs(String container, Path file);

    /**
     * Fetches an image.
     *
     * @throws EngineException with why it could not be fetched
     */
    void pull(String image);

    boolean hasImage(String image);

    /** An image's digest in its registry ({@code sha256:...}), where it came from one. */
    Optional<String> repositoryDigest(String image);

    /**
     * A process that prints a line whenever a container ends, until its standard input ends;
     * nothing where containers are processes of this machine, which is seen without.
     */
    Optional<ProcessBuilder> events();
}
