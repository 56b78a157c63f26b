package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.registry.Login;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Optional;

/** The file in which docker, podman and buildah keep the logins of registries. */
final class RegistryLogins {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ObjectNode root;

    /**
     * @param existing a file whose logins and settings are kept
     */
    RegistryLogins(Optional<Path> existing) throws IOException {
        root =
                existing.isPresent()
                        ? (ObjectNode) JSON.readTree(existing.get().toFile())
                        : JSON.createObjectNode();
    }

    RegistryLogins with(String host, Login login) {
        String both = login.user() + ":" + login.password();
        String encoded = Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
        root.withObject("/auths").putObject(host).put("auth", encoded);
        // a helper of the host would win over its entry
        if (root.path("credHelpers") instanceof ObjectNode helpers) {
            helpers.remove(host);
        }
        return this;
    }

    /** Writes the file, for this user's eyes alone. */
    Path write(Path file) throws IOException {
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.write(file, JSON.writeValueAsBytes(root));
    }
}
