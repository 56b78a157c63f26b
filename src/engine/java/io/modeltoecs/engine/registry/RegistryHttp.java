package io.modeltoecs.engine.registry;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.ApacheClients;
import io.modeltoecs.engine.http.Outbound;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.http.Header;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpUriRequest;
import org.apache.http.client.methods.RequestBuilder;
import org.apache.http.impl.client.CloseableHttpClient;

/**
 * HTTP to a registry: with TLS and a certificate that is trusted, but plain to a registry of this
 * machine that speaks nothing else, or to one whose user says so.
 */
final class RegistryHttp implements AutoCloseable {
    private static final int CONNECT_MILLIS = 10_000;
    // A registry may hash a blob of gigabytes before it answers
    private static final int ANSWER_MILLIS = 300_000;
    private static final int CONNECTIONS = 8;
    private static final int LONGEST_ERROR_BYTES = 10_000;
    private static final String PLAIN = "http://";

    private final CloseableHttpClient client;
    private final ExecutorService threads = Executors.newCachedThreadPool(RegistryHttp::daemon);
    private final URI root;

    /**
     * @param registry host and port, after {@code http://} where it is to be spoken to without TLS
     */
    RegistryHttp(String registry, Outbound outbound) throws IOException {
        this.client =
                ApacheClients.by(outbound)
                        .setMaxConnPerRoute(CONNECTIONS)
                        .setMaxConnTotal(2 * CONNECTIONS)
                        .setUserAgent("model-to-ecs")
                        .disableAutomaticRetries()
                        .disableRedirectHandling()
                        .disableContentCompression()
                        .disableCookieManagement()
                        .build();
        try {
            this.root = root(registry);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Whether it is spoken to without TLS. */
    boolean isPlain() {
        return root.getScheme().equals("http");
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "registry");
        thread.setDaemon(true);
        return thread;
    }

    private URI root(String registry) throws IOException {
        if (registry.startsWith(PLAIN)) {
            return URI.create(registry);
        }
        URI tls = URI.create("https://" + registry);
        URI plain = URI.create(PLAIN + registry);
        return Outbound.isThisMachine(tls.getHost()) && speaksPlainHttp(plain) ? plain : tls;
    }

    private boolean speaksPlainHttp(URI uri) throws IOException {
        RequestConfig hurry =
                RequestConfig.custom()
                        .setConnectTimeout(CONNECT_MILLIS)
                        .setSocketTimeout(CONNECT_MILLIS)
                        .build();
        try (CloseableHttpResponse answer =
                client.execute(RequestBuilder.get(uri.resolve("/v2/")).setConfig(hurry).build())) {
            // Servers that speak TLS answer 400, or nothing that is HTTP
            return answer.getStatusLine().getStatusCode() != 400;
        } catch (ConnectException | SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            return false;
        }
    }

    /** The URI of a path below the registry's root. */
    URI at(String path) {
        return root.resolve(path);
    }

    /**
     * Sends a request. When the thread that waits is interrupted, the request is given up.
     *
     * @return the answer, whatever its status; to be closed
     */
    CloseableHttpResponse send(RequestBuilder builder) throws IOException {
        RequestConfig.Builder config =
                RequestConfig.custom()
                        .setConnectTimeout(CONNECT_MILLIS)
                        .setConnectionRequestTimeout(ANSWER_MILLIS)
                        .setSocketTimeout(ANSWER_MILLIS);
        HttpUriRequest request = builder.setConfig(config.build()).build();
        Future<CloseableHttpResponse> answer = threads.submit(() -> client.execute(request));
        try {
            return answer.get();
        } catch (InterruptedException e) {
            request.abort();
            throw new CancellationException();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            if (e.getCause() instanceof StepException told) {
                throw told; // of where the request's body comes from
            }
            throw new IOException(e.getCause());
        }
    }

    /** An answer as an exception. */
    static RegistryAnswer failure(CloseableHttpResponse answer) throws IOException {
        String content = "";
        if (answer.getEntity() != null) {
            try (InputStream in = answer.getEntity().getContent()) {
                content = new String(in.readNBytes(LONGEST_ERROR_BYTES), StandardCharsets.UTF_8);
            }
        }
        Header retryAfter = answer.getFirstHeader("Retry-After");
        boolean seconds = retryAfter != null && retryAfter.getValue().matches("[0-9]{1,6}");
        return new RegistryAnswer(
                answer.getStatusLine().getStatusCode(),
                content,
                seconds ? Long.parseLong(retryAfter.getValue()) : -1);
    }

    /** Ends what is still on its way, too. */
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            client.close();
        } catch (IOException e) {
            // nothing more to do with it
        }
    }
}
