package io.modeltoecs.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps that decide how often, how long, how many at once; and what failures do. */
class FlowTest {
    @TempDir Path folder;
    private Rehearsal rehearsal;

    @BeforeEach
    void prepare() throws Exception {
        rehearsal = new Rehearsal(folder);
    }

    @Test
    void exceptionsAreCaughtByTypeAndFinallyRuns() throws Exception {
        var outcome =
                rehearsal.run(
                        "import hudson.AbortException",
                        "try {",
                        "  try { error 'boom' } finally { echo 'cleaned' }",
                        "} catch (AbortException e) {",
                        "  echo 'caught ' + e.message",
                        "}",
                        "try { error 'again' } catch (Exception e) { echo e.getMessage() }");

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(outcome.said()).containsExactly("cleaned", "caught boom", "again");
    }

    @Test
    void branchesRunAtOnceAndReturnTheirValues() throws Exception {
        var outcome =
                rehearsal.run(
                        "node {",
                        // each waits for the other
                        "  def r = parallel(",
                        "    a: { sh 'touch a; until [ -e b ]; do sleep 0.02; done'; 1 },",
                        "    b: { sh 'touch b; until [ -e a ]; do sleep 0.02; done'; 2 })",
                        "  echo \"${r.a + r.b}\"",
                        "}");

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(outcome.log()).contains("[a] [Pipeline] sh", "[b] [Pipeline] sh");
        assertThat(outcome.said()).contains("3", "[a] + touch a");
    }

    @Test
    void aFailedBranchFailsTheStepOnceAllHaveEnded() throws Exception {
        var outcome =
                rehearsal.run(
                        "parallel(a: { error 'a failed' }, b: { sleep 1; echo 'b ended' })");

        assertThat(outcome.result()).isEqualTo("FAILURE");
        assertThat(outcome.said())
                .containsSubsequence(
                        "Failed in branch a", "[b] b ended", "ERROR: a failed");
    }

    @Test
    void failFastStopsTheOtherBranches() throws Exception {
        var outcome =
                rehearsal.run(
                        "parallel(",
                        "  a: { error 'a failed' },",
                        "  b: { sleep 600; echo 'b ended' },",
                        "  failFast: true)");

        assertThat(outcome.said()).contains("ERROR: a failed").doesNotContain("[b] b ended");
    }

    @Test
    void retryRunsTheBodyAgain() throws Exception {
        var outcome =
                rehearsal.run(
                        "def n = 0",
                        "def v = retry(3) { n++; if (n < 3) { error \"failed $n\" }; n * 10 }",
                        "echo \"$n $v\"",
                        "retry(2) { error 'always' }");

        assertThat(outcome.result()).isEqualTo("FAILURE");
        assertThat(outcome.said())
                .containsExactly(
                        "ERROR: failed 1",
                        "Retrying",
                        "ERROR: failed 2",
                        "Retrying",
                        "3 30",
                        "ERROR: always",
                        "Retrying",
                        "ERROR: always",
                        "  at Jenkinsfile:4");
    }

    @Test
    void timeoutStopsWhatRunsAndAbortsTheBuild() throws Exception {
        var outcome =
                rehearsal.run(
                        "node {",
                        "  timeout(time: 1, unit: 'SECONDS') {",
                        "    try { sh 'sleep 600' } finally { echo 'stopped' }",
                        "  }",
                        "}");

        assertThat(outcome.result()).isEqualTo("ABORTED");
        assertThat(outcome.said())
                .containsExactly(
                        "+ sleep 600",
                        "Cancelling nested steps due to timeout",
                        "stopped",
                        "Timeout has been exceeded");
    }

    @Test
    void aTimeoutWithinRetryIsTriedAgain() throws Exception {
        var outcome =
                rehearsal.run(
                        "def n = 0",
                        "retry(2) { n++; timeout(time: 1, unit: 'SECONDS') {",
                        "  if (n == 1) { sleep 600 } } }",
                        "echo \"$n\"");

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(outcome.said()).contains("2");
    }

    @Test
    void catchErrorGoesOnWithAFailedBuild() throws Exception {
        var outcome =
                rehearsal.run(
                        "warnError('hm') { error 'x' }",
                        "echo currentBuild.result",
                        "catchError(message: 'so what') { error 'y' }",
                        "echo currentBuild.result");

        assertThat(outcome.result()).isEqualTo("FAILURE");
        assertThat(outcome.said())
                .containsExactly(
                        "hm", "ERROR: x", "UNSTABLE", "so what", "ERROR: y", "FAILURE");
    }

    @Test
    void anAbortEndsTheWholeProcessTreeAndRunsFinally() throws Exception {
        var outcome =
                rehearsal.runAndStopWhen(
                        "started",
                        "node {",
                        "  try {",
                        // a child, and one whose parent dies and that has a session of its own
                        "    sh '''sleep 600 & echo $! > child",
                        "          (setsid sleep 600 & echo $! > orphan)",
                        "          mv orphan orphan-pid; touch started; wait'''",
                        "  } finally {",
                        "    for (file in ['child', 'orphan-pid']) {",
                        "      def pid = readFile(file).trim()",
                        "      def gone = sh(returnStatus: true, script: \"kill -0 $pid\")",
                        "      echo \"$file gone: ${gone != 0}\"",
                        "    }",
                        "  }",
                        "}");

        assertThat(outcome.result()).isEqualTo("ABORTED");
        assertThat(outcome.said())
                .contains("child gone: true", "orphan-pid gone: true", "Aborted by the user");
    }

    @Test
    void anAbortIsNotRetried() throws Exception {
        var outcome =
                rehearsal.runAndStopWhen(
                        "started", "node { retry(3) { sh 'touch started; sleep 600' } }");

        assertThat(outcome.result()).isEqualTo("ABORTED");
        assertThat(outcome.said()).doesNotContain("Retrying");
    }
}
