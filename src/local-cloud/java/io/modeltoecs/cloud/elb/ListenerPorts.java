package io.modeltoecs.cloud.elb;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.Json;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import java.util.LinkedHashMap;
import java.util.Map;

/** The open ports of listeners, each an HTTP reverse proxy on loopback. */
final class ListenerPorts implements AutoCloseable {
    // One thread moves all bytes of a listener: what it works with needs no lock.
    private static final int IO_THREADS = 1;
    private static final int WORKER_THREADS = 2;

    private final TargetGroups groups;
    private final Map<String, Open> open = new LinkedHashMap<>();

    private record Open(Undertow server, Balancer balancer) {}

    ListenerPorts(TargetGroups groups) {
        this.groups = groups;
    }

    /**
     * Opens a listener's port.
     *
     * @param idleSeconds how long a connection is kept that nothing goes over, and an answer is
     *     waited for
     * @throws AwsError where another program has it
     */
    synchronized void open(Listener listener, int idleSeconds) {
        Balancer balancer = new Balancer(listener, groups, idleSeconds);
        Undertow server =
                Undertow.builder()
                        .addHttpListener(listener.port, "127.0.0.1")
                        .setIoThreads(IO_THREADS)
                        .setWorkerThreads(WORKER_THREADS)
                        .setServerOption(UndertowOptions.ALWAYS_SET_KEEP_ALIVE, true)
                        .setHandler(balancer)
                        .build();
        try {
            server.start();
        } catch (RuntimeException e) {
            server.stop();
            throw AwsError.of(
                    "InvalidConfigurationRequest",
                    "Port "
                            + listener.port
                            + " on 127.0.0.1 cannot be opened: choose a free one ("
                            + e.getMessage()
                            + ")");
        }
        open.put(listener.arn, new Open(server, balancer));
    }

    /** Sets how long an open listener's connections are kept and answers are waited for. */
    synchronized void idleSeconds(String arn, int seconds) {
        Open one = open.get(arn);
        if (one != null) {
            one.balancer().idleSeconds(seconds);
        }
    }

    synchronized void close(String arn) {
        Open closed = open.remove(arn);
        if (closed != null) {
            closed.server().stop();
        }
    }

    /** What each listener counted. */
    synchronized ArrayNode counts() {
        ArrayNode all = Json.MAPPER.createArrayNode();
        open.values().forEach(o -> all.add(o.balancer().json()));
        return all;
    }

    @Override
    public synchronized void close() {
        open.values().forEach(o -> o.server().stop());
        open.clear();
    }
}
