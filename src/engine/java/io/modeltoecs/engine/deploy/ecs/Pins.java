package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.options.ModelRef;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;

/** The serving container of a task definition, with the image and the model that it names. */
record Pins(String container, String image, String model) {

    /** Of the container that has a model, else of the first. */
    Pins(TaskDefinition definition) {
        this(
                serving(definition).name(),
                serving(definition).image(),
                serving(definition).env("MODEL"));
    }

    private static TaskDefinition.Container serving(TaskDefinition definition) {
        return definition.containers().stream()
                .map(definition::container)
                .filter(it -> it.env("MODEL") != null)
                .findFirst()
                .orElseGet(() -> definition.container(definition.containers().get(0)));
    }

    /** The exact version that a container pins, as {@code name@version}, or null. */
    static String exact(TaskDefinition.Container container) {
        String model = container.env("MODEL");
        return model != null
                        && model.contains("@")
                        && ModelRef.VERSION
                                .matcher(model.substring(model.indexOf('@') + 1))
                                .matches()
                ? model
                : null;
    }

    /** The exact versions that task definitions pin. */
    static Set<String> versions(TaskDefinition... definitions) {
        Set<String> versions = new LinkedHashSet<>();
        for (TaskDefinition definition : definitions) {
            definition.containers().stream()
                    .map(definition::container)
                    .map(Pins::exact)
                    .filter(Objects::nonNull)
                    .forEach(versions::add);
        }
        return versions;
    }

    /** The images that the containers of task definitions pin by digest. */
    static Set<String> images(TaskDefinition... definitions) {
        Set<String> images = new LinkedHashSet<>();
        for (TaskDefinition definition : definitions) {
            definition.containers().stream()
                    .map(definition::container)
                    .map(TaskDefinition.Container::image)
                    .filter(it -> !ImageName.digestsOf(it).isEmpty())
                    .forEach(images::add);
        }
        return images;
    }
}
