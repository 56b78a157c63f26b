package io.modeltoecs.cloud.registry;

import io.modeltoecs.cloud.engine.Cli;
import io.modeltoecs.cloud.engine.ContainerEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The registry as a container of its public image. */
public final class RegistryContainer implements RegistryServer {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final String image;
    private final ContainerEngine engine;
    private final Registry registry;

    public RegistryContainer(String image, ContainerEngine engine, Registry registry) {
        this.image = image;
        this.engine = engine;
        this.registry = registry;
    }

    @Override
    public void start() throws IOException {
        stop();
        Path config =
                RegistryConfig.write(
                        registry, "/var/lib/registry", "0.0.0.0:5000", "/etc/registry-htpasswd");
        Cli.Result started =
                engine.run(
                        LIMIT,
                        "run",
                        "-d",
                        "--name",
                        name(),
                        "--label",
                        engine.label(),
                        "-p",
                        registry.host() + ":5000",
                        "-v",
                        registry.storage() + ":/var/lib/registry",
                        "-v",
                        registry.folder().resolve("htpasswd") + ":/etc/registry-htpasswd:ro",
                        "-v",
                        config + ":/etc/docker/registry/config.yml:ro",
                        image);
        if (!started.ok()) {
            throw new IOException("Cannot start the registry's container: " + started.complaint());
        }
    }

    @Override
    public void stop() {
        engine.remove(List.of(name()));
    }

    private String name() {
        return "model-to-ecs-" + engine.cloudId() + "-registry";
    }
}
