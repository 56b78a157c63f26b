package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.registry.Login;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** A program of this machine that builds images from Dockerfiles. */
interface BuildTool {

    /** Its name, for people. */
    String name();

    /** What keeps it from building here; nothing if it works. */
    Optional<String> defect() throws IOException, InterruptedException;

    /** The command that builds: what the arguments of all tools have in common is added to it. */
    List<String> buildCommand();

    /**
     * The environment that lets it pull the base.
     *
     * @param scratch a private folder that lives as long as the build
     * @param base where the base is pulled from
     */
    Map<String, String> access(Path scratch, PullAccess base) throws IOException;

    /** The digests of the uncompressed layers of an image that it built. */
    List<String> diffIds(String id) throws IOException, InterruptedException;

    /**
     * Takes an image out.
     *
     * @param folder an empty folder to put it in
     * @param known layers that aren't needed; they may be there nevertheless
     */
    ExportedImage export(String id, Path folder, Set<String> known)
            throws IOException, InterruptedException;

    /**
     * A registry to pull from.
     *
     * @param host its host and port
     * @param plain whether it is without TLS
     * @param login or null
     */
    record PullAccess(String host, boolean plain, Login login) {}

    /**
     * The first one that works: buildah, podman, docker.
     *
     * @throws StepException if none does, with what is wrong with each
     */
    static BuildTool find(Map<String, String> environment, Consumer<String> line)
            throws IOException, InterruptedException {
        List<String> defects = new ArrayList<>();
        for (String name : List.of("buildah", "podman", "docker")) {
            Optional<Path> program = Command.find(name, environment);
            if (program.isEmpty()) {
                defects.add(name + " isn't on the PATH");
                continue;
            }
            BuildTool tool =
                    name.equals("docker")
                            ? new DockerTool(program.get(), environment)
                            : new ContainersTool(name, program.get(), environment);
            Optional<String> defect = tool.defect();
            if (defect.isEmpty()) {
                return tool;
            }
            line.accept("Dockerfile: %s doesn't work here: %s".formatted(name, defect.get()));
            defects.add("%s says: %s".formatted(name, defect.get()));
        }
        throw new StepException(
                "buildServingImage: a 'dockerfile' needs buildah, podman or docker where it is"
                        + " built, and none works: "
                        + String.join("; ", defects));
    }

    /** The last line that isn't empty. */
    static String lastLine(String text) {
        String stripped = text.strip();
        return stripped.substring(stripped.lastIndexOf('\n') + 1).strip();
    }
}
