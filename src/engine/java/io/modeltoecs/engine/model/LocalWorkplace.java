package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.pickle.AllowList;
import io.modeltoecs.engine.pickle.PickleScan;
import io.modeltoecs.engine.pickle.PickledModel;
import io.modeltoecs.engine.progress.Activity;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
    private final Outbound outbound;
    private final ArtifactFiles files;
    private final Commands commands;

    /**
     * @param directory the current directory of the step
     * @param outbound the way to S3
     */
    public LocalWorkplace(Path directory, Outbound outbound) {
        this.directory = directory.toAbsolutePath();
        this.outbound = outbound;
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
        long total = 0;
        for (Path file : artifact.values()) {
            total += Files.size(file);
        }
        Activity activity = new Activity(progress, "hash and scan of " + order.artifact(), total);
        PickleScan scan = new PickleScan(AllowList.shippedAnd(order.allow()));
        Set<String> imports = new TreeSet<>();
        ArrayList<Inspection.ModelFile> hashed = new ArrayList<>();
        List<PickledModel> models = new ArrayList<>();
        try (PartDigests parts = new PartDigests()) {
            for (Map.Entry<String, Path> file : artifact.entrySet()) {
                HashedFile reading =
                        new HashedFile(file.getKey(), file.getValue(), parts, activity);
                Set<String> names = scan.scan(file.getKey(), file.getValue(), reading::open);
                hashed.add(reading.end());
                imports.addAll(names);
                PickledModel model = PickledModel.of(file.getValue());
                if (model != null && names.contains(model.type())) {
                    models.add(model);
                }
            }
        }
        activity.end();
        return new Inspection(
                hashed,
                metrics,
                environment(order, progress),
                new ArrayList<>(imports),
                models.size() == 1 ? models.get(0) : null,
                new GitState(commands).read());
    }

    private String text(String path) throws IOException {
        Path file = files.existing("metrics file", path);
        if (!Files.isRegularFile(file) || Files.size(file) > MOST_METRICS_BYTES) {
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
        return new PartSender(directory, outbound, progress).send(order);
    }
}
