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

    @Test
    void refusesAnotherFamilyUnlessItHasServedBefore() {
        String other = aws.taskDefinition("other", "{\"name\":\"web\",\"image\":\"x\"}");
        String revision = Names.last(other);

        assertThatThrownBy(() -> Run.rollback(aws, Map.of("to", revision)).begin())
                .hasMessageContaining("'to' is " + revision + ", but demo/iris runs the family 'iris'");
        assertThat(aws.changes()).isEmpty();

        aws.completed.add(0, other);
        assertThat(Run.rollback(aws, Map.of("to", revision)).all())
                .containsEntry("taskDefinition", other);
    }

    @Test
    void refusesWhatCantBeARevisionOrAName() {
        for (String to : new String[] {"iris", "iris:", "iris:0", "iris 3", "arn:iris:3"}) {
            assertThatThrownBy(() -> Run.rollback(aws, Map.of("to", to)))
                    .hasMessageContaining("'to' is '" + to + "'")
                    .hasMessageContaining("family:revision");
        }
        assertThatThrownBy(() -> Run.rollback(aws, Map.of("service", "ir is")))
                .hasMessageContaining("'service' is 'ir is'");
    }
}
