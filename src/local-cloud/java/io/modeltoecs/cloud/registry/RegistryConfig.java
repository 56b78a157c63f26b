package io.modeltoecs.cloud.registry;

import io.modeltoecs.cloud.state.StateFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The registry's configuration file. */
final class RegistryConfig {
    private RegistryConfig() {}

    static Path write(Registry registry, String storage, String address, String htpasswd)
            throws IOException {
        Path file = registry.folder().resolve("config.yml");
        String template =
                """
                version: 0.1
                log:
                  level: warn
                  accesslog:
                    disabled: true
                storage:
                  filesystem:
                    rootdirectory: {storage}
                  delete:
                    enabled: true
                http:
                  addr: {address}
                auth:
                  htpasswd:
                    realm: model-to-ecs
                    path: {htpasswd}
                """;
        String text =
                template.replace("{storage}", quoted(storage))
                        .replace("{address}", quoted(address))
                        .replace("{htpasswd}", quoted(htpasswd));
        StateFile.write(file, text.getBytes(StandardCharsets.UTF_8));
        return file;
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
