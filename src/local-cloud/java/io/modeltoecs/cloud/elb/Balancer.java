package io.modeltoecs.cloud.elb;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.state.Json;
import io.undertow.io.IoCallback;
import io.undertow.predicate.Predicates;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.ResponseCodeHandler;
import io.undertow.server.handlers.proxy.ProxyCallback;
import io.undertow.server.handlers.proxy.ProxyClient;
import io.undertow.server.handlers.proxy.ProxyConnection;
import io.undertow.server.handlers.proxy.ProxyHandler;
import io.undertow.util.AttachmentKey;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.xnio.IoUtils;

/**
 * What a listener does with requests, as an Application Load Balancer does it: each goes to one
 * target, once. Where that fails the client is told: 502 when the target refuses or breaks the
 * connection, 503 when there is no target, 504 when it takes no connection within 10 s or does not
 * begin to answer within the idle timeout. Connections to targets are kept for that time.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html">Troubleshoot
 *     your Application Load Balancers</a>
 */
final class Balancer implements HttpHandler, ProxyClient {
    private static final int CONNECT_SECONDS = 10;
    private static final AttachmentKey<Forwarded> FORWARDED = AttachmentKey.create(Forwarded.class);

    private final Listener listener;
    private final TargetGroups groups;
    private volatile int idleSeconds;
    private final TrafficCounts counts = new TrafficCounts();
    private final Map<String, Upstream> upstreams = new ConcurrentHashMap<>();
    private final HttpHandler proxy =
            ProxyHandler.builder()
                    .setProxyClient(this)
                    .setMaxConnectionRetries(0)
                    .setIdempotentRequestPredicate(Predicates.falsePredicate())
                    .setNext(ResponseCodeHandler.HANDLE_500)
                    .build();

    /** A request on its way. Only the listener's one IO thread works with it. */
    private static final class Forwarded {
        final Upstream upstream;
        ProxyConnection connection;
        boolean timedOut;
        boolean refused;

        Forwarded(Upstream upstream) {
            this.upstream = upstream;
        }
    }

    Balancer(Listener listener, TargetGroups groups, int idleSeconds) {
        this.idleSeconds = idleSeconds;
        this.listener = listener;
        this.groups = groups;
    }

    /** From now on connections are kept, and answers waited for, so long. */
    void idleSeconds(int seconds) {
        idleSeconds = seconds;
        upstreams.replaceAll((key, upstream) -> upstream.keptFor(seconds));
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        counts.request();
        Rule rule = listener.ruleFor(exchange);
        Rule.FixedResponse response = rule.fixedResponse;
        if (response != null) {
            exchange.setStatusCode(response.status);
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, response.contentType);
            exchange.getResponseSender().send(response.body);
            return;
        }
        String group = choose(rule.targetGroupWeights);
        Optional<Target> target = group == null ? Optional.empty() : groups.next(group);
        if (target.isEmpty()) {
            counts.refused(StatusCodes.SERVICE_UNAVAILABLE);
            tell(exchange, StatusCodes.SERVICE_UNAVAILABLE);
        } else {
            forward(exchange, upstream(group, target.get()));
        }
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

    private Upstream upstream(String group, Target target) {
        String key = group + " " + target.id() + ":" + target.port();
        return upstreams.computeIfAbsent(
                key,
                k -> {
                    forgetGone();
                    return new Upstream(group, target, idleSeconds);
                });
    }

    private void forgetGone() {
        for (Iterator<Upstream> all = upstreams.values().iterator(); all.hasNext(); ) {
            Upstream one = all.next();
            if (!groups.isRegistered(one.group, one.target) && one.inFlight.get() == 0) {
                one.connections.close();
                all.remove();
            }
        }
    }

    private void forward(HttpServerExchange exchange, Upstream upstream) throws Exception {
        Forwarded forwarded = new Forwarded(upstream);
        exchange.putAttachment(FORWARDED, forwarded);
        upstream.counts.request();
        upstream.forwarded();
        exchange.addDefaultResponseListener(Balancer::tellFailure);
        exchange.addExchangeCompleteListener(
                (done, next) -> {
                    count(done, forwarded);
                    next.proceed();
                });
        after(CONNECT_SECONDS, exchange, () -> forwarded.connection == null);
        after(idleSeconds, exchange, () -> true);
        proxy.handleRequest(exchange);
    }

