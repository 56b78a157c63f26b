package io.modeltoecs.cloud.ecs;

/** A line of a service's event list. */
final class ServiceEvent {
    String id;
    long createdAt;
    String message;
}
