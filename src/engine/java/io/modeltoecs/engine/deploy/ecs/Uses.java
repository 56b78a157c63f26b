package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.model.ModelStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Records what a service pins, so that it is kept: models in the model store, images in their
 * registry.
 */
final class Uses {
    private final ModelStore store;
    private final InUseTags tags;
    private final String cluster;
    private final String service;

    /**
     * @param store or null where no bucket is known
     */
    Uses(ModelStore store, InUseTags tags, String cluster, String service) {
        this.store = store;
        this.tags = tags;
        this.cluster = cluster;
        this.service = service;
    }

    /**
     * Records what is in use with a revision, before it is deployed.
     *
     * @param taskDefinition an ARN, which names region and account
     * @param models {@code name@version} each
     * @param images by digest
     */
    void record(String taskDefinition, List<String> models, List<String> images) {
        // arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION
        String[] arn = taskDefinition.split(":");
        String user = String.join(".", arn[4], arn[3], Names.last(cluster), service);
        tags.keep(user, arn[6], images);
        if (store == null) {
            return;
        }
        Map<String, List<String>> versions = new LinkedHashMap<>();
        for (String model : models) {
            String[] parts = model.split("@", 2);
            versions.computeIfAbsent(parts[0], it -> new ArrayList<>()).add(parts[1]);
        }
        versions.forEach((name, used) -> store.recordUse(name, user, used));
    }
}
