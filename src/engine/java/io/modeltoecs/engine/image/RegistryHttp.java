package io.modeltoecs.engine.image;

import com.google.cloud.tools.jib.http.FailoverHttpClient;
import com.google.cloud.tools.jib.http.Request;
import com.google.cloud.tools.jib.http.Response;
import java.io.IOException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URL;
import java.net.UnknownHostException;

/**
 * HTTP to a registry: with TLS and a certificate that is trusted, but plain to a registry of this
 * machine that speaks nothing else.
 */
final class RegistryHttp extends FailoverHttpClient {
    private static final int CONNECT_MILLIS = 10_000;

    private final boolean plain;

    private RegistryHttp(boolean plain) {
        super(plain, plain, event -> {});
        this.plain = plain;
    }

    /**
     * Finds out what a registry speaks. jib would try for minutes to reach one that isn't there.
     *
     * @param registry host and port
     * @throws IOException if it isn't there
     */
    static RegistryHttp to(String registry) throws IOException {
        URI uri = URI.create("https://" + registry);
        if (isThisMachine(uri.getHost())) {
            return new RegistryHttp(speaksPlainHttp(registry));
        }
        ProxySelector proxies = ProxySelector.getDefault();
        if (proxies == null || proxies.select(uri).contains(Proxy.NO_PROXY)) {
            reach(uri.getHost(), uri.getPort() < 0 ? 443 : uri.getPort());
        }
        return new RegistryHttp(false);
    }

    private static boolean isThisMachine(String host) {
        return host.equals("localhost") || host.matches("127\\.[0-9.]+") || host.equals("[::1]");
    }

    private static void reach(String host, int port) throws IOException {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new UnknownHostException(host);
        }
        try (Socket socket = new Socket()) {
            socket.connect(address, CONNECT_MILLIS);
        }
    }

    private static boolean speaksPlainHttp(String registry) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection)
                        URI.create("http://" + registry + "/v2/")
                                .toURL()
                                .openConnection(Proxy.NO_PROXY);
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setReadTimeout(CONNECT_MILLIS);
        try {
            // Servers that speak TLS answer 400, or nothing that is HTTP
            return connection.getResponseCode() != 400;
        } catch (ConnectException | SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            return false;
        } finally {
            connection.disconnect();
        }
    }

    @Override
    public Response call(String method, URL url, Request request) throws IOException {
        return super.call(method, plain ? withoutTls(url) : url, request);
    }

    private static URL withoutTls(URL url) throws IOException {
        return new URL("http", url.getHost(), url.getPort(), url.getFile());
    }
}
