package io.modeltoecs.cloud;

import io.modeltoecs.cloud.engine.ContainerEngine;
import io.modeltoecs.cloud.registry.Registry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The image that serving images are built on: brought into the registry once. */
final class BaseImage {
    private static final String REPOSITORY = "base/python";

    private final ContainerEngine engine;
    private final Registry registry;
    private final Machine machine;

    BaseImage(ContainerEngine engine, Registry registry, Machine machine) {
        this.engine = engine;
        this.registry = registry;
        this.machine = machine;
    }

    /**
     * Sees to it that registry and engine have the image.
     *
     * @return its reference by digest
     */
    String provide(Consumer<String> progress) throws IOException {
        String tag = machine.basePython();
        String tagged = registry.host() + "/" + REPOSITORY + ":" + tag;
        Optional<Registry.Manifest> present = registry.manifest(REPOSITORY, tag);
        if (present.isEmpty()) {
            source(progress);
            progress.accept("pushing the base image to the registry");
            engine.tag(machine.baseSource(), tagged);
            engine.push(tagged);
            present = registry.manifest(REPOSITORY, tag);
        }
        String digest =
                present.map(Registry.Manifest::digest)
                        .orElseThrow(() -> new IOException("The registry lost the base image"));
        String reference = registry.host() + "/" + REPOSITORY + "@" + digest;
        if (!engine.hasImage(reference)) {
            progress.accept("pulling the base image");
            engine.pull(reference);
        }
        return reference;
    }

    private void source(Consumer<String> progress) {
        if (engine.hasImage(machine.baseSource())) {
            return;
        }
        Optional<Path> rootfs = machine.baseRootfs();
        if (rootfs.isEmpty()) {
            progress.accept("pulling " + machine.baseSource());
            engine.pull(machine.baseSource());
            return;
        }
        progress.accept("importing the base image");
        engine.importImage(
                rootfs.get(),
                List.of(
                        "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
                        "ENV LANG=C.UTF-8",
                        "ENV PYTHON_VERSION=" + machine.basePythonVersion(),
                        "CMD [\"python3\"]"),
                machine.baseSource());
    }
}
