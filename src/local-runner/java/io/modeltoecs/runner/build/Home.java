package io.modeltoecs.runner.build;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where the runner keeps what outlives a build, as Jenkins' home does: {@code
 * jobs/<job>/nextBuildNumber}, {@code jobs/<job>/builds/<number>/{log,result,archive}} and {@code
 * workspace/<job>}.
 */
public final class Home {
    private final Path folder;
    private final Map<Path, FileChannel> locks = new ConcurrentHashMap<>();

    public Home(Path folder) {
        this.folder = folder;
    }

    public Path folder() {
        return folder;
    }

    /** Takes the next number of a job and makes the build's folder. */
    public int nextNumber(String job) throws IOException {
        Files.createDirectories(folder.resolve("jobs").resolve(job));
        Path file = folder.resolve("jobs").resolve(job).resolve("nextBuildNumber");
        try (FileChannel channel =
                FileChannel.open(
                        Path.of(file + ".lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE)) {
            channel.lock();
            int number = Files.exists(file) ? Integer.parseInt(Files.readString(file).strip()) : 1;
            Files.writeString(file, (number + 1) + "\n");
            Files.createDirectories(build(job, number));
            return number;
        }
    }

    /** The folder of a build. */
    public Path build(String job, int number) {
        return folder.resolve("jobs")
                .resolve(job)
                .resolve("builds")
                .resolve(Integer.toString(number));
    }

    /** What an earlier build ended with, or null. */
    public String result(String job, int number) {
        Path file = build(job, number).resolve("result");
        try {
            return Files.exists(file) ? Files.readString(file).strip() : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A workspace of the job that no other {@code node} uses at the moment: {@code <job>}, {@code
     * <job>@2} and so on, as in Jenkins. It is the caller's until {@link #release}.
     */
    public Path workspace(String job) throws IOException {
        Path parent = folder.resolve("workspace");
        Files.createDirectories(parent.resolve(job));
        for (int i = 1; ; i++) {
            Path workspace = parent.resolve(i == 1 ? job : job + "@" + i);
            FileChannel lock = tryLock(Path.of(workspace + "@lock"));
            if (lock != null) {
                locks.put(workspace, lock);
                Files.createDirectories(workspace);
                return workspace;
            }
        }
    }

    /** Gives a workspace back; its files stay. */
    public void release(Path workspace) throws IOException {
        FileChannel lock = locks.remove(workspace);
        if (lock != null) {
            lock.close();
        }
    }

    private static FileChannel tryLock(Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // another node of this build has it
        }
        channel.close();
        return null;
    }
}
