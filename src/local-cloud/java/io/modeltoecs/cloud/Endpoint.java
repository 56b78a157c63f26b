package io.modeltoecs.cloud;

import io.modeltoecs.cloud.api.Front;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** The HTTP server of all APIs. */
final class Endpoint implements AutoCloseable {
    private static final int THREADS = 200;
    private static final long STOP_MILLIS = 2000;

    private final Server server;

    private Endpoint(Server server) {
        this.server = server;
    }

    /** Opens a port on some addresses. */
    static Endpoint open(Front front, List<String> addresses, int port) throws IOException {
        Server server = new Server(new QueuedThreadPool(THREADS));
        HttpConfiguration configuration = new HttpConfiguration();
        // Object keys hold what a strict server refuses in a path, e.g. %2F and //.
        configuration.setHttpCompliance(HttpCompliance.LEGACY);
        configuration.setUriCompliance(UriCompliance.LEGACY);
        configuration.setHeaderCacheCaseSensitive(true);
        configuration.setSendServerVersion(false);
        for (String address : addresses) {
            ServerConnector connector =
                    new ServerConnector(server, new HttpConnectionFactory(configuration));
            connector.setHost(address);
            connector.setPort(port);
            server.addConnector(connector);
        }
        ServletContextHandler context = new ServletContextHandler();
        context.addServlet(new ServletHolder(new Adapter(front)), "/*");
        server.setHandler(context);
        server.setStopTimeout(STOP_MILLIS);
        try {
            server.start();
        } catch (Exception e) {
            throw new IOException("Cannot listen on port " + port + ": " + e.getMessage(), e);
        }
        return new Endpoint(server);
    }

    /** A servlet without the base class, which would have to be serializable. */
    private record Adapter(Front front) implements Servlet {

        @Override
        public void service(ServletRequest request, ServletResponse response) throws IOException {
            front.serve((HttpServletRequest) request, (HttpServletResponse) response);
        }

        @Override
        public void init(ServletConfig config) {
            // There is nothing to set up.
        }

        @Override
        public ServletConfig getServletConfig() {
            return null;
        }

        @Override
        public String getServletInfo() {
            return "AWS APIs";
        }

        @Override
        public void destroy() {
            // There is nothing to give back.
        }
    }

    @Override
    public void close() throws Exception {
        server.stop();
    }
}
