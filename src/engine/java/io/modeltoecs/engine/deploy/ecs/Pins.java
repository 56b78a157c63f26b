package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.options.ModelRef;
import java.util.LinkedHashSet;
import java.util.Set;

/** The image and the model that a task definition names. */
record Pins(String image, String model) {

    /** Of the container that has a model, else of the first. */
    Pins(TaskDefinition definition) {
        this(serving(definition).image(), serving(definition).env("MODEL"));
    }

    private static TaskDefinition.Container serving(TaskDefinition definition) {
        return definition.containers().stream()
                .map(definition::container)
                .filter(it -> it.env("MODEL") != null)
                .findFirst()
                .orElseGet(() -> definition.container(definition.containers().get(0)));
    }

    /** The exact versions that task definitions pin, as {@code name@version}. */
    static Set<String> versions(TaskDefinition... definitions) {
        Set<String> versions = new LinkedHashSet<>();
        for (TaskDefinition definition : definitions) {
            for (String container : definition.containers()) {
                String model = definition.container(container).env("MODEL");
                if (model != null
                        && model.contains("@")
                        && ModelRef.VERSION
                                .matcher(model.substring(model.indexOf('@') + 1))
                                .matches()) {
                    versions.add(model);
                }
            }
        }
        return versions;
    }
}
