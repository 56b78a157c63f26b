package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RollbackEcsTest {
    private Demo demo;
    private FakeAws aws;

    @BeforeEach
    void start() throws IOException {
        demo = new Demo();
        aws = demo.aws;
        demo.rollsWell();
        demo.deploy().all();
        aws.calls.clear();
        demo.rollsWell();
    }

    @AfterEach
    void stop() {
        demo.close();
    }

    @Test
    void goesBackToWhatCompletedBefore() {
        aws.completed.add(aws.service.path("taskDefinition").asText());

        Map<String, Object> result = Run.rollback(aws, Map.of()).all();

        assertThat(result)
                .containsEntry("taskDefinition", demo.first)
                .containsEntry("model", "iris@" + Demo.V1)
                .containsEntry("state", "COMPLETED")
                .containsEntry("rolledBack", true);
        assertThat(aws.called("RegisterTaskDefinition")).isEmpty();
    }

    @Test
    void goesBackToTheRevisionThatIsNamed() {
        assertThat(Run.rollback(aws, Map.of("to", "iris:1")).all())
                .containsEntry("taskDefinition", demo.first);
    }

    @Test
    void refusesARevisionThatIsNotThere() {
        assertThatThrownBy(() -> Run.rollback(aws, Map.of("to", "iris:99")).begin())
                .hasMessageContaining("iris:99");
        assertThat(aws.changes()).isEmpty();
    }

    @Test
    void saysWhenEcsKnowsNoneBefore() {
        aws.completed.clear();

        assertThatThrownBy(() -> Run.rollback(aws, Map.of()).begin())
                .hasMessageContaining("no revision of demo/iris that completed before iris:2")
                .hasMessageContaining("'to'");
    }
}
