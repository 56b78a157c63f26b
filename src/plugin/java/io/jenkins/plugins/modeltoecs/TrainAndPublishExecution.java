package io.jenkins.plugins.modeltoecs;

import hudson.EnvVars;
import hudson.FilePath;
import hudson.Launcher;
import hudson.console.ConsoleLogFilter;
import hudson.model.Run;
import hudson.slaves.WorkspaceList;
import hudson.util.StreamTaskListener;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.model.OutputTail;
import io.modeltoecs.engine.model.PublicationState;
import io.modeltoecs.engine.model.Publisher;
import io.modeltoecs.engine.model.Training;
import io.modeltoecs.engine.options.PublishOptions;
import io.modeltoecs.engine.registry.Login;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import jenkins.util.BuildListenerAdapter;
import org.jenkinsci.plugins.durabletask.BourneShellScript;
import org.jenkinsci.plugins.durabletask.Controller;
import org.jenkinsci.plugins.durabletask.DurableTask;
import org.jenkinsci.plugins.durabletask.WindowsBatchScript;
import org.jenkinsci.plugins.workflow.flow.FlowExecutionOwner;
import org.jenkinsci.plugins.workflow.log.TaskListenerDecorator;
import org.jenkinsci.plugins.workflow.steps.StepContext;

/**
 * {@code trainAndPublishModel}: the training is a durable task, as {@code sh} runs its script, so
 * it goes on while the controller restarts; publishing goes on where it was.
 */
final class TrainAndPublishExecution extends AgentExecution {
    private static final long serialVersionUID = 1L;

    private static final int STOP_LOOKS = 60;
    private static final long STOP_PAUSE_MILLIS = 500;

    private enum Phase {
        PREPARE,
        TRAIN,
        PUBLISH
    }

    private Phase phase = Phase.PREPARE;
    private String folder;
    private Controller controller;
    private PublicationState publication;
    private final OutputTail tail = new OutputTail();
    private transient PrintStream tailLog;

    TrainAndPublishExecution(TrainAndPublishModelStep step, StepContext context) {
        super(step, context);
    }

    private PublishOptions options() throws IOException, InterruptedException {
        return PublishOptions.from(given(), settings());
    }

    @Override
    void checkOptions() throws IOException, InterruptedException {
        options();
    }

    @Override
    void proceed(Agent agent) throws Exception {
        switch (phase) {
            case PREPARE -> prepare(agent);
            case TRAIN -> look(agent);
            case PUBLISH -> publish(agent);
        }
    }

    private void prepare(Agent agent) throws Exception {
        PublishOptions options = options();
        Login pip = credentials().login("pipCredentialsId", options.pipCredentialsId());
        try (AwsAccess aws = credentials().aws(options.aws())) {
            new Publisher(options, build(), aws).check();
        }
        Training training = new Training(options);
        if (training.needed()) {
            launch(agent, training, pip);
        } else {
            publication = new PublicationState(null);
            phase = Phase.PUBLISH;
            publish(agent);
        }
    }

    private void launch(Agent agent, Training training, Login pip) throws Exception {
        FilePath written = write(agent.directory(), training.files());
        Launcher launcher = launcher();
        String command = training.command(written.getRemote(), launcher.isUnix());
        DurableTask task =
                launcher.isUnix()
                        ? new BourneShellScript(command)
                        : new WindowsBatchScript(command);
        task.defaultCharset();
        EnvVars environment = agentEnvironment();
        environment.overrideAll(
                training.environment(
                        pip == null ? null : pip.user(), pip == null ? null : pip.password()));
        folder = written.getRemote();
        controller = task.launch(environment, agent.directory(), launcher, listener());
        phase = Phase.TRAIN;
        getContext().saveState();
        goOnLater();
    }

    /** Writes the training's files into a folder of their own beside the workspace. */
    private static FilePath write(FilePath directory, Map<String, String> files)
            throws IOException, InterruptedException {
        FilePath temporary = WorkspaceList.tempDir(directory);
        if (temporary == null) {
            throw new IOException("no temporary folder beside " + directory.getRemote());
        }
        FilePath own = temporary.child("model-to-ecs-" + UUID.randomUUID());
        own.mkdirs();
        own.chmod(0700);
        for (Map.Entry<String, String> file : files.entrySet()) {
            own.child(file.getKey()).write(file.getValue(), "UTF-8");
        }
        return own;
    }

