package io.jenkins.plugins.modeltoecs;

import io.modeltoecs.engine.http.Outbound;
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
    private final Outbound outbound;

    /**
     * @param outbound the agent's way to S3
     */
    AgentWorkplace(Agent agent, Outbound outbound) {
        this.agent = agent;
        this.outbound = outbound;
    }

    @Override
    public Inspection inspect(InspectionOrder order, Progress progress)
            throws IOException, InterruptedException {
        return run(new Inspect(order, outbound));
    }

    @Override
    public List<String> send(SendOrder order, Progress progress)
            throws IOException, InterruptedException {
        return run(new Send(order, outbound));
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
        private final Outbound outbound;

        Inspect(InspectionOrder order, Outbound outbound) {
            this.order = order;
            this.outbound = outbound;
        }

        @Override
        public Inspection run(Path directory, Progress progress)
                throws IOException, InterruptedException {
            return new LocalWorkplace(directory, outbound).inspect(order, progress);
        }
    }

    private static final class Send implements AgentTask<ArrayList<String>> {
        private static final long serialVersionUID = 1L;

        private final SendOrder order;
        private final Outbound outbound;

        Send(SendOrder order, Outbound outbound) {
            this.order = order;
            this.outbound = outbound;
        }

        @Override
        public ArrayList<String> run(Path directory, Progress progress)
                throws IOException, InterruptedException {
            return new ArrayList<>(new LocalWorkplace(directory, outbound).send(order, progress));
        }
    }
}
