package io.modeltoecs.cloud.state;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A file that is replaced as a whole, so that a process killed at any time leaves the old or the
 * new.
 */
public final class StateFile {
    private final Path path;

    public StateFile(Path path) {
        this.path = path;
    }

    /** A file of a folder beside this one. */
    public StateFile beside(String folder, String name) {
        return new StateFile(path.resolveSibling(folder).resolve(name + ".json"));
    }

    /** All that was saved last in a folder beside this one. */
    public <T> List<T> loadBeside(String folder, Class<T> type) {
        Path beside = path.resolveSibling(folder);
        List<T> all = new ArrayList<>();
        try {
            Files.createDirectories(beside);
            try (DirectoryStream<Path> files = Files.newDirectoryStream(beside, "[!.]*.json")) {
                for (Path file : files) {
                    all.add(Json.MAPPER.readValue(file.toFile(), type));
                }
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + beside, e);
        }
    }

    /** Deletes all that was saved in a folder beside this one. */
    public void forgetBeside(String folder) {
        Path beside = path.resolveSibling(folder);
        try {
            Files.createDirectories(beside);
            try (DirectoryStream<Path> files = Files.newDirectoryStream(beside)) {
                for (Path file : files) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot empty " + beside, e);
        }
    }

    /** What was saved last, or a fresh one. */
    public <T> T load(Class<T> type, Supplier<T> fresh) {
        try {
            return Files.exists(path) ? Json.MAPPER.readValue(path.toFile(), type) : fresh.get();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + path, e);
        }
    }

    public void delete() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot delete " + path, e);
        }
    }

    public void save(Object state) {
        try {
            write(path, Json.MAPPER.writeValueAsBytes(state));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write " + path, e);
        }
    }

    /** Replaces a file by one that only its owner may read. */
    public static void write(Path path, byte[] content) throws IOException {
        Path temporary = path.resolveSibling("." + path.getFileName() + ".new");
        Files.deleteIfExists(temporary);
        Files.createFile(
                temporary,
                PosixFilePermissions.asFileAttribute(
                        Set.copyOf(PosixFilePermissions.fromString("rw-------"))));
        Files.write(temporary, content);
        Files.move(
                temporary,
                path,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }
}
