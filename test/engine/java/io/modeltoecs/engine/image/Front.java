package io.modeltoecs.engine.image;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.Executors;

/** A server before the registry that answers some requests itself. */
final class Front implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final String registry;
    private final HttpServer server;
    String retryAfter = "0";

    /** Not an answer: the connection ends. */
    static final int CUT = -1;

    interface Fault {
        /** A status to answer with, 0 to pass the request on, or {@link #CUT}. */
        int of(HttpExchange exchange) throws Exception;
    }

    /**
     * @param registry host and port of the registry behind it
     */
    Front(String registry, Fault fault) throws IOException {
        this.registry = registry;
        server =
                HttpServer.create(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", exchange -> answer(exchange, fault));
        server.start();
    }

    String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange, Fault fault) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            int status = fault.of(exchange);
            if (status == CUT) {
                return;
            }
            if (status != 0) {
                exchange.getResponseHeaders().add("Retry-After", retryAfter);
                exchange.sendResponseHeaders(status, -1);
                return;
            }
            String target = "http://" + registry + exchange.getRequestURI();
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(target));
            for (String name : List.of("Authorization", "Accept", "Content-Type")) {
                exchange.getRequestHeaders()
                        .getOrDefault(name, List.of())
                        .forEach(value -> request.header(name, value));
            }
            request.method(
                    exchange.getRequestMethod(),
                    HttpRequest.BodyPublishers.ofByteArray(body));
            HttpResponse<byte[]> answer =
                    http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            for (String name : List.of("Location", "Range", "Content-Type", "Docker-Content-Digest", "WWW-Authenticate")) {
                answer.headers()
                        .allValues(name)
                        .forEach(
                                value ->
                                        exchange.getResponseHeaders()
                                                .add(
                                                        name,
                                                        value.replace(
                                                                registry, host())));
            }
            exchange.sendResponseHeaders(
                    answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
            if (answer.body().length > 0) {
                exchange.getResponseBody().write(answer.body());
            }
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
