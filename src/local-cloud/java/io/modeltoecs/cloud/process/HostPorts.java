package io.modeltoecs.cloud.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Which ports of this machine the programs of containers listen on. */
final class HostPorts {

    private HostPorts() {}

    /**
     * Ports for container ports: the first one is what PORT says, and the same number where that is
     * free; others can't be moved.
     *
     * @param wanted e.g. {@code 8080/tcp}
     * @param taken what other containers have, free though it may seem until they listen
     */
    static Map<String, Integer> choose(List<String> wanted, Map<Integer, String> taken)
            throws IOException {
        Map<String, Integer> chosen = new LinkedHashMap<>();
        for (String port : wanted) {
            int own = Integer.parseInt(port.substring(0, port.indexOf('/')));
            boolean movable = chosen.isEmpty() && port.endsWith("/tcp");
            boolean free = !taken.containsKey(own) && isFree(own);
            chosen.put(port, free || !movable ? own : another(taken));
        }
        return chosen;
    }

    private static int another(Map<Integer, String> taken) throws IOException {
        while (true) {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                if (!taken.containsKey(socket.getLocalPort())) {
                    return socket.getLocalPort();
                }
            }
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new java.net.InetSocketAddress(port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** A command that asks localhost at a container port asks where that is here. */
    static String translate(String argument, Map<String, Integer> published) {
        String text = argument;
        for (Map.Entry<String, Integer> port : published.entrySet()) {
            String own = port.getKey().substring(0, port.getKey().indexOf('/'));
            text =
                    Pattern.compile("\\b(localhost|127\\.0\\.0\\.1):" + own + "\\b")
                            .matcher(text)
                            .replaceAll("$1:" + port.getValue());
        }
        return text;
    }
}
