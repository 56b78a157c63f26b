package io.modeltoecs.engine.model;

import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A folder of this machine. It stops what it does when its thread is interrupted, and links to no
 * class of AWS: it also runs on Jenkins agents.
 */
public final class LocalWorkplace implements Workplace {
    private final Path directory;

    /**
     * @param directory the current directory of the step
     */
    public LocalWorkplace(Path directory) {
        this.directory = directory;
    }

    @Override
    public Inspection inspect(InspectionOrder order, Progress progress)
            throws IOException, InterruptedException {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<String> send(List<PartOrder> parts, Progress progress)
            throws IOException, InterruptedException {
        throw new UnsupportedOperationException();
    }
}
