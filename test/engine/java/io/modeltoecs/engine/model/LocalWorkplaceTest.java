package io.modeltoecs.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.Outbound;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalWorkplaceTest {
    @TempDir Path folder;

    @Test
    void aMissingArtifactNamesWhatIsThere() throws Exception {
        write("out/model.pkl", "");
        write("modl.pkl", "");
        write("readme", "");

        assertThatThrownBy(() -> inspect("model.pkl", null))
                .isInstanceOf(StepException.class)
                .hasMessage(
                        "the artifact 'model.pkl' isn't in %s: there is out/model.pkl, modl.pkl"
                                .formatted(folder));
    }

    @Test
    void aMissingMetricsFileIsAnError() throws Exception {
        write("m.bin", "");
        assertThatThrownBy(() -> inspect("m.bin", "metrics.json"))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("the metrics file 'metrics.json' isn't in");
    }

    @Test
    void whatNobodyWritesIntoIsNotWaitedFor() throws Exception {
        write("m.bin", "");
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();

        assertThatThrownBy(() -> inspect("m.bin", "pipe"))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("the metrics file 'pipe' should be a JSON file");
        assertThatThrownBy(() -> inspect("pipe", null))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("'pipe' is neither a file nor a folder");
    }

    @Test
    void hashesEachPart() throws Exception {
        byte[] content = new byte[(8 << 20) + 5];
        content[3] = 7;
        Files.write(folder.resolve("big.bin"), content);

        Inspection.ModelFile file = inspect("big.bin", null).files().get(0);

        assertThat(file.bytes()).isEqualTo(content.length);
        assertThat(file.sha256()).isEqualTo(Digests.sha256(content));
        assertThat(file.partMd5s())
                .containsExactly(
                        md5(Arrays.copyOf(content, 8 << 20)),
                        md5(Arrays.copyOfRange(content, 8 << 20, content.length)));
    }

    @Test
    void stopsWhenItsThreadIsInterrupted() throws Exception {
        write("m.pkl", "N.");
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> inspect("m.pkl", null))
                    .isInstanceOf(InterruptedException.class);
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void aFoldersFilesComeInTheOrderOfTheirPaths() throws Exception {
        write("model/b/2 ü.bin", "2");
        write("model/a.bin", "1");
        write("model/c", "3");

        List<Inspection.ModelFile> files = inspect("model", null).files();

        assertThat(files)
                .extracting(Inspection.ModelFile::path)
                .containsExactly("model/a.bin", "model/b/2 ü.bin", "model/c");
        assertThat(files)
                .extracting(Inspection.ModelFile::partMd5s)
                .containsExactly(
                        List.of(md5(new byte[] {'1'})),
                        List.of(md5(new byte[] {'2'})),
                        List.of(md5(new byte[] {'3'})));
    }

    @Test
    void whatLeavesTheFolderIsRefused(@TempDir Path outside) throws Exception {
        Files.writeString(outside.resolve("secret"), "s");
        Files.createSymbolicLink(folder.resolve("link.bin"), outside.resolve("secret"));
        write("model/a.bin", "1");
        Files.createSymbolicLink(folder.resolve("model/b.bin"), outside.resolve("secret"));
        Files.createDirectories(folder.resolve("other"));
        Files.createSymbolicLink(folder.resolve("other/folder"), outside);
        Files.createSymbolicLink(folder.resolve("dead.bin"), folder.resolve("nowhere"));

        assertThatThrownBy(() -> inspect("link.bin", null)).hasMessageContaining("leaves");
        assertThatThrownBy(() -> inspect("model", null))
                .hasMessage("'model/b.bin' is a symbolic link that leaves the current directory");
        assertThatThrownBy(() -> inspect("other", null)).hasMessageContaining("link to a folder");
        assertThatThrownBy(() -> inspect("dead.bin", null)).hasMessageContaining("to nothing");
    }

    @Test
    void anEmptyFolderIsRefused() throws Exception {
        Files.createDirectory(folder.resolve("model"));
        assertThatThrownBy(() -> inspect("model", null)).hasMessageContaining("an empty folder");
    }

    @Test
    void tellsTheCommitWithoutTheLoginOfItsRemote() throws Exception {
        write("m.bin", "1");
        git("init", "-q", "-b", "main");
        git("remote", "add", "origin", "https://me:secret@example.com/models.git");
        git("add", "m.bin");
        git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "one");

        Map<String, Object> clean = inspect("m.bin", null).git();
        write("m.bin", "2");
        git("checkout", "-q", "--detach");
        git("update-ref", "refs/remotes/origin/feature/x", "HEAD");
        Map<String, Object> changed = inspect("m.bin", null).git();

        assertThat(clean)
                .containsEntry("url", "https://example.com/models.git")
                .containsEntry("branch", "main")
                .containsEntry("dirty", false);
        assertThat((String) clean.get("commit")).matches("[0-9a-f]{40}");
        assertThat(changed).containsEntry("branch", "feature/x").containsEntry("dirty", true);
    }

    @Test
    void outsideGitThereIsNoCommit() throws Exception {
        write("m.bin", "1");
        assertThat(inspect("m.bin", null).git()).isEmpty();
    }

    @Test
    void asksTheInterpreterWhereNothingWasTrained() throws Exception {
        write("m.bin", "1");
        Environment environment = Environment.parse(inspect("m.bin", null).environment());

        assertThat(environment.python()).matches("3\\.\\d+\\.\\d+.*");
        assertThat(
                        Environment.parse(
                                inspect(new InspectionOrder("m.bin", null, List.of(), null, "no-python"))
                                        .environment()))
                .extracting(Environment::python)
                .isNull();
    }

    @Test
    void findsTheDistributionsOfImports() {
        Environment environment =
                Environment.parse(
                        """
                        {"python": "3.11.7", "libraries": {"scikit-learn": "1.5.2", "numpy": "2.1.3"},
                         "modules": {"sklearn": ["scikit-learn"], "numpy": ["numpy"], "x": ["y"]}}
                        """);
        assertThat(
                        environment.distributionsOf(
                                List.of("sklearn.svm._classes.SVC", "numpy.dtype", "builtins.set")))
                .containsExactly("numpy", "scikit-learn");
    }

    private Inspection inspect(String artifact, String metrics) throws Exception {
        return inspect(new InspectionOrder(artifact, metrics, List.of(), null, "python3"));
    }

    private Inspection inspect(InspectionOrder order) throws IOException, InterruptedException {
        return new LocalWorkplace(folder, Outbound.of(Map.of())).inspect(order, line -> {});
    }

    private void write(String path, String content) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private void git(String... arguments) throws Exception {
        String[] command = new String[arguments.length + 1];
        command[0] = "git";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Process process = new ProcessBuilder(command).directory(folder.toFile()).inheritIO().start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    private static String md5(byte[] bytes) throws Exception {
        return Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("MD5").digest(bytes));
    }
}
