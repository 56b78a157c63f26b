package io.jenkins.plugins.modeltoecs;

import hudson.ProxyConfiguration;
import hudson.util.Secret;
import io.modeltoecs.engine.http.Outbound;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jenkins.model.Jenkins;

/** Jenkins' proxy, as Manage Jenkins has it, for what this plugin's steps reach. */
final class WayOut {
    private WayOut() {}

    /** The controller's own: Jenkins' proxy, else its environment's; nothing of a build. */
    static Outbound ofController() {
        Map<String, String> environment = new HashMap<>(System.getenv());
        ProxyConfiguration proxy = Jenkins.get().getProxy();
        if (proxy != null) {
            environment.keySet().removeIf(WayOut::isProxy);
            environment.putAll(variables(proxy));
        }
        return Outbound.of(environment);
    }

    /**
     * Gives a build's environment Jenkins' proxy, unless it names one itself; never its password,
     * which a build could read.
     */
    static void complete(Map<String, String> environment) {
        ProxyConfiguration proxy = Jenkins.get().getProxy();
        if (proxy != null
                && user(proxy) == null
                && environment.keySet().stream().noneMatch(WayOut::isProxy)) {
            environment.putAll(variables(proxy));
        }
    }

    private static boolean isProxy(String variable) {
        return variable.equalsIgnoreCase("HTTPS_PROXY")
                || variable.equalsIgnoreCase("HTTP_PROXY")
                || variable.equalsIgnoreCase("NO_PROXY");
    }

    private static String user(ProxyConfiguration proxy) {
        String user = proxy.getUserName();
        return user == null || user.isBlank() ? null : user;
    }

    private static Map<String, String> variables(ProxyConfiguration proxy) {
        String hosts = proxy.getNoProxyHost();
        Secret password = proxy.getSecretPassword();
        return Outbound.variables(
                new Outbound.Proxy(
                        proxy.getName(),
                        proxy.getPort(),
                        user(proxy),
                        password == null ? null : password.getPlainText()),
                hosts == null ? List.of() : List.of(hosts.trim().split("[\\s,|]+")));
    }
}
