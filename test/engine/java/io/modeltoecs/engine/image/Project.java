package io.modeltoecs.engine.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import java.util.zip.GZIPInputStream;

/** A service's folder in a test, and a machine to build it on. */
final class Project {
    static final TreeMap<String, byte[]> RUNTIME =
            new TreeMap<>(
                    Map.of(
                            "requirements.txt", "itsdangerous==2.2.0\n".getBytes(),
                            "model_to_ecs/__init__.py", "".getBytes(),
                            "allowed-imports.txt", "builtins.list\n".getBytes()));

    final Path folder;
    final List<String> lines = new ArrayList<>();
    final Map<String, String> environment;

    Project(Path folder, Path caches) throws IOException, InterruptedException {
        this.folder = Files.createDirectories(folder);
        this.environment = machine(caches);
    }

    /** This machine's environment with its own cache, and with uv. */
    static Map<String, String> machine(Path caches) throws IOException, InterruptedException {
        Map<String, String> environment = new HashMap<>(System.getenv());
        Path kept = Path.of("target", "image-tests").toAbsolutePath();
        Path uv = Uv.find(kept, environment, line -> {});
        environment.put("PATH", uv.getParent() + ":" + environment.get("PATH"));
        environment.put("UV_CACHE_DIR", kept.resolve("uv-cache").toString());
        environment.put("XDG_CACHE_HOME", caches.toString());
        return environment;
    }

    Project write(String path, String text) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return this;
    }

    /** Runs git in the folder, at a fixed time and as nobody in particular. */
    Project git(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of("-c", "user.name=Test", "-c", "user.email=test@example.com"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().put("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z");
        builder.environment().put("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z");
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(command + ": " + output);
        }
        return this;
    }

    Project commit() throws IOException, InterruptedException {
        if (!Files.exists(folder.resolve(".git"))) {
            git("init", "-q", "-b", "main");
            git("remote", "add", "origin", "https://me:tok@en@git.example.com/team/iris.git");
        }
        return git("add", "-A").git("commit", "-q", "-m", "a change");
    }

    ImageBuild build() {
        return new ImageBuild(folder, environment, null);
    }

    BuiltImage run(BuildOrder order) throws IOException, InterruptedException {
        Assembly assembly = build().assemble(order, LocalRegistry.LOGIN, lines::add);
        return build().push(assembly, LocalRegistry.LOGIN, lines::add);
    }

    /** The entries of a layer's archive by name. */
    static Map<String, TarArchiveEntry> entries(byte[] layer) throws IOException {
        Map<String, TarArchiveEntry> entries = new TreeMap<>();
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(
                        new GZIPInputStream(new ByteArrayInputStream(layer)))) {
            for (TarArchiveEntry entry = tar.getNextEntry();
                    entry != null;
                    entry = tar.getNextEntry()) {
                entries.put(entry.getName(), entry);
            }
        }
        return entries;
    }

    /** The text of a file in a layer's archive. */
    static String text(byte[] layer, String name) throws IOException {
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(
                        new GZIPInputStream(new ByteArrayInputStream(layer)))) {
            for (TarArchiveEntry entry = tar.getNextEntry();
                    entry != null;
                    entry = tar.getNextEntry()) {
                if (entry.getName().equals(name)) {
                    return new String(tar.readAllBytes(), StandardCharsets.UTF_8);
                }
            }
        }
        throw new IllegalArgumentException("no " + name);
    }
}
