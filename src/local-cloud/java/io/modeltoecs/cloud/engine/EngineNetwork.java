package io.modeltoecs.cloud.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.state.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How containers and the cloud reach each other.
 *
 * @param arguments put a container into the network
 * @param hostAddress under which a container reaches the cloud
 * @param bindAddress where the cloud must listen for that; null where loopback does
 */
public record EngineNetwork(List<String> arguments, String hostAddress, String bindAddress) {
    private static final Duration QUICK = Duration.ofSeconds(60);
    private static final String ANCHOR = "anchor";

    /**
     * Sets the network up. Where the engine's bridge is on this machine, that is a bridge of the
     * cloud's own, held up by a container that only sleeps: podman takes a bridge away with its
     * last container, and the cloud's address with it.
     *
     * @param image an image with python3
     * @param port the cloud's port on loopback
     */
    public static EngineNetwork open(ContainerEngine engine, String image, int port) {
        if (engine.isPodman() && rootless(engine)) {
            return rootlessPodman(engine, port);
        }
        String name = name(engine);
        if (!engine.run(QUICK, "network", "inspect", name).ok()) {
            create(engine, name);
        }
        List<String> arguments = List.of("--network", name);
        String anchor = name + "-" + ANCHOR;
        if (!engine.inspect(anchor).map(ContainerState::running).orElse(false)) {
            engine.remove(List.of(anchor));
            anchor(engine, anchor, image, arguments);
        }
        String gateway = gateway(engine, name);
        return isOnThisMachine(gateway)
                ? new EngineNetwork(arguments, gateway, gateway)
                : new EngineNetwork(arguments, "host.docker.internal", null);
    }

    private static void anchor(
            ContainerEngine engine, String name, String image, List<String> network) {
        engine.run(
                new ContainerSpec(
                        name,
                        image,
                        Map.of(),
                        network,
                        List.of(),
                        Map.of(),
                        null,
                        null,
                        false,
                        List.of(),
                        List.of("--init", "--memory", "64m"),
                        List.of("sleep"),
                        List.of("infinity")));
    }

    /** Removes the network; its containers must be gone. */
    public static void remove(ContainerEngine engine) {
        engine.run(QUICK, "network", "rm", name(engine));
    }

    private static String name(ContainerEngine engine) {
        return "model-to-ecs-" + engine.cloudId();
    }

    private static void create(ContainerEngine engine, String name) {
        Cli.Result made = engine.run(QUICK, "network", "create", "--label", engine.label(), name);
        if (!made.ok()) {
            throw new EngineException("Cannot make a container network: " + made.complaint());
        }
    }

    private static boolean rootless(ContainerEngine engine) {
        return engine.run(QUICK, "info", "--format", "{{.Host.Security.Rootless}}")
                .out()
                .strip()
                .equals("true");
    }

    /**
     * Without root a container has the user's own network stack, and no bridge is on this machine.
     */
    private static EngineNetwork rootlessPodman(ContainerEngine engine, int port) {
        boolean slirp =
                engine.run(QUICK, "info", "--format", "{{.Host.Slirp4NetNS.Executable}}")
                        .out()
                        .contains("slirp4netns");
        return slirp
                ? new EngineNetwork(
                        List.of("--network", "slirp4netns:allow_host_loopback=true"),
                        "10.0.2.2",
                        null)
                : new EngineNetwork(List.of("--network", "pasta:-T," + port), "127.0.0.1", null);
    }

    private static String gateway(ContainerEngine engine, String name) {
        try {
            JsonNode network =
                    Json.MAPPER.readTree(engine.run(QUICK, "network", "inspect", name).out());
            String gateway = network.at("/0/subnets/0/gateway").asText();
            return gateway.isEmpty() ? network.at("/0/IPAM/Config/0/Gateway").asText() : gateway;
        } catch (JsonProcessingException e) {
            throw new EngineException("Cannot read the container network " + name);
        }
    }

    private static boolean isOnThisMachine(String address) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
