package io.modeltoecs.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line, as a process of its own. */
class MainTest {
    @TempDir Path folder;

    private Process start(String jenkinsfile, String... more) throws Exception {
        Files.writeString(folder.resolve("Jenkinsfile"), jenkinsfile);
        List<String> command =
                new ArrayList<>(
                        List.of(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                Main.class.getName(),
                                "--home",
                                folder.resolve("home").toString(),
                                "--library",
                                Rehearsal.LIBRARY.toString()));
        command.addAll(Arrays.asList(more));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }

    private String output() throws Exception {
        return Files.readString(folder.resolve("output"));
    }

    @Test
    void theExitStatusTellsHowItEnded() throws Exception {
        assertThat(start("echo 'x'", "--repo", folder.toString()).waitFor()).isZero();
        assertThat(output()).contains("Finished: SUCCESS");
        assertThat(start("error 'x'", "--repo", folder.toString()).waitFor()).isEqualTo(1);
        assertThat(start("echo 'x'").waitFor()).isEqualTo(2);
        assertThat(output()).contains("--repo");
    }

    @Test
    void parametersAreGivenByName() throws Exception {
        Process process =
                start(
                        "echo \"${params.A}${params.B}\"",
                        "--repo",
                        folder.toString(),
                        "--param",
                        "A=1 = one",
                        "--param",
                        "B=2");

        assertThat(process.waitFor()).isZero();
        assertThat(output()).contains("1 = one2");
    }

    @Test
    void nothingToBuildIsOneError() throws Exception {
        int status = start("echo 'x'", "--repo", folder.resolve("nothing").toString()).waitFor();

        assertThat(status).isEqualTo(1);
        assertThat(output())
                .isEqualTo("ERROR: --repo: '%s' isn't a folder\n".formatted(folder.resolve("nothing")));
    }

    @Test
    void sigtermStopsTheBuildAndItsProcesses() throws Exception {
        Process process =
                start(
                        "node { try { sh 'touch started; sleep 600' } finally { echo 'cleaned' } }",
                        "--repo",
                        folder.toString());
        Path started = folder.resolve("home/workspace/" + folder.getFileName() + "/started");
        while (!Files.exists(started) && process.isAlive()) {
            Thread.sleep(20);
        }
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();

        assertThat(process.waitFor()).isEqualTo(3);
        assertThat(output()).contains("cleaned", "Finished: ABORTED");
        assertThat(children).isNotEmpty().noneMatch(ProcessHandle::isAlive);
    }
}
