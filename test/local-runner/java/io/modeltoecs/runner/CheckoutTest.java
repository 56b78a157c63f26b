package io.modeltoecs.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.modeltoecs.runner.build.Git;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckoutTest {
    private static final String[] JENKINSFILE = {
        "node {",
        "  def found = checkout scm",
        "  echo \"commit ${found.GIT_COMMIT} of ${found.GIT_BRANCH}\"",
        "  sh 'find . -path ./.git -prune -o -type f -print | sort'",
        "}"
    };

    @TempDir Path folder;
    private Rehearsal rehearsal;
    private Git git;

    @BeforeEach
    void prepare() throws Exception {
        rehearsal = new Rehearsal(folder);
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("GIT_CONFIG_GLOBAL", "/dev/null");
        for (String who : new String[] {"AUTHOR", "COMMITTER"}) {
            environment.put("GIT_" + who + "_NAME", "Test");
            environment.put("GIT_" + who + "_EMAIL", "test@example.com");
        }
        git = new Git(environment);
    }

    private String git(Path where, String... arguments) throws Exception {
        return git.run(where, arguments);
    }

    private String commitAll(Path where) throws Exception {
        git(where, "init", "-q", "-b", "main");
        git(where, "add", "--all");
        git(where, "commit", "-q", "-m", "A message");
        return git(where, "rev-parse", "HEAD");
    }

    @Test
    void aFolderOutsideGitIsCopiedWithoutJunk() throws Exception {
        rehearsal.write("src/train.py", "").write(".venv/x", "").write("a b.txt", "");
        rehearsal.write("__pycache__/x.pyc", "");

        var outcome = rehearsal.run(JENKINSFILE);

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(outcome.said())
                .contains(
                        "commit null of null", "./Jenkinsfile", "./a b.txt", "./src/train.py")
                .doesNotContain("./.venv/x", "./__pycache__/x.pyc");
    }

    @Test
    void aWorkspaceDoesNotBelongToTheRepositoryAroundIt() throws Exception {
        git(folder, "init", "-q");
        rehearsal.write("train.py", "");
        rehearsal.write("Jenkinsfile", "node { checkout scm; sh 'git ls-files' }");
        Path outside = Files.createTempDirectory("outside");
        try {
            Files.copy(rehearsal.repository().resolve("Jenkinsfile"), outside.resolve("Jenkinsfile"));
            Files.writeString(outside.resolve("app.py"), "");
            var outcome = rehearsal.of(outside, null).run();
            assertThat(outcome.said()).contains("Jenkinsfile", "app.py");
        } finally {
            Files.delete(outside.resolve("Jenkinsfile"));
            Files.delete(outside.resolve("app.py"));
            Files.delete(outside);
        }
    }

    @Test
    void aGitFolderIsCopiedAsItIsWithItsHistory() throws Exception {
        rehearsal.write(".gitignore", "*.log\n").write("gone.txt", "").write("train.py", "old");
        rehearsal.write("Jenkinsfile", String.join("\n", JENKINSFILE));
        String commit = commitAll(rehearsal.repository());
        git(rehearsal.repository(), "remote", "add", "origin", "https://example.com/iris.git");
        rehearsal.write("train.py", "new").write("untracked.txt", "").write("x.log", "");
        Files.delete(rehearsal.repository().resolve("gone.txt"));

        var outcome = rehearsal.run();

        assertThat(outcome.said())
                .contains(
                        "commit " + commit + " of main",
                        "./untracked.txt",
                        "Commit message: \"A message\"")
                .doesNotContain("./x.log", "./gone.txt");
        assertThat(outcome.log()).contains("with uncommitted changes");
        assertThat(rehearsal.workspace().resolve("train.py")).hasContent("new");
        assertThat(git(rehearsal.workspace(), "status", "--porcelain"))
                .isEqualTo("D gone.txt\n M train.py\n?? untracked.txt");
        assertThat(git(rehearsal.workspace(), "remote", "get-url", "origin"))
                .isEqualTo("https://example.com/iris.git");
    }

    @Test
    void theWorkspaceHoldsNothingOfTheBuildBefore() throws Exception {
        Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("kept"), "");
        rehearsal.run(
                "node { checkout scm; sh 'touch stale; mkdir d; ln -s %s d/link' }"
                        .formatted(elsewhere));

        assertThat(rehearsal.run(JENKINSFILE).said())
                .contains("./Jenkinsfile")
                .doesNotContain("./stale");
        assertThat(elsewhere.resolve("kept")).exists();
    }

    @Test
    void aCommitOfABareRepositoryIsBuiltAsAHookWould() throws Exception {
        Path clone = Files.createDirectories(folder.resolve("clone"));
        Files.writeString(clone.resolve("Jenkinsfile"), String.join("\n", JENKINSFILE));
        Files.writeString(clone.resolve("first.txt"), "");
        String first = commitAll(clone);
        Files.writeString(clone.resolve("second.txt"), "");
        commitAll(clone);
        Path bare = folder.resolve("repo.git");
        git(folder, "clone", "-q", "--bare", clone.toString(), bare.toString());

        // what git sets for a post-receive hook
        rehearsal.withVariable("GIT_DIR", bare.toString());
        rehearsal.withVariable("GIT_QUARANTINE_PATH", bare.resolve("objects").toString());
        var outcome = rehearsal.of(bare, first).run();

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(outcome.said())
                .contains("commit " + first + " of null", "./first.txt")
                .doesNotContain("./second.txt");
    }

    @Test
    void theBranchOfAPushedCommitIsKnown() throws Exception {
        Path clone = Files.createDirectories(folder.resolve("clone"));
        Files.writeString(
                clone.resolve("Jenkinsfile"),
                "node { checkout scm; sh 'git branch --show-current; env | grep ^GIT || true' }");
        String commit = commitAll(clone);
        Path bare = folder.resolve("repo.git");
        git(folder, "clone", "-q", "--bare", clone.toString(), bare.toString());
        rehearsal.withVariable("GIT_DIR", bare.toString());

        var outcome = rehearsal.of(bare, commit).run();

        assertThat(outcome.said()).contains("main").noneMatch(line -> line.startsWith("GIT_"));
    }

    @Test
    void anotherCheckoutIsAnError() throws Exception {
        assertThat(
                        rehearsal
                                .run("node { checkout([$class: 'GitSCM', branches: []]) }")
                                .said()
                                .get(0))
                .startsWith("ERROR: checkout: the local runner has 'checkout scm' only");
    }
}
