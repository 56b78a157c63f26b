package io.modeltoecs.engine.image;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Orders of tests. */
final class Orders {
    private Orders() {}

    /** The application in the current folder, with a small runtime, as build 7. */
    static BuildOrder on(String registry, String repository, String base) {
        return new BuildOrder(
                registry,
                repository,
                base,
                new ArrayList<>(List.of("linux/amd64")),
                ".",
                new ArrayList<>(),
                null,
                null,
                new ArrayList<>(),
                null,
                new TreeMap<>(),
                new ArrayList<>(),
                new TreeMap<>(),
                8080,
                false,
                7,
                false,
                "urn:model-to-ecs:test",
                Project.RUNTIME);
    }

    /** An order with some components changed. */
    static BuildOrder change(BuildOrder order, Map<String, ?> changes) {
        try {
            RecordComponent[] components = BuildOrder.class.getRecordComponents();
            Object[] values = new Object[components.length];
            for (int i = 0; i < values.length; i++) {
                String name = components[i].getName();
                values[i] =
                        changes.containsKey(name)
                                ? changes.get(name)
                                : components[i].getAccessor().invoke(order);
            }
            return (BuildOrder) BuildOrder.class.getDeclaredConstructors()[0].newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
