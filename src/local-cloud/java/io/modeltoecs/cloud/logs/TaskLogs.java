package io.modeltoecs.cloud.logs;

import io.modeltoecs.cloud.engine.Containers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What containers printed: from the engine while a container is there, from a file after it is
 * gone.
 */
public final class TaskLogs {
    private final Containers engine;
    private final Path folder;
    private final Map<String, String> live = new ConcurrentHashMap<>();

    public TaskLogs(Containers engine, Path folder) {
        this.engine = engine;
        this.folder = folder;
    }

    /** A container that writes to a stream has started. */
    public void started(String group, String stream, String container) {
        live.put(key(group, stream), container);
    }

    /** A container has ended and will be removed: its output is kept. */
    public void ended(String group, String stream) {
        String container = live.get(key(group, stream));
        if (container != null) {
            copy(container, file(group, stream));
            live.remove(key(group, stream));
        }
    }

    /** The lines of a stream, each with its time; nothing where there is no such stream. */
    public Optional<Path> lines(String group, String stream) {
        Path file = file(group, stream);
        String container = live.get(key(group, stream));
        if (container != null) {
            copy(container, file);
        }
        return Files.exists(file) ? Optional.of(file) : Optional.empty();
    }

    private synchronized void copy(String container, Path file) {
        try {
            Files.createDirectories(folder);
            Path temporary = Files.createTempFile(folder, "copy", ".log");
            engine.logs(container, temporary);
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(String group, String stream) {
        // Names may be longer than a file name.
        byte[] name = key(group, stream).getBytes(StandardCharsets.UTF_8);
        return folder.resolve(UUID.nameUUIDFromBytes(name) + ".log");
    }

    private static String key(String group, String stream) {
        return group + "\n" + stream;
    }
}
