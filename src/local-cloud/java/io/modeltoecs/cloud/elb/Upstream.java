package io.modeltoecs.cloud.elb;

import io.undertow.client.ClientConnection;
import io.undertow.client.UndertowClient;
import io.undertow.server.handlers.proxy.ConnectionPoolManager;
import io.undertow.server.handlers.proxy.ProxyClient;
import io.undertow.server.handlers.proxy.ProxyConnectionPool;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.xnio.OptionMap;

/** A listener's connections to one target of one group, and what went over them. */
final class Upstream implements ProxyClient.ProxyTarget {
    final String group;
    final Target target;
    final TrafficCounts counts;
    final AtomicInteger inFlight;
    final AtomicInteger mostInFlight;
    final ProxyConnectionPool connections;
    private final Set<ClientConnection> open = ConcurrentHashMap.newKeySet();

    /**
     * Connections to a target.
     *
     * @param idleSeconds how long one is kept that nothing goes over
     */
    Upstream(String group, Target target, int idleSeconds) {
        this(
                group,
                target,
                idleSeconds,
                new TrafficCounts(),
                new AtomicInteger(),
                new AtomicInteger());
    }

    private Upstream(
            String group,
            Target target,
            int idleSeconds,
            TrafficCounts counts,
            AtomicInteger inFlight,
            AtomicInteger mostInFlight) {
        this.group = group;
        this.target = target;
        this.counts = counts;
        this.inFlight = inFlight;
        this.mostInFlight = mostInFlight;
        URI uri = URI.create("http://" + target.id() + ":" + target.port());
        connections =
                new ProxyConnectionPool(
                        new KeepAlive(TimeUnit.SECONDS.toMillis(idleSeconds)),
                        uri,
                        UndertowClient.getInstance(),
                        OptionMap.EMPTY);
    }

    /** The same with new connections; those that are there end when they are idle. */
    Upstream keptFor(int idleSeconds) {
        return new Upstream(group, target, idleSeconds, counts, inFlight, mostInFlight);
    }

    void forwarded() {
        mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
    }

    /** Tells when a connection ends, whether anything goes over it or not. */
    void onEnd(ClientConnection connection, Runnable told) {
        if (open.add(connection)) {
            connection.addCloseListener(
                    c -> {
                        open.remove(connection);
                        told.run();
                    });
        }
    }

    /** As many connections as are needed at a time, each kept for its next use. */
    private record KeepAlive(long idleMillis) implements ConnectionPoolManager {

        @Override
        public long getTtl() {
            return idleMillis;
        }

        @Override
        public int getMaxConnections() {
            return Integer.MAX_VALUE;
        }

        @Override
        public int getMaxCachedConnections() {
            return Integer.MAX_VALUE;
        }

        @Override
        public int getSMaxConnections() {
            return 0;
        }

        @Override
        public int getMaxQueueSize() {
            return 0;
        }

        @Override
        public int getProblemServerRetry() {
            return -1;
        }

        // Whether a target is well is a matter of its health checks.
        @Override
        public boolean isAvailable() {
            return true;
        }

        @Override
        public boolean handleError() {
            return true;
        }

        @Override
        public boolean clearError() {
            return true;
        }
    }
}
