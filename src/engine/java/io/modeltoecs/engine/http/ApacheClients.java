package io.modeltoecs.engine.http;

import org.apache.http.auth.AuthScope;
import org.apache.http.auth.UsernamePasswordCredentials;
import org.apache.http.client.CredentialsProvider;
import org.apache.http.conn.routing.HttpRoutePlanner;
import org.apache.http.impl.client.BasicCredentialsProvider;
import org.apache.http.impl.client.HttpClientBuilder;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.impl.conn.SystemDefaultRoutePlanner;

/** Clients of Apache's library that take the way out, with logins for its proxies. */
public final class ApacheClients {
    private ApacheClients() {}

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
