package io.modeltoecs.cloud.process;

import io.modeltoecs.cloud.engine.Cli;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Folders with all that is in them. Links are never followed. */
final class Trees {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private Trees() {}

    /** Deletes a file or folder; one that is not there is fine. */
    static void delete(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(
                path,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes a)
                            throws IOException {
                        if (!Files.isWritable(folder)) {
                            Files.setAttribute(folder, "unix:mode", 0700);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes a)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path folder, IOException e)
                            throws IOException {
                        Files.delete(folder);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    /** Copies a folder with owners, modes and hard links. */
    static void copy(Path from, Path to) throws IOException {
        Cli.Result copied =
                new Cli(Map.of())
                        .run(
                                LIMIT,
                                Map.of(),
                                List.of("cp", "-a", "--reflink=auto", from + "/.", to.toString()));
        if (!copied.ok()) {
            throw new IOException("Cannot copy " + from + ": " + copied.complaint());
        }
    }
}
