package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/** The revisions of a task definition, as DescribeTaskDefinition shows them. */
final class Family {
    int lastRevision;
    TreeMap<Integer, ObjectNode> revisions = new TreeMap<>();
    Map<Integer, ObjectNode> tags = new TreeMap<>();
}
