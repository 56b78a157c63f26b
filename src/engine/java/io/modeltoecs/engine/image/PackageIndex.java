package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.registry.Login;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where uv gets Python distributions from: its own settings, else those of pip. They reach it
 * through its environment alone, since they may hold a password.
 */
final class PackageIndex {
    private static final Pattern USER_INFO = Pattern.compile("://[^/@\\s]+@");

    /** The settings of pip that uv has too: pip's name, uv's variable, uv's separator. */
    private enum Setting {
        INDEX("index-url", "UV_DEFAULT_INDEX", " "),
        EXTRA("extra-index-url", "UV_INDEX", " "),
        LINKS("find-links", "UV_FIND_LINKS", ","),
        TRUSTED("trusted-host", "UV_INSECURE_HOST", " "),
        CERTIFICATES("cert", "SSL_CERT_FILE", " ");

        private final String pip;
        private final String uv;
        private final String separator;

        Setting(String pip, String uv, String separator) {
            this.pip = pip;
            this.uv = uv;
            this.separator = separator;
        }

        String pipVariable() {
            return "PIP_" + pip.toUpperCase(Locale.ROOT).replace('-', '_');
        }
    }

    private PackageIndex() {}

    /**
     * The environment for uv.
     *
     * @param environment the build's
     * @param login for the index, or null
     */
    static Map<String, String> environment(Map<String, String> environment, Login login)
            throws IOException, InterruptedException {
        Map<String, String> result = new HashMap<>(environment);
        Map<String, String> configured = pipConfiguration(environment);
        for (Setting setting : Setting.values()) {
            String value =
                    environment.getOrDefault(setting.pipVariable(), configured.get(setting.pip));
            if (value != null && !value.isBlank() && !isSet(setting, environment)) {
                result.put(setting.uv, value.strip().replaceAll("\\s+", setting.separator));
            }
        }
        if (login != null) {
            String variable = indexVariable(environment);
            String url = result.get(variable);
            if (url == null) {
                throw new StepException(
                        "buildServingImage: 'pipCredentialsId' is given, but no package index:"
                                + " set PIP_INDEX_URL or UV_DEFAULT_INDEX, or pip's index-url");
            }
            result.put(variable, withLogin(url, login));
        }
        result.put("UV_PYTHON_DOWNLOADS", "never");
        result.put("UV_NO_PROGRESS", "1");
        result.remove("UV_COMPILE_BYTECODE");
        return result;
    }

    private static String indexVariable(Map<String, String> environment) {
        return environment.containsKey("UV_INDEX_URL") ? "UV_INDEX_URL" : Setting.INDEX.uv;
    }

    /** What a Dockerfile may mount to use the index with this login; nothing without one. */
    static PipSecrets secrets(Map<String, String> environment, Login login)
            throws IOException, InterruptedException {
        return login == null
                ? PipSecrets.none()
                : PipSecrets.of(
                        environment(environment, login).get(indexVariable(environment)), login);
    }

    private static boolean isSet(Setting setting, Map<String, String> environment) {
        return environment.containsKey(setting.uv)
                || setting == Setting.INDEX && environment.containsKey("UV_INDEX_URL")
                || setting == Setting.EXTRA && environment.containsKey("UV_EXTRA_INDEX_URL");
    }

    /** Names and values of pip's configuration files, of the section that counts most. */
    private static Map<String, String> pipConfiguration(Map<String, String> environment)
            throws IOException, InterruptedException {
        Map<String, String> values = new TreeMap<>();
        Optional<Path> python = Command.find("python3", environment);
        if (python.isPresent()) {
            Command.Outcome outcome =
                    Command.run(
                            List.of(python.get().toString(), "-m", "pip", "config", "list"),
                            // "-m" looks for modules in the current folder first
                            Objects.requireNonNull(python.get().getParent()),
                            environment,
                            line -> {});
            for (String section : List.of("global.", "install.")) {
                for (String line : outcome.output().split("\n")) {
                    int equals = line.indexOf('=');
                    if (line.startsWith(section) && equals > 0) {
                        values.put(
                                line.substring(section.length(), equals),
                                unquote(line.substring(equals + 1)));
                    }
                }
            }
        }
        return values;
    }

    private static String unquote(String value) {
        String text = value.strip();
        boolean quoted = text.length() > 1 && (text.startsWith("'") || text.startsWith("\""));
        return quoted ? text.substring(1, text.length() - 1).replace("\\n", " ") : text;
    }

    private static String withLogin(String url, Login login) {
        String bare = USER_INFO.matcher(url).replaceFirst("://");
        return bare.replaceFirst(
                "://",
                "://"
                        + Matcher.quoteReplacement(
                                encode(login.user()) + ":" + encode(login.password()) + "@"));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** What of the environment decides which distributions are found; without passwords. */
    static List<String> identity(Map<String, String> environment) {
        List<String> identity = new ArrayList<>();
        for (Map.Entry<String, String> variable : new TreeMap<>(environment).entrySet()) {
            if (variable.getKey().matches("(PIP|UV)_.*(INDEX|FIND_LINKS|CONSTRAINT|PRERELEASE).*")
                    && !variable.getKey().matches(".*(USERNAME|PASSWORD).*")) {
                identity.add(variable.getKey() + "=" + mask(variable.getValue()));
            }
        }
        return identity;
    }

    /** Text without the users and passwords of URLs, and without a login's password. */
    static String mask(String text, Login login) {
        String masked = mask(text);
        return login == null || login.password().isEmpty()
                ? masked
                : masked.replace(login.password(), "****")
                        .replace(encode(login.password()), "****");
    }

    /** Text without the users and passwords of URLs. */
    static String mask(String text) {
        return USER_INFO.matcher(text).replaceAll("://");
    }
}
