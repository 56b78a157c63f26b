package io.modeltoecs.cloud.engine;

import java.util.Map;

/**
 * What the engine says of a container.
 *
 * @param id its id
 * @param running whether it runs
 * @param exitCode its exit code, once it has ended
 * @param outOfMemory whether the kernel ended it for its memory use
 * @param pid its first process as this machine knows it; 0 where it doesn't
 * @param ports published ports: container port with protocol ({@code 8080/tcp}) to host port
 */
public record ContainerState(
        String id,
        boolean running,
        int exitCode,
        boolean outOfMemory,
        long pid,
        Map<String, Integer> ports) {}
