package io.modeltoecs.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a name in a Jenkinsfile means, and what is said of one that means nothing. */
class NamesTest {
    private static final String LIBRARY = "@Library('model-to-ecs') _";
    @TempDir Path folder;
    private Rehearsal rehearsal;

    @BeforeEach
    void prepare() throws Exception {
        rehearsal = new Rehearsal(folder);
    }

    @Test
    void aVarHidesTheStepOfItsNameWhichStepsStillReaches() throws Exception {
        rehearsal.with(context -> Map.of("by", "the step", "args", context.arguments().toString()));
        var outcome =
                rehearsal.run(
                        LIBRARY,
                        "echo \"${promoteModel(name: 'a').args}\"",
                        "echo \"${steps.promoteModel(name: 'b').args}\"",
                        "promoteModel = { Map args -> [args: 'the binding'] }",
                        "echo \"${promoteModel(name: 'c').args}\"");

        assertThat(outcome.said()).containsExactly("{name=a}", "{name=b}", "the binding");
    }

    @Test
    void aMethodOfTheScriptComesFirst() throws Exception {
        var outcome = rehearsal.run("def echo(String s) { steps.echo 'mine: ' + s }", "echo 'x'");

        assertThat(outcome.said()).containsExactly("mine: x");
    }

    @Test
    void withoutTheLibraryThereAreItsStepsButNotItsPipelines() throws Exception {
        rehearsal.with(context -> Map.of("by", "the step"));

        assertThat(rehearsal.run("echo promoteModel(name: 'a').by").said())
                .containsExactly("the step");
        assertThat(rehearsal.run("modelPipeline(name: 'a')").said().get(0))
                .startsWith("ERROR: no step 'modelPipeline'")
                .contains("@Library('model-to-ecs') _");
    }

    @Test
    void theLibraryIsFoundByNameWithAVersionOrAsAStep() throws Exception {
        rehearsal.with(context -> Map.of("by", "the step"));

        assertThat(rehearsal.run("@Library('model-to-ecs@1.2') _", "echo 'x'").result())
                .isEqualTo("SUCCESS");
        assertThat(rehearsal.run("@Library(['model-to-ecs']) _", "echo 'x'").result())
                .isEqualTo("SUCCESS");
        assertThat(rehearsal.run("library 'model-to-ecs'", "pipelineKeys.common()").result())
                .isEqualTo("SUCCESS");
    }

    @Test
    void anotherLibraryIsAnError() throws Exception {
        var outcome = rehearsal.run("@Library(['model-to-ecs', 'acme@main']) _", "echo 'x'");

        assertThat(outcome.result()).isEqualTo("FAILURE");
        assertThat(outcome.said())
                .containsExactly(
                        "ERROR: @Library('acme@main'): the local runner has the library"
                                + " 'model-to-ecs' only");
    }

    @Test
    void anUnknownStepIsNamedWithTheNearest() throws Exception {
        assertThat(rehearsal.run("ecko 'x'").said())
                .containsExactly(
                        "ERROR: no step 'ecko'; did you mean 'echo'?", "  at Jenkinsfile:1");
        assertThat(rehearsal.run("slackSend 'x'").said().get(0))
                .startsWith("ERROR: no step 'slackSend'; the local runner has ");
        assertThat(rehearsal.run("steps.nothing()").said().get(0))
                .startsWith("ERROR: no step 'nothing'");
    }

    @Test
    void anUnknownParameterIsNamedWithTheNearest() throws Exception {
        assertThat(rehearsal.run("node {", "  sh scirpt: 'ls'", "}").said())
                .containsExactly(
                        "ERROR: sh: no parameter 'scirpt'; did you mean 'script'?",
                        "  at Jenkinsfile:2");
    }

    @Test
    void aDeclarativePipelineIsAnError() throws Exception {
        var outcome =
                rehearsal.run(
                        "pipeline {", "  agent any", "  stages { stage('x') { steps { echo 'x' } } }",
                        "}");

        assertThat(outcome.result()).isEqualTo("FAILURE");
        assertThat(outcome.said().get(0))
                .startsWith("ERROR: this is a Declarative Pipeline, which the local runner can't");
    }

    @Test
    void anUnknownPropertyIsNamedWithItsPlace() throws Exception {
        assertThat(rehearsal.run("echo 'x'", "echo nothing").said())
                .contains(
                        "ERROR: groovy.lang.MissingPropertyException: No such property: nothing"
                                + " for class: WorkflowScript",
                        "  at Jenkinsfile:2");
    }

    @Test
    void aSyntaxErrorIsShownWithItsPlace() throws Exception {
        var outcome = rehearsal.run("echo 'x", "");

        assertThat(outcome.result()).isEqualTo("FAILURE");
        assertThat(outcome.log()).contains("ERROR: ", "line 1, column 8");
    }
}
