package io.modeltoecs.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParametersTest {
    private static final String[] JENKINSFILE = {
        "properties([disableConcurrentBuilds(), parameters([",
        "  string(name: 'WHO', defaultValue: 'world'),",
        "  booleanParam(name: 'LOUD', defaultValue: false),",
        "  choice(name: 'COLOUR', choices: ['red', 'green'])])])",
        "echo \"${params.WHO} ${params.LOUD ? 'loud' : 'quiet'} ${params.COLOUR} ${env.WHO}\""
    };

    private static final String[] INPUT = {
        "def answer = input(id: 'go', message: 'Deploy?', parameters: [",
        "  string(name: 'WHERE', defaultValue: 'staging'), booleanParam(name: 'FAST')])",
        "echo \"${answer.WHERE} ${answer.FAST}\""
    };

    @TempDir Path folder;
    private Rehearsal rehearsal;

    @BeforeEach
    void prepare() throws Exception {
        rehearsal = new Rehearsal(folder);
    }

    @Test
    void defaultsHold() throws Exception {
        assertThat(rehearsal.run(JENKINSFILE).said()).containsExactly("world quiet red world");
    }

    @Test
    void givenValuesHaveTheDeclaredTypes() throws Exception {
        rehearsal.with("WHO", "you").with("LOUD", "true").with("COLOUR", "green");

        assertThat(rehearsal.run(JENKINSFILE).said()).containsExactly("you loud green you");
    }

    @Test
    void aValueThatDoesNotFitIsAnError() throws Exception {
        rehearsal.with("COLOUR", "blue");

        assertThat(rehearsal.run(JENKINSFILE).said().get(0))
                .isEqualTo(
                        "ERROR: parameter 'COLOUR' is 'blue', but should be one of red, green");
    }

    @Test
    void aSlipIsWarnedOf() throws Exception {
        rehearsal.with("COLOR", "green");

        assertThat(rehearsal.run(JENKINSFILE).said())
                .contains("WARNING: no build parameter 'COLOR'; did you mean 'COLOUR'?");
    }

    @Test
    void inputIsAnsweredByParameters() throws Exception {
        rehearsal.with("input.go", "proceed").with("WHERE", "production");

        assertThat(rehearsal.run(INPUT).said())
                .containsExactly("Deploy?", "answered by a parameter: proceed", "production false");
    }

    @Test
    void inputCanBeRefused() throws Exception {
        rehearsal.with("input", "abort");

        assertThat(rehearsal.run(INPUT).result()).isEqualTo("ABORTED");
    }

    @Test
    void inputWithoutAnAnswerSaysHowToGiveOne() throws Exception {
        assertThat(rehearsal.run(INPUT).said())
                .contains(
                        "ERROR: input 'Deploy?' needs an answer: give the parameter"
                                + " input.go=proceed or input.go=abort");
    }
}
