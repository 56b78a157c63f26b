package io.modeltoecs.cloud.engine;

import java.util.List;
import java.util.Map;

/**
 * A container to be started.
 *
 * @param name its name
 * @param image its image, present in the engine
 * @param labels labels beside the cloud's own
 * @param network arguments that choose its network
 * @param ports container ports to publish, e.g. {@code 8080/tcp}
 * @param environment its variables; they never stand on a command line
 * @param user replaces the image's where it isn't null
 * @param workingDirectory replaces the image's where it isn't null
 * @param readOnly whether its root file system is
 * @param writable folders that volumes or memory are mounted at
 * @param options further arguments of an engine's {@code run}, e.g. {@code --init}
 * @param entryPoint replaces the image's where it isn't null
 * @param command replaces the image's where it isn't null
 */
public record ContainerSpec(
        String name,
        String image,
        Map<String, String> labels,
        List<String> network,
        List<String> ports,
        Map<String, String> environment,
        String user,
        String workingDirectory,
        boolean readOnly,
        List<String> writable,
        List<String> options,
        List<String> entryPoint,
        List<String> command) {}
