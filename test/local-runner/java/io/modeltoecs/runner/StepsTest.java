package io.modeltoecs.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepsTest {
    @TempDir Path folder;
    private Rehearsal rehearsal;

    @BeforeEach
    void prepare() throws Exception {
        rehearsal = new Rehearsal(folder);
    }

    @Test
    void shShowsItsCommandsAndOutputAndFailsByExitCode() throws Exception {
        var outcome = rehearsal.run("node {", "  sh 'echo one; echo two >&2'", "  sh 'exit 7'", "}");

        assertThat(outcome.result()).isEqualTo("FAILURE");
        assertThat(outcome.said())
                .containsExactly(
                        "+ echo one",
                        "one",
                        "+ echo two",
                        "two",
                        "+ exit 7",
                        "ERROR: script returned exit code 7",
                        "  at Jenkinsfile:3");
    }

    @Test
    void shReturnsOutputOrStatus() throws Exception {
        var outcome =
                rehearsal.run(
                        "node {",
                        "  def out = sh(script: 'echo text; echo noise >&2', returnStdout: true)",
                        "  def status = sh(script: 'exit 3', returnStatus: true, label: 'probe')",
                        "  echo \"<${out.trim()}> ${status + 1}\"",
                        "}");

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(outcome.log()).contains("[Pipeline] sh (probe)");
        assertThat(outcome.said()).contains("noise", "<text> 4").doesNotContain("text");
    }

    @Test
    void shRunsAScriptByItsOwnInterpreter() throws Exception {
        var outcome = rehearsal.run("node { sh '''#!/usr/bin/env python3\nprint(6 * 7)''' }");

        assertThat(outcome.said()).containsExactly("42");
    }

    @Test
    void shDoesNotWaitForWhatItLeavesInTheBackground() throws Exception {
        var outcome =
                rehearsal.run(
                        "node {",
                        "  sh 'sleep 600 & echo $! > pid'",
                        "  sh 'kill $(cat pid)'",
                        "}");

        assertThat(outcome.result()).isEqualTo("SUCCESS");
    }

    @Test
    void directoriesAndVariablesHoldInTheirBlocksOnly() throws Exception {
        var outcome =
                rehearsal.run(
                        "node {",
                        "  withEnv(['A=1', 'PATH+EXTRA=/extra/bin']) {",
                        "    dir('deep/er') { sh 'echo $A $(basename $PWD) ${PATH%%:*}' }",
                        "    withEnv(['A=']) { sh 'echo unset ${A-yes}' }",
                        "  }",
                        "  sh 'echo after ${A-none}; test $PWD = $WORKSPACE'",
                        "}");

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(outcome.said()).contains("1 er /extra/bin", "unset yes", "after none");
    }

    @Test
    void filesAreWrittenAndRead() throws Exception {
        var outcome =
                rehearsal.run(
                        "node {",
                        "  writeFile file: 'a/b.txt', text: 'grüezi'",
                        "  echo readFile('a/b.txt') + fileExists('a/b.txt') + fileExists('c')",
                        "  writeFile file: 'm.json', text: '{\"a\": {\"b\": [1, 2.5, true, null]}}'",
                        "  def json = readJSON file: 'm.json'",
                        "  sh 'true'",
                        "  echo \"${json.a.b[1] * 2} ${json.a.b.size()}\"",
                        "  writeJSON file: 'n.json', json: [x: json.a.b[0]]",
                        "  echo readFile('n.json') + readJSON(text: '[7]')[0] + pwd().endsWith('job')",
                        "  deleteDir()",
                        "  echo \"${fileExists('m.json')}\"",
                        "}");

        assertThat(outcome.said())
                .containsExactly(
                        "grüezitruefalse", "+ true", "5.0 4", "{\"x\":1}7true", "false");
    }

    @Test
    void jsonThatIsNoneIsOneClearError() throws Exception {
        var outcome =
                rehearsal.run(
                        "node {", "  writeFile file: 'm.json', text: '{oops'",
                        "  readJSON file: 'm.json'", "}");

        assertThat(outcome.said().get(0)).startsWith("ERROR: readJSON: m.json isn't JSON: ");
    }

    @Test
    void artifactsAreArchivedByPattern() throws Exception {
        var outcome =
                rehearsal.run(
                        "node {",
                        "  sh 'mkdir -p a/b; touch top.txt a/b/x.txt a/b/y.log'",
                        "  archiveArtifacts artifacts: '**/*.txt, a/**', excludes: '**/*.log'",
                        "  archiveArtifacts '*.none'",
                        "}");

        assertThat(outcome.folder().resolve("archive/top.txt")).exists();
        assertThat(outcome.folder().resolve("archive/a/b/x.txt")).exists();
        assertThat(outcome.folder().resolve("archive/a/b/y.log")).doesNotExist();
        assertThat(outcome.said())
                .contains("ERROR: archiveArtifacts: no file matches '*.none'");
    }

    @Test
    void failedTestsMakeTheBuildUnstable() throws Exception {
        var outcome =
                rehearsal.run(
                        "node {",
                        "  writeFile file: 'r.xml', text: '''<testsuite>",
                        "    <testcase classname='A' name='good'/>",
                        "    <testcase classname='A' name='bad'><failure/></testcase>",
                        "    <testcase classname='A' name='off'><skipped/></testcase>",
                        "  </testsuite>'''",
                        "  def summary = junit 'r.xml'",
                        "  echo \"${summary.passCount} of ${summary.totalCount}\"",
                        "  echo currentBuild.currentResult",
                        "}");

        assertThat(outcome.result()).isEqualTo("UNSTABLE");
        assertThat(outcome.said())
                .containsExactly(
                        "FAILED A.bad", "3 tests, 1 failed, 1 skipped", "1 of 3", "UNSTABLE");
    }

    @Test
    void theBuildAndItsSurroundingsAreKnown() throws Exception {
        rehearsal.run("error 'first'");
        var outcome =
                rehearsal.run(
                        "env.SET = 'set'",
                        "currentBuild.description = 'd'",
                        "echo \"${env.BUILD_NUMBER} $JOB_NAME ${currentBuild.number} $SET\"",
                        "echo \"${currentBuild.previousBuild.result} ${currentBuild.description}\"",
                        "echo \"${env.NOTHING} ${env.WORKSPACE}\"",
                        "node { sh 'echo $SET $BUILD_NUMBER $STAGE_NAME.' }",
                        "stage('S') { echo env.STAGE_NAME }");

        assertThat(outcome.said())
                .containsExactly(
                        "2 job 2 set",
                        "FAILURE d",
                        "null null",
                        "+ echo set 2 .",
                        "set 2 .",
                        "S");
        assertThat(outcome.folder().resolve("log")).content().isEqualTo(outcome.log());
        assertThat(Files.readString(outcome.folder().resolve("result"))).isEqualTo("SUCCESS\n");
    }

    @Test
    void theLogReadsLikeJenkins() throws Exception {
        var outcome = rehearsal.run("stage('Train') {", "  echo 'x'", "}");

        assertThat(outcome.log().replaceAll("\\d+\\.\\d s", "T"))
                .endsWith(
                        """
                        [Pipeline] Start of Pipeline
                        [Pipeline] stage
                        [Pipeline] { (Train)
                        [Pipeline] echo
                        x
                        [Pipeline] }
                        [Pipeline] // stage T
                        [Pipeline] End of Pipeline
                        Finished: SUCCESS (T)
                        """);
    }

    @Test
    void whatNeedsAWorkspaceSaysSo() throws Exception {
        assertThat(rehearsal.run("sh 'ls'").said())
                .contains("ERROR: sh: needs a workspace; surround it with node { ... }");
    }

    @Test
    void aWorkspaceIsUsedByOneNodeAtATime() throws Exception {
        var outcome =
                rehearsal.run(
                        "def places = parallel(a: { node { sleep 1; pwd() } },",
                        "                      b: { node { sleep 1; pwd() } })",
                        "places.again = node { pwd() }",
                        "echo places.values().collect { it.tokenize('/').last() }.toSet()"
                                + ".sort().join(' ')");

        assertThat(outcome.said()).contains("job job@2");
    }
}