    /** What the proxy gives up at is told as a load balancer does. */
    private static boolean tellFailure(HttpServerExchange exchange) {
        Forwarded forwarded = exchange.getAttachment(FORWARDED);
        forwarded.refused = true;
        tell(exchange, forwarded.timedOut ? StatusCodes.GATEWAY_TIME_OUT : StatusCodes.BAD_GATEWAY);
        return true;
    }

    private static void tell(HttpServerExchange exchange, int status) {
        String text = status + " " + StatusCodes.getReason(status);
        exchange.setStatusCode(status);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/html");
        exchange.getResponseSender()
                .send(
                        "<html><head><title>%1$s</title></head><body><center><h1>%1$s</h1></center></body></html>\n"
                                .formatted(text),
                        IoCallback.END_EXCHANGE);
    }

    private void count(HttpServerExchange exchange, Forwarded forwarded) {
        Upstream upstream = forwarded.upstream;
        upstream.inFlight.decrementAndGet();
        int status = exchange.getStatusCode();
        if (forwarded.refused) {
            counts.refused(status);
        } else if (exchange.isResponseStarted()) {
            counts.answered(status);
            upstream.counts.answered(status);
        }
    }

    private interface Condition {
        boolean holds();
    }

    /**
     * Gives a request up that was not answered in time; one whose body still comes is waited for.
     */
    private static void after(int seconds, HttpServerExchange exchange, Condition condition) {
        exchange.getIoThread()
                .executeAfter(
                        () -> {
                            if (exchange.isComplete()
                                    || exchange.isResponseStarted()
                                    || !condition.holds()) {
                                return;
                            }
                            if (exchange.isRequestComplete()) {
                                timeOut(exchange);
                            } else {
                                after(seconds, exchange, condition);
                            }
                        },
                        seconds,
                        TimeUnit.SECONDS);
    }

    private static void timeOut(HttpServerExchange exchange) {
        Forwarded forwarded = exchange.getAttachment(FORWARDED);
        forwarded.timedOut = true;
        if (forwarded.connection != null) {
            IoUtils.safeClose(forwarded.connection.getConnection());
        }
        exchange.endExchange();
    }

    @Override
    public ProxyTarget findTarget(HttpServerExchange exchange) {
        return exchange.getAttachment(FORWARDED).upstream;
    }

    @Override
    public void getConnection(
            ProxyTarget target,
            HttpServerExchange exchange,
            ProxyCallback<ProxyConnection> callback,
            long timeout,
            TimeUnit unit) {
        Upstream upstream = (Upstream) target;
        upstream.connections.connect(
                target, exchange, new Connecting(callback), timeout, unit, false);
    }

    private final class Connecting implements ProxyCallback<ProxyConnection> {
        private final ProxyCallback<ProxyConnection> next;

        Connecting(ProxyCallback<ProxyConnection> next) {
            this.next = next;
        }

        @Override
        public void completed(HttpServerExchange exchange, ProxyConnection connection) {
            Forwarded forwarded = exchange.getAttachment(FORWARDED);
            if (forwarded.timedOut) {
                IoUtils.safeClose(connection.getConnection());
                return;
            }
            forwarded.connection = connection;
            forwarded.upstream.onEnd(connection.getConnection(), groups::connectionEnded);
            next.completed(exchange, connection);
        }

        @Override
        public void failed(HttpServerExchange exchange) {
            Forwarded forwarded = exchange.getAttachment(FORWARDED);
            counts.connectionError();
            forwarded.upstream.counts.connectionError();
            groups.connectionEnded();
            if (!forwarded.timedOut) {
                next.failed(exchange);
            }
        }

        @Override
        public void queuedRequestFailed(HttpServerExchange exchange) {
            failed(exchange);
        }

        @Override
        public void couldNotResolveBackend(HttpServerExchange exchange) {
            failed(exchange);
        }
    }

    /** What was counted since the listener's port was opened. */
    ObjectNode json() {
        ObjectNode json = Json.object().put("listenerArn", listener.arn).put("port", listener.port);
        json.setAll(counts.json());
        ArrayNode targets = json.putArray("targets");
        for (Upstream one : upstreams.values()) {
            targets.addObject()
                    .put("targetGroupArn", one.group)
                    .put("id", one.target.id())
                    .put("port", one.target.port())
                    .put("state", groups.health(one.group, one.target).state())
                    .put("inFlight", one.inFlight.get())
                    .put("mostInFlight", one.mostInFlight.get())
                    .setAll(one.counts.json());
        }
        return json;
    }
}
