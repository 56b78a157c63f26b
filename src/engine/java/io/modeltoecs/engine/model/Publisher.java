package io.modeltoecs.engine.model;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.PublishOptions;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.util.LinkedHashMap;

/**
 * Publishes what a training left: inspects it where it is, checks the gates, has it uploaded, and
 * commits it by writing model.json last. Whatever fails before leaves nothing that anybody can see.
 */
public final class Publisher {

    /**
     * @param build the build that publishes
     */
    public Publisher(PublishOptions options, BuildInfo build, AwsAccess aws) {}

    /**
     * Checks, before a training begins, whether the store can be reached.
     *
     * @throws io.modeltoecs.engine.StepException if it can't
     */
    public void check() {}

    /**
     * Publishes, or goes on with a publication that was interrupted.
     *
     * @param state where it begins or goes on; changed as it goes
     * @param save called after each change of the state that a restart must not lose
     * @return name, version, uri, sha256, sizeBytes, metrics, aliases, reused
     * @throws io.modeltoecs.engine.StepException if it can't be published; the store is as it was
     */
    public LinkedHashMap<String, Object> publish(
            Workplace workplace, PublicationState state, Runnable save, Progress progress)
            throws IOException, InterruptedException {
        throw new UnsupportedOperationException();
    }

    /**
     * Gives a publication up that isn't running: drops what was uploaded of it. One that runs is
     * given up by interrupting its thread.
     */
    public void abandon(PublicationState state, Progress progress) {}
}
