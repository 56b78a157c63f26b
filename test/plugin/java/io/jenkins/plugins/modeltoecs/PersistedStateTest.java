package io.jenkins.plugins.modeltoecs;

import static org.assertj.core.api.Assertions.assertThat;

import io.modeltoecs.engine.model.OutputTail;
import io.modeltoecs.engine.model.PublicationState;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.LinkedHashMap;
import org.jenkinsci.plugins.durabletask.Controller;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What executions keep over a restart: plain types, no record, no credential, no environment. */
class PersistedStateTest {

    @ParameterizedTest
    @ValueSource(
            classes = {
                TrainAndPublishExecution.class,
                BuildExecution.class,
                DeployExecution.class,
                RollbackEcsExecution.class,
                PromoteExecution.class,
                RollbackModelExecution.class
            })
    void keepsPlainTypesOnly(Class<?> execution) {
        for (Class<?> c = execution; c != StepExecution.class; c = c.getSuperclass()) {
            for (Field field : c.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers())
                        && !Modifier.isTransient(field.getModifiers())
                        && !field.getType().isEnum()) {
                    assertThat(field.getType())
                            .as(field.toString())
                            .isIn(
                                    String.class,
                                    boolean.class,
                                    LinkedHashMap.class,
                                    Throwable.class,
                                    Controller.class,
                                    PublicationState.class,
                                    OutputTail.class,
                                    byte[].class);
                }
            }
        }
    }
}
