package io.modeltoecs.engine.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A proxy that wants a login and tunnels, whatever host is asked for, to one port of this machine.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#name-connect">CONNECT</a>
 */
public final class ConnectProxy implements AutoCloseable {
    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final String authorization;
    private final int target;

    /** Host and port of each tunnel. */
    public final List<String> tunnels = Collections.synchronizedList(new ArrayList<>());

    /**
     * @param authorization the header's value without which it answers 407
     */
    public ConnectProxy(int target, String authorization) throws IOException {
        this.target = target;
        this.authorization = authorization;
        start(
                () -> {
                    while (true) {
                        Socket client = listening.accept();
                        start(() -> serve(client));
                    }
                });
    }

    public int port() {
        return listening.getLocalPort();
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work) {
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                work.run();
                            } catch (IOException e) {
                                // one side has closed
                            }
                        });
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket client) throws IOException {
        try (client) {
            BufferedReader head =
                    new BufferedReader(
                            new InputStreamReader(
                                    client.getInputStream(), StandardCharsets.ISO_8859_1));
            String request = head.readLine();
            boolean allowed = false;
            for (String line = head.readLine(); !line.isEmpty(); line = head.readLine()) {
                allowed |= line.equalsIgnoreCase("Proxy-Authorization: " + authorization);
            }
            OutputStream answer = client.getOutputStream();
            if (!allowed || !request.startsWith("CONNECT ")) {
                answer.write(
                        "HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"p\"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                                .getBytes(StandardCharsets.ISO_8859_1));
                return;
            }
            tunnels.add(request.split(" ")[1]);
            try (Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
                answer.write(
                        "HTTP/1.1 200 Connected\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
                start(() -> client.getInputStream().transferTo(server.getOutputStream()));
                server.getInputStream().transferTo(answer);
            }
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
