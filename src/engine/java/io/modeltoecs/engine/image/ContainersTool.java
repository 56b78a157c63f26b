package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** buildah, and podman, which has buildah in it: no daemon, and one storage for both. */
final class ContainersTool implements BuildTool {
    private final String name;
    private final Path program;
    private final Map<String, String> environment;

    ContainersTool(String name, Path program, Map<String, String> environment) {
        this.name = name;
        this.program = program;
        this.environment = environment;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<String> defect() throws IOException, InterruptedException {
        // opens the storage, in a user namespace where the user isn't root
        Command.Outcome outcome = run("info");
        return outcome.ok() ? Optional.empty() : Optional.of(BuildTool.lastLine(outcome.errors()));
    }

    @Override
    public List<String> buildCommand() {
        return List.of(program.toString(), "build", "--layers", "--force-rm");
    }

    @Override
    public Map<String, String> access(Path scratch, PullAccess base) throws IOException {
        Map<String, String> access = new HashMap<>();
        if (base.login() != null) {
            Path file =
                    new RegistryLogins(known(logins()))
                            .with(base.host(), base.login())
                            .write(scratch.resolve("auth.json"));
            access.put("REGISTRY_AUTH_FILE", file.toString());
        }
        if (base.plain()) {
            // no flag does this for one registry alone
            String entry = "\n[[registry]]\nlocation = \"%s\"\ninsecure = true\n";
            String configured = known(registries()).map(ContainersTool::text).orElse("");
            if (!configured.contains('"' + base.host() + '"')) {
                Path file = scratch.resolve("registries.conf");
                Files.writeString(file, configured + entry.formatted(base.host()));
                access.put("CONTAINERS_REGISTRIES_CONF", file.toString());
            }
        }
        return access;
    }

    /** https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md */
    private Stream<String> logins() {
        return Stream.of(
                environment.get("REGISTRY_AUTH_FILE"),
                below("XDG_RUNTIME_DIR", "containers/auth.json"),
                "/run/containers/" + user() + "/auth.json",
                below("XDG_CONFIG_HOME", "containers/auth.json"),
                below("HOME", ".config/containers/auth.json"),
                below("HOME", ".docker/config.json"));
    }

    private static String user() {
        try {
            return String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException e) {
            return "0";
        }
    }

    /** https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md */
    private Stream<String> registries() {
        return Stream.of(
                environment.get("CONTAINERS_REGISTRIES_CONF"),
                below("HOME", ".config/containers/registries.conf"),
                "/etc/containers/registries.conf");
    }

    private String below(String variable, String path) {
        String folder = environment.get(variable);
        return folder == null ? null : folder + "/" + path;
    }

    private static Optional<Path> known(Stream<String> candidates) {
        return candidates
                .filter(each -> each != null)
                .map(Path::of)
                .filter(Files::isRegularFile)
                .findFirst();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new StepException("%s can't be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    @Override
    public List<String> diffIds(String id) throws IOException, InterruptedException {
        JsonNode facts = new ObjectMapper().readTree(ok("inspect", "--type", "image", id));
        JsonNode layers =
                facts.isArray()
                        ? facts.get(0).path("RootFS").path("Layers")
                        : facts.path("OCIv1").path("rootfs").path("diff_ids");
        List<String> diffIds = new ArrayList<>();
        layers.forEach(each -> diffIds.add(each.asText()));
        return diffIds;
    }

    @Override
    public ExportedImage export(String id, Path folder, Set<String> known)
            throws IOException, InterruptedException {
        // A blob that is there is not written again; what it holds isn't looked at. So an empty
        // file spares reading and compressing a layer that nobody needs.
        Path blobs = Files.createDirectories(folder.resolve("blobs").resolve("sha256"));
        for (String diffId : known) {
            Files.createFile(blobs.resolve(diffId.substring("sha256:".length())));
        }
        ok("push", "--quiet", id, "oci:" + folder);
        return ExportedImage.ofLayout(folder);
    }

    private String ok(String... arguments) throws IOException, InterruptedException {
        Command.Outcome outcome = run(arguments);
        if (!outcome.ok()) {
            throw new StepException(
                    "buildServingImage: %s %s failed: %s"
                            .formatted(name, arguments[0], outcome.errors().strip()));
        }
        return outcome.output();
    }

    private Command.Outcome run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        return Command.run(command, Path.of("/"), environment, line -> {});
    }
}
