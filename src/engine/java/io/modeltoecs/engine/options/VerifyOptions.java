package io.modeltoecs.engine.options;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One request of the parameter {@code verify} of {@code deployToEcs}, which the service has to
 * answer well once it is rolled out.
 *
 * @param url where it goes to, without the path; null for the listener's address
 * @param credentialsId a stored credential for the header {@code Authorization}, or null
 * @param body JSON text, or a map or list that becomes it; null for none
 * @param status the codes that are right; empty for any from 200 to 299
 * @param expect JSON text, or the map, list, number or truth value that the answer has to contain;
 *     null where the code is enough
 * @param tolerance how far a number may be off, as a share of what is expected, and of 1 where that
 *     is smaller
 * @param seconds how long it is asked again and again; 0 for once
 * @param maxErrorRate the share of wrong answers in that time that is borne
 */
public record VerifyOptions(
        String url,
        Map<String, String> headers,
        String credentialsId,
        String path,
        String method,
        Object body,
        List<Integer> status,
        Object expect,
        double tolerance,
        int seconds,
        double maxErrorRate) {
    /** What belongs to the connection: Java's client drops them. */
    private static final Set<String> CONNECTION =
            Set.of(
                    "connection",
                    "content-length",
                    "host",
                    "origin",
                    "transfer-encoding",
                    "upgrade");

    private static final Pattern PATH = Pattern.compile("/\\S*");

    /** Reads and checks the maps. */
    static List<VerifyOptions> from(String step, List<Map<String, Object>> given) {
        List<VerifyOptions> all = new ArrayList<>();
        for (Map<String, Object> each : given) {
            String which = given.size() == 1 ? "" : "[" + all.size() + "]";
            all.add(
                    from(
                            new Arguments(step + ": verify" + which, each, VerifyOptions.class),
                            each.get("body"),
                            each.get("expect")));
        }
        return List.copyOf(all);
    }

    private static VerifyOptions from(Arguments arguments, Object body, Object expect) {
        Map<String, String> headers = arguments.textMap("headers");
        String credentialsId = arguments.text("credentialsId");
        headers.keySet().stream()
                .filter(it -> CONNECTION.contains(it.toLowerCase(Locale.ROOT)))
                .forEach(
                        it -> {
                            throw arguments.wrong(
                                    "the header '%s' can't be set; the host is the url's"
                                            .formatted(it));
                        });
        if (credentialsId != null
                && headers.keySet().stream().anyMatch("Authorization"::equalsIgnoreCase)) {
            throw arguments.wrong(
                    "'credentialsId' sets the header Authorization: leave it out of 'headers'");
        }
        String method = arguments.text("method", blank(body) ? "GET" : "POST");
        method = method.toUpperCase(Locale.ROOT);
        if (!List.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS").contains(method)) {
            throw arguments.bad("method", method, "GET, HEAD, POST, PUT, DELETE or OPTIONS");
        }
        Integer seconds = arguments.number("seconds", 0, 24 * 60 * 60);
        return new VerifyOptions(
                url(arguments),
                headers,
                credentialsId,
                arguments.matching(
                        "path", arguments.text("path", "/"), PATH, "a path, as '/predict'"),
                method,
                blank(body) ? null : body,
                arguments.numbers("status", 100, 599),
                blank(expect) ? null : expect,
                arguments.decimal("tolerance", 0, 1e9, 1e-6),
                seconds == null ? 0 : seconds,
                arguments.decimal("maxErrorRate", 0, 1, 0));
    }

    private static boolean blank(Object value) {
        return value == null || value instanceof CharSequence text && text.toString().isBlank();
    }

    private static String url(Arguments arguments) {
        String url = arguments.text("url");
        if (url == null) {
            return null;
        }
        try {
            URI uri = URI.create(url);
            if (uri.getHost() != null
                    && uri.getUserInfo() == null
                    && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return url.replaceFirst("/+$", "");
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        // what it holds may be a password
        throw arguments.wrong(
                "'url' should be a URL without a user, as 'https://iris.example.com'");
    }

    /** How long it is asked again and again. */
    public Duration time() {
        return Duration.ofSeconds(seconds);
    }
}
