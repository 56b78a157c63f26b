package io.modeltoecs.engine.model;

import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.util.List;

/**
 * Where a training left its files: this machine, or a Jenkins agent. What is asked of it runs where
 * the files are; what it is given names no bucket and holds no key of AWS.
 */
public interface Workplace {

    /**
     * Reads the artifact, the metrics and the environment: hashes, scans, measures.
     *
     * @throws io.modeltoecs.engine.StepException if a file is missing or isn't what it should be
     * @throws WorkplaceLostException if it can't be reached
     */
    Inspection inspect(InspectionOrder order, Progress progress)
            throws IOException, InterruptedException;

    /**
     * Sends parts of files to signed URLs, each retried by itself. May be called from several
     * threads at a time: so is an upload kept going while others of its parts end.
     *
     * @return the ETags, in the order of the parts; null for a part whose URL had expired
     * @throws WorkplaceLostException if it can't be reached: parts may or may not have been sent
     */
    List<String> send(SendOrder order, Progress progress) throws IOException, InterruptedException;
}
