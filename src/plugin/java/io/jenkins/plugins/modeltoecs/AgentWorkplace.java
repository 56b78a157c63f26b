package io.jenkins.plugins.modeltoecs;

import io.modeltoecs.engine.model.Inspection;
import io.modeltoecs.engine.model.InspectionOrder;
import io.modeltoecs.engine.model.LocalWorkplace;
import io.modeltoecs.engine.model.SendOrder;
import io.modeltoecs.engine.model.Workplace;
import io.modeltoecs.engine.model.WorkplaceLostException;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The files of a training on an agent. */
final class AgentWorkplace implements Workplace {
    private final Agent agent;

    AgentWorkplace(Agent agent) {
        this.agent = agent;
    }

    @Override
    public Inspection inspect(InspectionOrder order, Progress progress)
            throws IOException, InterruptedException {
        return run(new Inspect(order));
    }

    @Override
    public List<String> send(SendOrder order, Progress progress)
            throws IOException, InterruptedException {
        return run(new Send(order));
    }

    private <T extends Serializable> T run(AgentTask<T> task)
            throws IOException, InterruptedException {
        try {
            return agent.run(task);
        } catch (IOException | RuntimeException e) {
            if (Agent.isLost(e)) {
                throw new WorkplaceLostException(e);
            }
            throw e;
        }
    }

    private static final class Inspect implements AgentTask<Inspection> {
        private static final long serialVersionUID = 1L;

        private final InspectionOrder order;

        Inspect(InspectionOrder order) {
            this.order = order;
        }

        @Override
        public Inspection run(Path directory, Progress progress)
                throws IOException, InterruptedException {
            return new LocalWorkplace(directory).inspect(order, progress);
        }
    }

    private static final class Send implements AgentTask<ArrayList<String>> {
        private static final long serialVersionUID = 1L;

        private final SendOrder order;

        Send(SendOrder order) {
            this.order = order;
        }

        @Override
        public ArrayList<String> run(Path directory, Progress progress)
                throws IOException, InterruptedException {
            return new ArrayList<>(new LocalWorkplace(directory).send(order, progress));
        }
    }
}
