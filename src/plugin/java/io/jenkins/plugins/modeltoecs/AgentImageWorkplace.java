package io.jenkins.plugins.modeltoecs;

import io.modeltoecs.engine.image.Assembly;
import io.modeltoecs.engine.image.BuildOrder;
import io.modeltoecs.engine.image.BuiltImage;
import io.modeltoecs.engine.image.ImageBuild;
import io.modeltoecs.engine.image.ImageWorkplace;
import io.modeltoecs.engine.progress.Progress;
import io.modeltoecs.engine.registry.Login;
import java.io.IOException;
import java.nio.file.Path;
import java.util.TreeMap;

/** The files of an image on an agent. */
final class AgentImageWorkplace implements ImageWorkplace {
    private final Agent agent;
    private final TreeMap<String, String> environment;
    private final Login packageIndex;

    /**
     * @param environment the build's environment, without keys of AWS
     * @param packageIndex login of the Python package index, or null
     */
    AgentImageWorkplace(Agent agent, TreeMap<String, String> environment, Login packageIndex) {
        this.agent = agent;
        this.environment = environment;
        this.packageIndex = packageIndex;
    }

    @Override
    public Assembly assemble(BuildOrder order, Login login, Progress progress)
            throws IOException, InterruptedException {
        return agent.run(new Assemble(order, login, environment, packageIndex));
    }

    @Override
    public BuiltImage push(Assembly assembly, Login login, Progress progress)
            throws IOException, InterruptedException {
        return agent.run(new Push(assembly, login, environment));
    }

    private static final class Assemble implements AgentTask<Assembly> {
        private static final long serialVersionUID = 1L;

        private final BuildOrder order;
        private final Login login;
        private final TreeMap<String, String> environment;
        private final Login packageIndex;

        Assemble(
                BuildOrder order,
                Login login,
                TreeMap<String, String> environment,
                Login packageIndex) {
            this.order = order;
            this.login = login;
            this.environment = environment;
            this.packageIndex = packageIndex;
        }

        @Override
        public Assembly run(Path directory, Progress progress)
                throws IOException, InterruptedException {
            return new ImageBuild(directory, environment, packageIndex)
                    .assemble(order, login, progress);
        }
    }

    private static final class Push implements AgentTask<BuiltImage> {
        private static final long serialVersionUID = 1L;

        private final Assembly assembly;
        private final Login login;
        private final TreeMap<String, String> environment;

        Push(Assembly assembly, Login login, TreeMap<String, String> environment) {
            this.assembly = assembly;
            this.login = login;
            this.environment = environment;
        }

        @Override
        public BuiltImage run(Path directory, Progress progress)
                throws IOException, InterruptedException {
            return new ImageBuild(directory, environment, null).push(assembly, login, progress);
        }
    }
}
