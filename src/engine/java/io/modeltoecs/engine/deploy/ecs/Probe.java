package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLException;

/**
 * Sends single HTTP requests, each over a connection of its own, so that a load balancer spreads
 * them. Where a build names the address, it isn't to reach what only this machine can: the metadata
 * service of a cloud, which hands out keys, or what listens on this machine alone.
 */
final class Probe {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration READ = Duration.ofSeconds(10);
    private static final int MAX_BYTES = 1024 * 1024;

    /** The metadata service of EC2 by IPv6; its other address is link-local. */
    private static final byte[] METADATA = {
        (byte) 0xfd, 0, 0x0e, (byte) 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54
    };

    private final boolean loopback;

    /**
     * @param loopback whether this machine itself may be asked
     */
    Probe(boolean loopback) {
        this.loopback = loopback;
    }

    /**
     * One that may ask this machine itself where AWS is there too: a local cloud.
     *
     * @param endpoint of AWS, or null
     */
    static Probe beside(String endpoint) {
        try {
            return new Probe(
                    endpoint != null
                            && InetAddress.getByName(URI.create(endpoint).getHost())
                                    .isLoopbackAddress());
        } catch (UnknownHostException e) {
            return new Probe(false);
        }
    }

    /** What was answered; at most 1 MB of it. */
    record Answer(int status, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /**
     * Sends a request.
     *
     * @param body or null
     * @throws IOException if nothing is answered
     * @throws StepException if the address may not be asked
     */
    Answer send(URI url, String method, Map<String, String> headers, String body)
            throws IOException {
        refuse(url);
        HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
        try {
            connection.setInstanceFollowRedirects(false);
            connection.setConnectTimeout((int) CONNECT.toMillis());
            connection.setReadTimeout((int) READ.toMillis());
            connection.setRequestMethod(method);
            connection.setRequestProperty("Connection", "close");
            connection.setRequestProperty("User-Agent", "model-to-ecs");
            if (body != null) {
                connection.setRequestProperty("Content-Type", "application/json");
            }
            headers.forEach(connection::setRequestProperty);
            if (body != null) {
                connection.setDoOutput(true);
                try (OutputStream out = connection.getOutputStream()) {
                    out.write(body.getBytes(StandardCharsets.UTF_8));
                }
            }
            int status = connection.getResponseCode();
            try (InputStream in =
                    status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
                return new Answer(status, in == null ? new byte[0] : in.readNBytes(MAX_BYTES));
            }
        } finally {
            connection.disconnect();
        }
    }

    /**
     * Why nothing can be reached at an address, whatever the service behind it does, or null.
     *
     * @throws StepException if the address may not be asked
     */
    String unreachable(URI url) {
        try {
            send(url, "GET", Map.of(), null);
            return null;
        } catch (UnknownHostException e) {
            return "there is no host " + url.getHost();
        } catch (ConnectException | NoRouteToHostException | SSLException e) {
            return e.getMessage();
        } catch (SocketTimeoutException e) {
            // "Connect timed out"; a slow answer is one
            return e.getMessage().toLowerCase(Locale.ROOT).startsWith("connect")
                    ? e.getMessage()
                    : null;
        } catch (IOException e) {
            // a connection that was closed again: something is there
            return null;
        }
    }

    private void refuse(URI url) throws UnknownHostException {
        for (InetAddress address : InetAddress.getAllByName(url.getHost())) {
            boolean here = address.isLoopbackAddress() || address.isAnyLocalAddress();
            if (address.isLinkLocalAddress()
                    || Arrays.equals(address.getAddress(), METADATA)
                    || here && !loopback) {
                throw new StepException(
                        "verify: '%s' is an address of this machine's own (%s), which can't be asked"
                                .formatted(url, address.getHostAddress()));
            }
        }
    }
}
