package io.modeltoecs.cloud.elb;

/**
 * An address that a target group forwards to.
 *
 * @param id an IP address
 * @param port a port
 */
public record Target(String id, int port) {}
