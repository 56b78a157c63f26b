package io.modeltoecs.cloud.elb;

import io.modeltoecs.cloud.api.AwsError;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** The open ports of listeners, each an HTTP reverse proxy on loopback. */
final class ListenerPorts implements AutoCloseable {
    private static final int IO_THREADS = 2;
    private static final int WORKER_THREADS = 8;

    private final TargetGroups groups;
    private final Map<String, Undertow> open = new HashMap<>();

    ListenerPorts(TargetGroups groups) {
        this.groups = groups;
    }

    /**
     * Opens a listener's port.
     *
     * @throws AwsError where another program has it
     */
    synchronized void open(Listener listener) {
        HttpHandler handler =
                exchange -> {
                    Rule rule = listener.ruleFor(exchange);
                    Rule.FixedResponse response = rule.fixedResponse;
                    String group = choose(rule.targetGroupWeights);
                    if (response != null) {
                        exchange.setStatusCode(response.status);
                        exchange.getResponseHeaders()
                                .put(Headers.CONTENT_TYPE, response.contentType);
                        exchange.getResponseSender().send(response.body);
                    } else if (group == null || !groups.exists(group)) {
                        exchange.setStatusCode(StatusCodes.SERVICE_UNAVAILABLE);
                    } else {
                        groups.handler(group).handleRequest(exchange);
                    }
                };
        Undertow server =
                Undertow.builder()
                        .addHttpListener(listener.port, "127.0.0.1")
                        .setIoThreads(IO_THREADS)
                        .setWorkerThreads(WORKER_THREADS)
                        .setServerOption(UndertowOptions.ALWAYS_SET_KEEP_ALIVE, true)
                        .setHandler(handler)
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
        open.put(listener.arn, server);
    }

    private static String choose(Map<String, Integer> weights) {
        int total = weights.values().stream().mapToInt(Integer::intValue).sum();
        if (total <= 0) {
            return null;
        }
        int ticket = ThreadLocalRandom.current().nextInt(total);
        for (Map.Entry<String, Integer> group : weights.entrySet()) {
            ticket -= group.getValue();
            if (ticket < 0) {
                return group.getKey();
            }
        }
        return null;
    }

    synchronized void close(String arn) {
        Undertow server = open.remove(arn);
        if (server != null) {
            server.stop();
        }
    }

    @Override
    public synchronized void close() {
        open.values().forEach(Undertow::stop);
        open.clear();
    }
}
