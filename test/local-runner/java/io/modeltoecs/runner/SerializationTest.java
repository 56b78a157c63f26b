package io.modeltoecs.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole program is serialised and restored at each step, as when a controller restarts. */
class SerializationTest {
    @TempDir Path folder;
    private Rehearsal rehearsal;

    @BeforeEach
    void prepare() throws Exception {
        rehearsal = new Rehearsal(folder);
    }

    @Test
    void aLocalThatIsNotSerializableBreaksAtTheStepAndIsNamed() throws Exception {
        var outcome =
                rehearsal.run(
                        "def match = 'v1.2' =~ /v(.*)/",
                        "node {",
                        "  sh 'touch reached'",
                        "}");

        assertThat(outcome.result()).isEqualTo("FAILURE");
        assertThat(outcome.said().get(0))
                .startsWith(
                        "ERROR: java.io.NotSerializableException: java.util.regex.Matcher:"
                                + " the local variable 'match' holds one");
        assertThat(outcome.said().get(1)).isEqualTo("  at Jenkinsfile:2");
        assertThat(rehearsal.workspace().resolve("reached")).doesNotExist();
    }

    @Test
    void theVariableIsNamedWhereverItIs() throws Exception {
        assertThat(
                        rehearsal
                                .run(
                                        "def handle(thing) { echo 'x' }",
                                        "def outer = { def inner = new Thread(); handle(inner) }",
                                        "outer()")
                                .said()
                                .get(0))
                .contains("java.lang.Thread: the local variable 'thing' holds one");
        assertThat(
                        rehearsal
                                .run("def t = new Thread()", "def c = { t }", "echo 'x'")
                                .said()
                                .get(0))
                .contains("java.lang.Thread: the local variable 't' holds one");
        assertThat(rehearsal.run("global = new Thread()", "echo 'x'").said().get(0))
                .contains("java.lang.Thread: the script's variable 'global' holds one");
    }

    @Test
    void itIsFineBetweenStepsAndInNonCps() throws Exception {
        var outcome =
                rehearsal.run(
                        "@NonCPS",
                        "def version(String text) { def m = text =~ /v(.*)/; m.find(); m.group(1) }",
                        "def match = 'v1.2' =~ /v(.*)/",
                        "def found = match.matches()",
                        "match = null",
                        "echo version('v3.4') + found");

        assertThat(outcome.said()).containsExactly("3.4true");
    }

    @Test
    void valuesKeepTheirIdentityAcrossSteps() throws Exception {
        var outcome =
                rehearsal.run(
                        "class Counter implements Serializable {",
                        "  int n",
                        "  def up() { n++; this }",
                        "}",
                        "def counter = new Counter()",
                        "def alias = counter",
                        "def seen = []",
                        "def add = { seen << it }",
                        "parallel(a: { counter.up(); sleep 0; add 'a' },",
                        "         b: { alias.up(); sleep 0; add 'b' })",
                        "echo \"${counter.n} ${counter.is(alias)} ${seen.sort().join()}\"");

        assertThat(outcome.said()).containsExactly("2 true ab");
    }

    @Test
    void loopsWithStepsWork() throws Exception {
        var outcome =
                rehearsal.run(
                        "for (x in [1, 2]) { echo \"$x\" }",
                        "[3: 'c', 4: 'd'].each { k, v -> echo \"$k$v\" }",
                        "for (e in [5: 'e'].entrySet()) { echo e.key + e.value }",
                        "for (int i = 6; i < 8; i++) { echo \"$i\" }",
                        "echo([8, 9].collect { sleep 0; it * 2 }.join(' '))",
                        "['x', 'y'].eachWithIndex { it, i -> echo it + i }");

        assertThat(outcome.said())
                .containsExactly("1", "2", "3c", "4d", "5e", "6", "7", "16 18", "x0", "y1");
    }

    @Test
    void nonCpsCodeMayEchoButNotRunAShell() throws Exception {
        var outcome =
                rehearsal.run(
                        "@NonCPS def tell() { echo 'told' }",
                        "@NonCPS def list() { sh 'ls' }",
                        "tell()",
                        "node { list() }");

        assertThat(outcome.said()).contains("told");
        assertThat(outcome.log()).contains("sh can't be called from @NonCPS code");
    }

    @Test
    void aStepInAClosureOfPlainGroovyIsWarnedOf() throws Exception {
        assertThat(rehearsal.run("[2, 1].sort { a, b -> sleep 0; a <=> b }").log())
                .contains("expected to call java.util.ArrayList.sort but wound up catching call");
    }
}
