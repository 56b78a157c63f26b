package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.modeltoecs.cloud.Arns;
import java.util.LinkedHashMap;
import java.util.Map;

/** A cluster and its services. */
final class Cluster {
    String name;
    String status = "ACTIVE";
    Map<String, String> tags = new LinkedHashMap<>();

    /** Kept in files of their own: see the store. */
    @JsonIgnore Map<String, Service> services = new LinkedHashMap<>();

    String arn() {
        return Arns.of("ecs", "cluster/" + name);
    }
}
