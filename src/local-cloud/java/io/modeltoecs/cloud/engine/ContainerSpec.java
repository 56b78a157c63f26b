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
 * @param options further arguments of {@code run}, e.g. {@code --read-only}
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
        List<String> options,
        List<String> entryPoint,
        List<String> command) {}
