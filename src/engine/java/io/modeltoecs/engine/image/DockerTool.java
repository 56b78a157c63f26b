package io.modeltoecs.engine.image;

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

/** docker with BuildKit, which mounts secrets, and a daemon that answers. */
final class DockerTool implements BuildTool {
    private final Path program;
    private final Map<String, String> environment;

    DockerTool(Path program, Map<String, String> environment) {
        this.program = program;
        this.environment = new HashMap<>(environment);
        // a provenance would make an index of every image
        this.environment.put("BUILDX_NO_DEFAULT_ATTESTATIONS", "1");
    }

    @Override
    public String name() {
        return "docker";
    }

    @Override
    public Optional<String> defect() throws IOException, InterruptedException {
        for (List<String> question :
                List.of(
                        List.of("version", "--format", "{{.Server.Version}}"),
                        List.of("buildx", "version"))) {
            Command.Outcome outcome = run(question);
            if (!outcome.ok()) {
                return Optional.of(BuildTool.lastLine(outcome.errors()));
            }
        }
        return Optional.empty();
    }

    @Override
    public List<String> buildCommand() {
        return List.of(program.toString(), "buildx", "build", "--load", "--progress", "plain");
    }

    @Override
    public Map<String, String> access(Path scratch, PullAccess base) throws IOException {
        Map<String, String> access = new HashMap<>(Map.of("BUILDX_NO_DEFAULT_ATTESTATIONS", "1"));
        if (base.login() != null) {
            String configured = environment.get("DOCKER_CONFIG");
            String home = environment.getOrDefault("HOME", System.getProperty("user.home"));
            Path settings = configured == null ? Path.of(home, ".docker") : Path.of(configured);
            Path own = Files.createDirectory(scratch.resolve("docker"));
            if (Files.isDirectory(settings)) {
                // its contexts, builders and plug-ins are found beside its logins
                try (Stream<Path> entries = Files.list(settings)) {
                    for (Path entry : (Iterable<Path>) entries::iterator) {
                        Files.createSymbolicLink(own.resolve(entry.getFileName()), entry);
                    }
                }
            }
            Path file = own.resolve("config.json");
            Files.deleteIfExists(file);
            new RegistryLogins(
                            Optional.of(settings.resolve("config.json"))
                                    .filter(Files::isRegularFile))
                    .with(base.host(), base.login())
                    .write(file);
            access.put("DOCKER_CONFIG", own.toString());
        }
        return access;
    }

    @Override
    public List<String> diffIds(String id) throws IOException, InterruptedException {
        List<String> diffIds = new ArrayList<>();
        new ObjectMapper()
                .readTree(ok(List.of("image", "inspect", id)))
                .get(0)
                .path("RootFS")
                .path("Layers")
                .forEach(each -> diffIds.add(each.asText()));
        return diffIds;
    }

    @Override
    public ExportedImage export(String id, Path folder, Set<String> known)
            throws IOException, InterruptedException {
        Path archive = folder.resolve("image.tar");
        ok(List.of("save", "--output", archive.toString(), id));
        ExportedImage image = ExportedImage.ofDockerArchive(archive, folder);
        Files.delete(archive);
        return image;
    }

    private String ok(List<String> arguments) throws IOException, InterruptedException {
        Command.Outcome outcome = run(arguments);
        if (!outcome.ok()) {
            throw new StepException(
                    "buildServingImage: docker %s failed: %s"
                            .formatted(arguments.get(0), outcome.errors().strip()));
        }
        return outcome.output();
    }

    private Command.Outcome run(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(arguments);
        return Command.run(command, Path.of("/"), environment, line -> {});
    }
}
