package io.modeltoecs.engine.image;

import io.modeltoecs.engine.registry.Login;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a Dockerfile may mount to get packages from a private index: {@code pip.conf}, with the
 * index and its login, and {@code netrc}, with the login alone. They reach the tool by its
 * environment: neither a command line nor a file of this machine has them.
 */
final class PipSecrets {
    private static final String CONFIGURATION = "MODEL_TO_ECS_PIP_CONF";
    private static final String NETRC = "MODEL_TO_ECS_NETRC";
    private static final Pattern HOST = Pattern.compile("://(?:[^/@]*@)?([^/:]+)");

    private final Map<String, String> variables;
    private final Login login;

    private PipSecrets(Map<String, String> variables, Login login) {
        this.variables = variables;
        this.login = login;
    }

    /** None, where no login is given. */
    static PipSecrets none() {
        return new PipSecrets(Map.of(), null);
    }

    /**
     * @param index URL of the index with its login
     */
    static PipSecrets of(String index, Login login) {
        var host = HOST.matcher(index);
        String machine = host.find() ? host.group(1) : "";
        return new PipSecrets(
                Map.of(
                        CONFIGURATION,
                        "[global]\nindex-url = " + index + "\n",
                        NETRC,
                        "machine %s login %s password %s\n"
                                .formatted(
                                        machine, quoted(login.user()), quoted(login.password()))),
                login);
    }

    private static String quoted(String word) {
        return word.matches("[^\\s\"\\\\#]+")
                ? word
                : '"' + word.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    Map<String, String> variables() {
        return variables;
    }

    List<String> arguments() {
        return variables.isEmpty()
                ? List.of()
                : List.of(
                        "--secret",
                        "id=pip.conf,type=env,env=" + CONFIGURATION,
                        "--secret",
                        "id=netrc,type=env,env=" + NETRC);
    }

    /** A line of the tool's output without what is secret. */
    String mask(String line) {
        return PackageIndex.mask(line, login);
    }
}
