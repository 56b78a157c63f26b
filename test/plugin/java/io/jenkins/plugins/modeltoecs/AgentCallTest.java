package io.jenkins.plugins.modeltoecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import hudson.model.TaskListener;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Work on an agent is known there until it has really ended. */
class AgentCallTest {
    private static final File DIRECTORY = new File("target");

    private final ByteArrayOutputStream log = new ByteArrayOutputStream();
    private final TaskListener listener =
            () -> new PrintStream(log, true, StandardCharsets.UTF_8);

    @Test
    void runsInTheDirectoryAndReportsToTheLog() throws Exception {
        AgentTask<String> task =
                (directory, progress) -> {
                    progress.say("at work");
                    return directory.toString();
                };
        assertThat(new AgentCall<>("a", task, listener).invoke(DIRECTORY, null))
                .isEqualTo(Path.of("target").toString());
        assertThat(log.toString(StandardCharsets.UTF_8)).isEqualToIgnoringNewLines("at work\n");
    }

    @Test
    void itsEndIsAwaited() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        AgentTask<String> task =
                (directory, progress) -> {
                    begun.countDown();
                    mayEnd.await();
                    return "done";
                };
        CompletableFuture<String> call =
                CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return new AgentCall<>("b", task, listener)
                                        .invoke(DIRECTORY, null);
                            } catch (IOException | InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        });
        begun.await();
        assertThat(waiting("b", 0).invoke(DIRECTORY, null)).isFalse();
        mayEnd.countDown();
        assertThat(waiting("b", 60).invoke(DIRECTORY, null)).isTrue();
        assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo("done");
    }

    @Test
    void whatFailedOrNeverBeganHasEnded() throws Exception {
        AgentTask<String> task =
                (directory, progress) -> {
                    throw new IOException("disk full");
                };
        assertThatThrownBy(() -> new AgentCall<>("c", task, listener).invoke(DIRECTORY, null))
                .hasMessage("disk full");
        assertThat(waiting("c", 0).invoke(DIRECTORY, null)).isTrue();
        assertThat(waiting("d", 0).invoke(DIRECTORY, null)).isTrue();
    }

    private static AgentCall.AwaitEnd waiting(String id, long seconds) {
        return new AgentCall.AwaitEnd(new TreeSet<>(List.of(id)), seconds);
    }
}
