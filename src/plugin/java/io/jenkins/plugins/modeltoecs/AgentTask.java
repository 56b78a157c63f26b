package io.jenkins.plugins.modeltoecs;

import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;

/** Work on the files of an agent. Its class and its fields cross to the agent. */
interface AgentTask<T extends Serializable> extends Serializable {

    T run(Path directory, Progress progress) throws IOException, InterruptedException;
}
