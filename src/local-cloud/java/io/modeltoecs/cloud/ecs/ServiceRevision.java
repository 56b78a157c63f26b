package io.modeltoecs.cloud.ecs;

import java.util.HashMap;
import java.util.Map;

/** What a deployment rolls out. */
final class ServiceRevision {
    String arn;
    String taskDefinition;
    long createdAt;
    Map<String, String> images = new HashMap<>();
    Map<String, String> digests = new HashMap<>();
}