    private void look(Agent agent) throws Exception {
        if (controller.writeLog(agent.directory(), log())) {
            getContext().saveState(); // it counts what it has written
            hurry();
        }
        Integer exitCode = controller.exitStatus(agent.directory(), launcher(), listener());
        if (exitCode == null) {
            goOnLater();
            return;
        }
        controller.writeLog(agent.directory(), log());
        if (exitCode != 0) {
            tailLog.close();
            throw Training.failed(exitCode, tail);
        }
        controller.cleanup(agent.directory());
        controller = null;
        publication = new PublicationState(new Training(options()).environmentFile(folder));
        phase = Phase.PUBLISH;
        getContext().saveState();
        publish(agent);
    }

    /** The build's log; what is written there is kept for a moment, less its secrets. */
    private OutputStream log() throws IOException, InterruptedException {
        if (tailLog == null) {
            tailLog = masked(tail);
        }
        return new Tee(listener().getLogger(), tailLog);
    }

    /**
     * A stream that is masked as the build's log is: a failure's message is stored as it is. <a
     * href="https://github.com/jenkinsci/workflow-support-plugin/blob/master/src/main/java/org/jenkinsci/plugins/workflow/support/DefaultStepContext.java">The
     * log's own making</a>
     */
    private PrintStream masked(OutputStream out) throws IOException, InterruptedException {
        StepContext context = getContext();
        return TaskListenerDecorator.apply(
                        new StreamTaskListener(out, StandardCharsets.UTF_8),
                        ((FlowExecutionOwner.Executable) run()).asFlowExecutionOwner(),
                        TaskListenerDecorator.merge(
                                TaskListenerDecorator.fromConsoleLogFilter(
                                        context.get(ConsoleLogFilter.class)),
                                context.get(TaskListenerDecorator.class)))
                .getLogger();
    }

    private void publish(Agent agent) throws Exception {
        PublishOptions options = options();
        try (AwsAccess aws = credentials().aws(options.aws())) {
            Map<String, Object> result =
                    new Publisher(options, build(), aws)
                            .publish(
                                    new AgentWorkplace(agent, Outbound.of(agentEnvironment())),
                                    publication,
                                    () -> getContext().saveState(),
                                    progress());
            archiveCard(agent);
            deleteFolder(agent);
            succeed(result);
        } catch (StepException e) {
            archiveCard(agent);
            throw e;
        }
    }

    private void archiveCard(Agent agent) throws IOException, InterruptedException {
        Optional<String> card = Publisher.card(publication);
        if (card.isPresent()) {
            archive(agent, Publisher.cardName(options()), card.get());
        }
    }

    /** Archives a text with the build; what became of the model stands, whatever becomes of it. */
    private void archive(Agent agent, String name, String text)
            throws IOException, InterruptedException {
        FilePath own = write(agent.directory(), Map.of(name, text));
        try {
            getContext()
                    .get(Run.class)
                    .pickArtifactManager()
                    .archive(
                            own,
                            launcher(),
                            new BuildListenerAdapter(listener()),
                            new HashMap<>(Map.of(name, name)));
        } catch (IOException e) {
            progress().say("The model card can't be archived: " + e.getMessage());
        } finally {
            own.deleteRecursive();
        }
    }

    @Override
    void letGo(Agent agent) throws Exception {
        if (phase == Phase.TRAIN && agent != null) {
            stopTraining(agent);
        }
        if (publication != null) {
            PublishOptions options = options();
            try (AwsAccess aws = credentials().aws(options.aws())) {
                new Publisher(options, build(), aws).abandon(publication, progress());
            }
        }
        if (agent != null) {
            deleteFolder(agent);
        }
    }

    private void stopTraining(Agent agent) throws IOException, InterruptedException {
        FilePath directory = agent.directory();
        if (controller.exitStatus(directory, launcher(), listener()) == null) {
            progress().say("Stopping the training");
            controller.stop(directory, launcher());
            for (int looks = 0;
                    looks < STOP_LOOKS
                            && controller.exitStatus(directory, launcher(), listener()) == null;
                    looks++) {
                Thread.sleep(STOP_PAUSE_MILLIS);
            }
        }
        controller.writeLog(directory, listener().getLogger());
        controller.cleanup(directory);
    }

    private void deleteFolder(Agent agent) throws IOException, InterruptedException {
        if (folder != null) {
            agent.directory().child(folder).deleteRecursive();
        }
    }
}
