package io.modeltoecs.cloud.ecs;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** What ECS keeps over a restart. Tasks are not: their containers end with the cloud. */
final class EcsState {
    Map<String, Cluster> clusters = new LinkedHashMap<>();
    Map<String, Family> families = new TreeMap<>();
}
