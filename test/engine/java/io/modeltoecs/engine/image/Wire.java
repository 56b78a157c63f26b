package io.modeltoecs.engine.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** A wire before a server of this machine: counts what goes up, and breaks in the middle of it. */
final class Wire implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final int port;
    private final AtomicLong up = new AtomicLong();
    private final AtomicLong left;

    /**
     * @param breakAfter how many bytes go up before it breaks, once
     */
    Wire(int port, long breakAfter) throws IOException {
        this.port = port;
        this.left = new AtomicLong(breakAfter);
        threads.execute(
                () -> {
                    while (!socket.isClosed()) {
                        try {
                            connect(socket.accept());
                        } catch (IOException e) {
                            // the end
                        }
                    }
                });
    }

    String host() {
        return "127.0.0.1:" + socket.getLocalPort();
    }

    /** How many bytes the server got. */
    long up() {
        return up.get();
    }

    private void connect(Socket client) throws IOException {
        Socket server = new Socket("127.0.0.1", port);
        threads.execute(() -> copy(client, server, true));
        threads.execute(() -> copy(server, client, false));
    }

    private void copy(Socket from, Socket to, boolean upward) {
        byte[] buffer = new byte[1 << 14];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (upward) {
                    up.addAndGet(n);
                    if (left.getAndAdd(-n) > 0 && left.get() <= 0) {
                        return;
                    }
                    out.write(buffer, 0, n);
                } else {
                    // redirections name the server as they know it
                    out.write(
                            new String(buffer, 0, n, StandardCharsets.ISO_8859_1)
                                    .replace("127.0.0.1:" + port, host())
                                    .getBytes(StandardCharsets.ISO_8859_1));
                }
            }
        } catch (IOException e) {
            // one side went away
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
        threads.shutdownNow();
    }
}
