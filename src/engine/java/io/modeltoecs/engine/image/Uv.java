package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * uv, which resolves Python distributions for another Python and platform than its own. Taken from
 * the {@code PATH}, else installed by pip into a private folder of the cache.
 */
final class Uv {
    // Older ones name platforms otherwise
    private static final String REQUIREMENT = "uv>=0.7";

    private Uv() {}

    /**
     * The program.
     *
     * @param cache this product's folder of caches
     * @throws StepException if there is none and it can't be installed
     */
    static Path find(Path cache, Map<String, String> environment, Progress progress)
            throws IOException, InterruptedException {
        Optional<Path> installed = Command.find("uv", environment);
        if (installed.isPresent()) {
            return installed.get();
        }
        Path tools = cache.resolve("tools");
        Path own = tools.resolve("uv");
        Path program = own.resolve("bin").resolve("uv");
        if (!Files.isExecutable(program)) {
            install(tools, own, environment, progress);
        }
        return program;
    }

    private static void install(
            Path tools, Path own, Map<String, String> environment, Progress progress)
            throws IOException, InterruptedException {
        Path python =
                Command.find("python3", environment)
                        .orElseThrow(
                                () ->
                                        new StepException(
                                                "neither uv nor python3 is on the PATH: install"
                                                        + " one of them, so that dependencies can"
                                                        + " be resolved"));
        progress.say("dependencies: uv isn't on the PATH; installing it into " + own);
        Path fresh = Files.createTempDirectory(Files.createDirectories(tools), "uv");
        try {
            Command.Outcome outcome = pip(python, fresh, environment);
            if (outcome.errors().contains("No module named pip")) {
                // A Python without pip, but with venv, can make one with pip
                Path venv = fresh.resolve("venv");
                outcome =
                        Command.run(
                                List.of(python.toString(), "-m", "venv", venv.toString()),
                                fresh,
                                environment,
                                line -> {});
                if (outcome.ok()) {
                    outcome = pip(venv.resolve("bin/python"), fresh, environment);
                }
                Folders.delete(venv);
            }
            if (!outcome.ok()) {
                throw new StepException(
                        "uv can't be installed; install it on the PATH, or a python3 with pip or"
                                + " venv: "
                                + PackageIndex.mask(outcome.errors().strip()));
            }
            try {
                Files.move(fresh, own);
            } catch (IOException e) {
                // another build was faster, or an incomplete one is in the way
                if (!Files.isExecutable(own.resolve("bin").resolve("uv"))) {
                    Folders.delete(own);
                    Files.move(fresh, own);
                }
            }
        } finally {
            Folders.delete(fresh);
        }
    }

    private static Command.Outcome pip(Path python, Path target, Map<String, String> environment)
            throws IOException, InterruptedException {
        Map<String, String> plain = new HashMap<>(environment);
        plain.put("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        return Command.run(
                List.of(
                        python.toString(),
                        "-m",
                        "pip",
                        "install",
                        "--quiet",
                        "--target",
                        target.toString(),
                        REQUIREMENT),
                target,
                plain,
                line -> {});
    }
}
