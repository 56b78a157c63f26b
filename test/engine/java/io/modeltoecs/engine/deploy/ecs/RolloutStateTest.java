package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a controller stores has to be readable by the next one. */
class RolloutStateTest {
    @Test
    void hasSimpleFieldsOnly() {
        Set<Class<?>> simple =
                Set.of(String.class, long.class, boolean.class, ArrayList.class, Map.class);
        for (Class<?> type = EcsState.class; type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) {
                    assertThat(simple).as(field.getName()).contains(field.getType());
                }
            }
        }
    }
}
