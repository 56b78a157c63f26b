package io.modeltoecs.cloud.ecs;

import io.modeltoecs.cloud.Arns;
import java.util.LinkedHashMap;
import java.util.Map;

/** A cluster and its services. */
final class Cluster {
    String name;
    String status = "ACTIVE";
    Map<String, String> tags = new LinkedHashMap<>();
    Map<String, Service> services = new LinkedHashMap<>();

    String arn() {
        return Arns.of("ecs", "cluster/" + name);
    }
}
