package io.modeltoecs.cloud.elb;

import io.undertow.server.HttpHandler;
import io.undertow.server.handlers.ResponseCodeHandler;
import io.undertow.server.handlers.proxy.LoadBalancingProxyClient;
import io.undertow.server.handlers.proxy.ProxyHandler;
import java.net.URI;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Forwards requests to the healthy targets of a group. A request that could not be sent, because
 * the target is gone, goes to another; one that was sent is repeated only where its method is
 * idempotent. Taking a target out leaves the requests that it works on alone.
 */
final class TargetRouter {
    private static final int CONNECTIONS = 200;
    private static final int RETRIES = 4;
    private static final int MAX_REQUEST_MILLIS = (int) TimeUnit.MINUTES.toMillis(10);
    private static final int IDLE_MILLIS = (int) TimeUnit.SECONDS.toMillis(60);

    private final LoadBalancingProxyClient client =
            new LoadBalancingProxyClient()
                    .setConnectionsPerThread(CONNECTIONS)
                    .setTtl(IDLE_MILLIS)
                    .setProblemServerRetry(1);
    private final HttpHandler handler =
            ProxyHandler.builder()
                    .setProxyClient(client)
                    .setMaxRequestTime(MAX_REQUEST_MILLIS)
                    .setMaxConnectionRetries(RETRIES)
                    .setNext(ResponseCodeHandler.HANDLE_404)
                    .build();
    private final Set<Target> targets = new HashSet<>();

    HttpHandler handler() {
        return handler;
    }

    synchronized void route(Target target, boolean healthy) {
        if (healthy && targets.add(target)) {
            client.addHost(uri(target));
        } else if (!healthy && targets.remove(target)) {
            client.removeHost(uri(target));
        }
    }

    private static URI uri(Target target) {
        return URI.create("http://" + target.id() + ":" + target.port());
    }
}
