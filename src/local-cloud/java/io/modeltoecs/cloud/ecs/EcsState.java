package io.modeltoecs.cloud.ecs;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** What ECS keeps over a restart, beside services and tasks, which have files of their own. */
final class EcsState {
    Map<String, Cluster> clusters = new LinkedHashMap<>();
    Map<String, Family> families = new TreeMap<>();
}
