package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Activity;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A folder of this machine. It stops what it does when its thread is interrupted, and links to no
 * class of AWS: it also runs on Jenkins agents.
 */
public final class LocalWorkplace implements Workplace {
    private static final long MOST_METRICS_BYTES = 10_000_000;
    private static final Duration ASKING = Duration.ofMinutes(2);

    private final Path directory;
    private final ArtifactFiles files;
    private final Commands commands;

    /**
     * @param directory the current directory of the step
     */
    public LocalWorkplace(Path directory) {
        this.directory = directory.toAbsolutePath();
        files = new ArtifactFiles(this.directory);
        commands = new Commands(this.directory);
    }

    @Override
    public Inspection inspect(InspectionOrder order, Progress progress)
            throws IOException, InterruptedException {
        try {
            return read(order, progress);
        } catch (ClosedByInterruptException e) {
            // how a file tells that its reader was interrupted
            throw (InterruptedException) new InterruptedException().initCause(e);
        }
    }

    private Inspection read(InspectionOrder order, Progress progress)
            throws IOException, InterruptedException {
        Map<String, Path> artifact = files.of(order.artifact());
        String metrics = order.metrics() == null ? null : text(order.metrics());
        PickleScan scan = new PickleScan(AllowList.shippedAnd(order.allow()));
        Set<String> imports = new TreeSet<>();
        for (Map.Entry<String, Path> file : artifact.entrySet()) {
            imports.addAll(scan.scan(file.getKey(), file.getValue()));
        }
        ArrayList<Inspection.ModelFile> hashed = hash(order.artifact(), artifact, progress);
        return new Inspection(
                hashed,
                metrics,
                environment(order, progress),
                new ArrayList<>(imports),
                new GitState(commands).read());
    }

    private String text(String path) throws IOException {
        Path file = files.existing("metrics file", path);
        if (Files.isDirectory(file) || Files.size(file) > MOST_METRICS_BYTES) {
            throw new StepException(
                    "the metrics file '%s' should be a JSON file of at most %s"
                            .formatted(path, Amounts.bytes(MOST_METRICS_BYTES)));
        }
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (CharacterCodingException e) {
            throw new StepException("the metrics file '" + path + "' isn't UTF-8", e);
        }
    }

    private static ArrayList<Inspection.ModelFile> hash(
            String artifact, Map<String, Path> paths, Progress progress)
            throws IOException, InterruptedException {
        long total = 0;
        for (Path file : paths.values()) {
            total += Files.size(file);
        }
        Activity activity = new Activity(progress, "hash of " + artifact, total);
        ArrayList<Inspection.ModelFile> files = new ArrayList<>();
        for (Map.Entry<String, Path> file : paths.entrySet()) {
            files.add(hash(file.getKey(), file.getValue(), activity));
        }
        activity.end();
        return files;
    }

    private static Inspection.ModelFile hash(String path, Path file, Activity activity)
            throws IOException, InterruptedException {
        long size = Files.size(file);
        long partSize = Parts.size(size);
        MessageDigest whole = Digests.of("SHA-256");
        MessageDigest part = Digests.of("MD5");
        ArrayList<String> parts = new ArrayList<>();
        byte[] buffer = new byte[1 << 16];
        long read = 0;
        try (InputStream in = Files.newInputStream(file)) {
            while (read < size) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                long toPartEnd = partSize - read % partSize;
                int some =
                        in.read(
                                buffer,
                                0,
                                (int) Math.min(buffer.length, Math.min(toPartEnd, size - read)));
                if (some < 0) {
                    throw new StepException("'" + path + "' became shorter while it was read");
                }
                whole.update(buffer, 0, some);
                part.update(buffer, 0, some);
                read += some;
                activity.done(some);
                if (read % partSize == 0) {
                    parts.add(Base64.getEncoder().encodeToString(part.digest()));
                }
            }
        }
        if (parts.size() < Parts.count(size)) {
            parts.add(Base64.getEncoder().encodeToString(part.digest()));
        }
        return new Inspection.ModelFile(
                path, HexFormat.of().formatHex(whole.digest()), size, parts);
    }

    /** What the training wrote; without a training, what the interpreter says. */
    private String environment(InspectionOrder order, Progress progress)
            throws IOException, InterruptedException {
        if (order.environment() != null) {
            Path file = directory.resolve(order.environment());
            if (!Files.isRegularFile(file)) {
                throw new StepException(
                        "the training left no " + file + ": has it been removed since?");
            }
            return Files.readString(file, StandardCharsets.UTF_8);
        }
        String found =
                commands.run(
                                ASKING,
                                Map.of(),
                                List.of(order.python(), "-c", Scripts.read(Scripts.ENVIRONMENT)))
                        .orElse(null);
        if (found == null) {
            progress.say(
                    "'%s' can't be asked for its version and libraries: model.json won't name them"
                            .formatted(order.python()));
        }
        return found;
    }

    @Override
    public List<String> send(SendOrder order, Progress progress)
            throws IOException, InterruptedException {
        return new PartSender(directory, progress).send(order);
    }
}
