package io.modeltoecs.engine.http;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.http.auth.AuthScope;
import org.apache.http.auth.UsernamePasswordCredentials;
import org.apache.http.client.CredentialsProvider;
import org.apache.http.conn.routing.HttpRoutePlanner;
import org.apache.http.impl.client.BasicCredentialsProvider;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClientBuilder;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.impl.conn.SystemDefaultRoutePlanner;

/** Clients of Apache's library that take the way out, with logins for its proxies. */
public final class ApacheClients {
    private static final int CONNECTIONS = 64;
    private static final Map<Object, CloseableHttpClient> KEPT = new ConcurrentHashMap<>();

    private ApacheClients() {}

    /**
     * The client of this process for a way out, never closed: so its connections are kept from one
     * call of a controller to the next. It tries once, and follows nothing.
     */
    public static CloseableHttpClient kept(Outbound outbound) {
        return KEPT.computeIfAbsent(
                outbound.identity(),
                same ->
                        by(outbound)
                                .setMaxConnPerRoute(CONNECTIONS)
                                .setMaxConnTotal(CONNECTIONS)
                                .disableAutomaticRetries()
                                .disableRedirectHandling()
                                .disableContentCompression()
                                .disableCookieManagement()
                                .build());
    }

    /** To be completed. */
    public static HttpClientBuilder by(Outbound outbound) {
        HttpClientBuilder builder =
                HttpClients.custom()
                        .setRoutePlanner(routes(outbound))
                        .setDefaultCredentialsProvider(logins(outbound));
        outbound.tls().ifPresent(builder::setSSLContext);
        return builder;
    }

    public static HttpRoutePlanner routes(Outbound outbound) {
        return new SystemDefaultRoutePlanner(outbound.selector());
    }

    public static CredentialsProvider logins(Outbound outbound) {
        CredentialsProvider logins = new BasicCredentialsProvider();
        for (Outbound.Proxy proxy : outbound.proxies()) {
            if (proxy.user() != null) {
                logins.setCredentials(
                        new AuthScope(proxy.host(), proxy.port()),
                        new UsernamePasswordCredentials(proxy.user(), proxy.password()));
            }
        }
        return logins;
    }
}
