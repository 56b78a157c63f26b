package io.modeltoecs.engine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.RequestBuilder;

/**
 * What a registry wants to see of a login: nothing, the login itself (basic), or a token that
 * another server gives for it (bearer) and that ends after minutes.
 * https://distribution.github.io/distribution/spec/auth/token/
 */
final class RegistryLogin {
    private static final Pattern PARAMETER =
            Pattern.compile("([a-z_]+)=(?:\"([^\"]*)\"|([^,\\s]+))");
    private static final int OK = 200;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;

    private final RegistryHttp http;
    private final Login login;
    private final List<String> scopes;
    private String authorization;

    /** The login is missing or wrong. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;
    }

    RegistryLogin(RegistryHttp http, Login login, List<String> scopes) {
        this.http = http;
        this.login = login;
        this.scopes = scopes;
    }

    /** The header to send, or null. */
    synchronized String authorization() {
        return authorization;
    }

    /**
     * Answers a registry that said 401.
     *
     * @param sent the header that it refused, or null
     * @param challenges its WWW-Authenticate headers
     * @throws Refused if there is nothing better to send
     */
    synchronized void answer(String sent, List<String> challenges) throws IOException {
        if (authorization != null && !authorization.equals(sent)) {
            return; // another thread was faster
        }
        for (String challenge : challenges) {
            String lower = challenge.toLowerCase(Locale.ROOT);
            if (lower.startsWith("bearer ")) {
                authorization = "Bearer " + token(parameters(challenge));
                return;
            }
            if (lower.startsWith("basic") && login != null && sent == null) {
                authorization = basic();
                return;
            }
        }
        throw new Refused();
    }

    private String basic() {
        String both = login.user() + ":" + login.password();
        return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, String> parameters(String challenge) {
        Map<String, String> parameters = new HashMap<>();
        Matcher matcher = PARAMETER.matcher(challenge);
        while (matcher.find()) {
            parameters.put(
                    matcher.group(1),
                    matcher.group(2) == null ? matcher.group(3) : matcher.group(2));
        }
        return parameters;
    }

    private String token(Map<String, String> challenge) throws IOException {
        URI realm = URI.create(challenge.getOrDefault("realm", ""));
        boolean secure =
                "https".equals(realm.getScheme())
                        || realm.getHost() != null
                                && realm.getHost().equals(http.at("/").getHost())
                                && "http".equals(http.at("/").getScheme());
        if (!secure) {
            throw new IOException("it wants the login sent without TLS, to " + realm);
        }
        RequestBuilder request = RequestBuilder.get(realm);
        if (challenge.containsKey("service")) {
            request.addParameter("service", challenge.get("service"));
        }
        scopes.forEach(scope -> request.addParameter("scope", scope));
        if (login != null) {
            request.setHeader("Authorization", basic());
        }
        try (CloseableHttpResponse answer = http.send(request)) {
            int status = answer.getStatusLine().getStatusCode();
            if (status == UNAUTHORIZED || status == FORBIDDEN) {
                throw new Refused();
            }
            if (status != OK) {
                throw RegistryHttp.failure(answer);
            }
            JsonNode content = new ObjectMapper().readTree(answer.getEntity().getContent());
            return content.path("token").asText(content.path("access_token").asText());
        }
    }
}
