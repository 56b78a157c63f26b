package io.modeltoecs.engine.model;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A package index of one package, which asks for a password. */
final class PackageIndex implements AutoCloseable {
    private final HttpServer server;
    private final BasicAuthenticator login;

    PackageIndex(String user, String password) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        login =
                new BasicAuthenticator("packages") {
                    @Override
                    public boolean checkCredentials(String givenUser, String givenPassword) {
                        return givenUser.equals(user) && givenPassword.equals(password);
                    }
                };
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/simple/";
    }

    void serve(Path wheel) throws IOException {
        String file = wheel.getFileName().toString();
        content("/simple/toy-lib/", "text/html", "<a href=\"/files/%1$s\">%1$s</a>".formatted(file).getBytes(StandardCharsets.UTF_8));
        content("/files/" + file, "application/octet-stream", Files.readAllBytes(wheel));
    }

    private void content(String path, String type, byte[] content) {
        server.createContext(
                        path,
                        exchange -> {
                            exchange.getResponseHeaders().set("Content-Type", type);
                            exchange.sendResponseHeaders(200, content.length);
                            exchange.getResponseBody().write(content);
                            exchange.close();
                        })
                .setAuthenticator(login);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
