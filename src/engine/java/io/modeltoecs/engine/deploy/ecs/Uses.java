package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.model.ModelStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Records in the model store which versions a service pins, so that they are kept. */
final class Uses implements BiConsumer<String, List<String>> {
    private final ModelStore store;
    private final String cluster;
    private final String service;

    /**
     * @param store or null where no bucket is known
     */
    Uses(ModelStore store, String cluster, String service) {
        this.store = store;
        this.cluster = cluster;
        this.service = service;
    }

    /**
     * @param taskDefinition an ARN, which names region and account
     * @param models {@code name@version} each
     */
    @Override
    public void accept(String taskDefinition, List<String> models) {
        if (store == null) {
            return;
        }
        // arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION
        String[] arn = taskDefinition.split(":");
        String user = String.join(".", arn[4], arn[3], Names.last(cluster), service);
        Map<String, List<String>> versions = new LinkedHashMap<>();
        for (String model : models) {
            String[] parts = model.split("@", 2);
            versions.computeIfAbsent(parts[0], it -> new ArrayList<>()).add(parts[1]);
        }
        versions.forEach((name, used) -> store.recordUse(name, user, used));
    }
}
