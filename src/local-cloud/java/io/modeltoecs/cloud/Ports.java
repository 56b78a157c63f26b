package io.modeltoecs.cloud;

import io.modeltoecs.cloud.state.StateFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;

/**
 * The cloud's ports on 127.0.0.1. They are chosen once and kept: images carry the registry's port
 * in their names.
 *
 * @param api the endpoint of all APIs
 * @param registry the registry
 * @param service the listener of the load balancer that is there from the start
 */
record Ports(int api, int registry, int service) {
    private static final int FIRST = 20000;
    private static final int RANGE = 10000;

    /** The ports of before, or free ones near a place that differs between checkouts. */
    static Ports choose(Path file, String cloudId) throws IOException {
        StateFile kept = new StateFile(file);
        Ports ports = kept.load(Ports.class, () -> null);
        if (ports == null) {
            int start = FIRST + Math.floorMod(cloudId.hashCode(), RANGE);
            int api = free(start);
            int registry = free(api + 1);
            ports = new Ports(api, registry, free(registry + 1));
            kept.save(ports);
        }
        return ports;
    }

    private static int free(int from) throws IOException {
        for (int port = from; port < from + RANGE; port++) {
            if (isFree(port)) {
                return port;
            }
        }
        throw new IOException("No free port on 127.0.0.1 above " + from);
    }

    static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Fails where another program has one of them. */
    void requireFree() throws IOException {
        for (int port : new int[] {api, registry, service}) {
            if (!isFree(port)) {
                throw new IOException(
                        "Port "
                                + port
                                + " of 127.0.0.1, which this cloud has had from its first start,"
                                + " is taken by another program: end that, or run 'cloud clean'");
            }
        }
    }
}
