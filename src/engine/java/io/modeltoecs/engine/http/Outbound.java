package io.modeltoecs.engine.http;

import io.modeltoecs.engine.StepException;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * The way out of this machine: proxies ({@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code NO_PROXY},
 * in either case) and certificates of a private CA. One rule for whatever speaks HTTP: the clients
 * of registries and of AWS, and pip, uv and git, which get it by {@link #complete}.
 */
public final class Outbound implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Variables that name a file of certificates, the one that counts most first. */
    private static final List<String> CERTIFICATES =
            List.of(
                    "SSL_CERT_FILE",
                    "REQUESTS_CA_BUNDLE",
                    "CURL_CA_BUNDLE",
                    "PIP_CERT",
                    "GIT_SSL_CAINFO",
                    "AWS_CA_BUNDLE");

    private static final List<String> PROXIES = List.of("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY");

    /** The variables that count in an environment that is complete. */
    private static final Set<String> SETTINGS =
            Set.of("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", CERTIFICATES.get(0));

    // The system's hundred certificates take some milliseconds, each step and each client of AWS
    private static volatile Known last;

    private final HashMap<String, String> settings;
    private transient Optional<SSLContext> tls;

    /**
     * A proxy.
     *
     * @param user or null
     * @param password or null
     */
    public record Proxy(String host, int port, String user, String password) {
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    private Outbound(Map<String, String> settings) {
        this.settings = new HashMap<>(settings);
        this.settings.keySet().retainAll(SETTINGS);
    }

    /** What an environment says. */
    public static Outbound of(Map<String, String> environment) {
        return new Outbound(complete(environment));
    }

    /**
     * An environment in which every program finds the same proxies and certificates: some read only
     * the lower case, some only the upper, and each has a variable of its own for certificates.
     */
    public static Map<String, String> complete(Map<String, String> environment) {
        Map<String, String> complete = new HashMap<>(environment);
        for (String name : PROXIES) {
            String lower = name.toLowerCase(Locale.ROOT);
            String value =
                    given(environment, lower).or(() -> given(environment, name)).orElse(null);
            if (value != null) {
                complete.put(name, value);
                complete.put(lower, value);
            }
        }
        CERTIFICATES.stream()
                .flatMap(name -> given(environment, name).stream())
                .findFirst()
                .ifPresent(file -> CERTIFICATES.forEach(name -> complete.putIfAbsent(name, file)));
        return complete;
    }

    /**
     * The variables that say what an administrator has set otherwise.
     *
     * @param direct hosts that are reached without the proxy, as {@code NO_PROXY} has them
     */
    public static Map<String, String> variables(Proxy proxy, List<String> direct) {
        String login =
                proxy.user() == null
                        ? ""
                        : encode(proxy.user())
                                + (proxy.password() == null ? "" : ":" + encode(proxy.password()))
                                + "@";
        String url = "http://" + login + proxy;
        return Map.of("HTTPS_PROXY", url, "HTTP_PROXY", url, "NO_PROXY", String.join(",", direct));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static Optional<String> given(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }

    /** The proxy for a URI, or nothing where there is none or it isn't to be used. */
    public Optional<Proxy> proxy(URI target) {
        return isDirect(target)
                ? Optional.empty()
                : named(target.getScheme().equals("http") ? "HTTP_PROXY" : "HTTPS_PROXY");
    }

    private Optional<Proxy> named(String variable) {
        Optional<String> value = given(settings, variable);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        String text = value.get().contains("://") ? value.get() : "http://" + value.get();
        try {
            URI uri = URI.create(text);
            if (uri.getHost() == null) {
                throw new IllegalArgumentException();
            }
            String[] login = uri.getRawUserInfo() == null ? null : uri.getRawUserInfo().split(":");
            return Optional.of(
                    new Proxy(
                            uri.getHost(),
                            uri.getPort() < 0 ? 80 : uri.getPort(),
                            login == null ? null : decode(login[0]),
                            login == null || login.length < 2 ? null : decode(login[1])));
        } catch (IllegalArgumentException e) {
            // may hold a password
            throw new StepException(
                    variable + " isn't a URL, as http://user:password@proxy.example.com:3128");
        }
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private boolean isDirect(URI target) {
        String host = target.getHost().toLowerCase(Locale.ROOT);
        if (isThisMachine(host)) {
            return true;
        }
        String names = given(settings, "NO_PROXY").orElse("").toLowerCase(Locale.ROOT);
        return Arrays.stream(names.split("[,\\s]+"))
                .filter(name -> !name.isEmpty())
                .anyMatch(name -> name.equals("*") || covers(name, host, target.getPort()));
    }

    /** As curl has it: a name stands for itself and for what is below it. */
    private static boolean covers(String name, String host, int port) {
        String plain = name.replaceFirst("^\\*?\\.", "");
        int colon = plain.lastIndexOf(':');
        if (colon > 0 && plain.substring(colon + 1).matches("[0-9]+")) {
            if (!plain.substring(colon + 1).equals(Integer.toString(port))) {
                return false;
            }
            plain = plain.substring(0, colon);
        }
        if (plain.matches("[0-9.]+/[0-9]{1,2}") && host.matches("[0-9]+(\\.[0-9]+){3}")) {
            int bits = Integer.parseInt(plain.substring(plain.indexOf('/') + 1));
            long mask = bits == 0 ? 0 : 0xffffffffL << (32 - bits);
            String network = plain.substring(0, plain.indexOf('/'));
            return (address(network) & mask) == (address(host) & mask);
        }
        if (plain.contains("*")) {
            // as Jenkins has it
            String parts =
                    Arrays.stream(name.split("\\*", -1))
                            .map(Pattern::quote)
                            .collect(Collectors.joining(".*"));
            return host.matches(parts);
        }
        return host.equals(plain) || host.endsWith("." + plain);
    }

    private static long address(String text) {
        long address = 0;
        for (String part : text.split("\\.")) {
            address = address << 8 | Integer.parseInt(part);
        }
        return address;
    }

    /** Whether a host is this machine by its name. */
    public static boolean isThisMachine(String host) {
        return host.equals("localhost") || host.matches("127\\.[0-9.]+") || host.equals("[::1]");
    }

    /**
     * Chooses the proxy of each request. Where the environment names none at all, what the JVM was
     * told by {@code https.proxyHost} and the like counts.
     */
    public ProxySelector selector() {
        return proxies().isEmpty() ? ProxySelector.getDefault() : new Selector();
    }

    /**
     * Equal for ways out that are the same, by the same certificates: a client that was made for
     * one serves the other.
     */
    Object identity() {
        return List.of(
                settings,
                given(settings, CERTIFICATES.get(0))
                        .map(file -> new File(file).lastModified())
                        .orElse(0L));
    }

    /** All proxies that are named. */
    List<Proxy> proxies() {
        return Stream.of("HTTPS_PROXY", "HTTP_PROXY").flatMap(it -> named(it).stream()).toList();
    }

    private final class Selector extends ProxySelector {
        @Override
        public List<java.net.Proxy> select(URI target) {
            return List.of(
                    proxy(target)
                            .map(it -> InetSocketAddress.createUnresolved(it.host(), it.port()))
                            .map(it -> new java.net.Proxy(java.net.Proxy.Type.HTTP, it))
                            .orElse(java.net.Proxy.NO_PROXY));
        }

        @Override
        public void connectFailed(URI target, SocketAddress proxy, IOException why) {
            // there is no other one to try
        }
    }

    /** TLS with {@link #trusted}; empty where no private CA is named. */
    public synchronized Optional<SSLContext> tls() {
        if (tls == null) {
            tls = trusted().map(Outbound::context);
        }
        return tls;
    }

    /**
     * Trust in what the JVM trusts and in the private CA's certificates; empty where none is named.
     *
     * @throws StepException if their file can't be read
     */
    public Optional<TrustManager[]> trusted() {
        Optional<String> file = given(settings, CERTIFICATES.get(0));
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new TrustManager[] {anyOf(Path.of(file.get()))});
        } catch (GeneralSecurityException e) {
            throw new StepException("TLS can't be set up: " + e.getMessage(), e);
        }
    }

    private static SSLContext context(TrustManager[] managers) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new StepException("TLS can't be set up: " + e.getMessage(), e);
        }
    }

    private static X509TrustManager anyOf(Path file) throws GeneralSecurityException {
        Bundle bundle = Bundle.of(file);
        Known known = last;
        if (known == null || !known.bundle.equals(bundle)) {
            List<X509TrustManager> managers = List.of(manager(null), manager(store(file)));
            known = new Known(bundle, new AnyOf(managers));
            last = known;
        }
        return known.manager;
    }

    /** A file of certificates as it was read. */
    private record Bundle(Path file, FileTime modified, long bytes) {
        static Bundle of(Path file) {
            try {
                return new Bundle(file, Files.getLastModifiedTime(file), Files.size(file));
            } catch (IOException e) {
                throw unreadable(file, e);
            }
        }
    }

    private record Known(Bundle bundle, X509TrustManager manager) {}

    private static StepException unreadable(Path file, Exception why) {
        return new StepException(
                "the certificates in %s (SSL_CERT_FILE and the like) can't be read: %s"
                        .formatted(file, why.getMessage()),
                why);
    }

    private static KeyStore store(Path file) throws GeneralSecurityException {
        // whole: the factory reads byte by byte
        try (InputStream in = new ByteArrayInputStream(Files.readAllBytes(file))) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (Certificate each :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca-" + store.size(), each);
            }
            return store;
        } catch (IOException | CertificateException e) {
            throw unreadable(file, e);
        }
    }

    private static X509TrustManager manager(KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return (X509TrustManager) factory.getTrustManagers()[0];
    }

    /** Trusts what one of several trusts. */
    private record AnyOf(List<X509TrustManager> managers) implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            managers.get(0).checkClientTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            CertificateException refused = null;
            for (X509TrustManager manager : managers) {
                try {
                    manager.checkServerTrusted(chain, type);
                    return;
                } catch (CertificateException e) {
                    refused = e;
                }
            }
            throw refused;
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return managers.stream()
                    .flatMap(manager -> Arrays.stream(manager.getAcceptedIssuers()))
                    .toArray(X509Certificate[]::new);
        }
    }
}
