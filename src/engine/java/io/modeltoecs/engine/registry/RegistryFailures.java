package io.modeltoecs.engine.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.FileSystemException;
import java.util.StringJoiner;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.apache.http.conn.ConnectTimeoutException;

/** What to do when a call of a registry fails: try again, or say why. */
final class RegistryFailures {
    private static final int ATTEMPTS = 6;
    private static final long FIRST_DELAY_MILLIS = 500;
    private static final long LONGEST_DELAY_MILLIS = 120_000;

    private final String registry;
    private final String repository;
    private final Login login;
    private final boolean pushing;
    private volatile boolean answered;

    /** A call of a registry. */
    @FunctionalInterface
    interface Call<T> {
        T run() throws IOException;
    }

    RegistryFailures(String registry, String repository, Login login, boolean pushing) {
        this.registry = registry;
        this.repository = repository;
        this.login = login;
        this.pushing = pushing;
    }

    /**
     * Makes a call, again where its failure may pass: 408, 429, 5xx, lost connections.
     *
     * @throws StepException if it fails for good
     */
    <T> T call(Call<T> call) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                T result = call.run();
                answered = true;
                return result;
            } catch (CancellationException e) {
                throw new InterruptedException();
            } catch (IOException e) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                if (attempt == ATTEMPTS || !mayPass(e)) {
                    throw explain(e);
                }
                Thread.sleep(delayMillis(attempt, e));
            }
        }
    }

    private boolean mayPass(IOException failure) {
        if (failure instanceof RegistryAnswer answer) {
            return answer.mayPass();
        }
        if (failure instanceof RegistryLogin.Refused
                || failure instanceof SSLHandshakeException
                || failure instanceof FileSystemException) {
            return false;
        }
        // one that was never there is more likely a wrong name than a short absence
        return answered || !isAbsence(failure);
    }

    private static boolean isAbsence(IOException failure) {
        return failure instanceof ConnectException
                || failure instanceof ConnectTimeoutException
                || failure instanceof UnknownHostException
                || failure instanceof NoRouteToHostException
                || failure instanceof SocketTimeoutException;
    }

    /**
     * What the registry asks for, else twice as long with each attempt; several builds that fail
     * together don't come back together.
     */
    private static long delayMillis(int attempt, IOException failure) {
        if (failure instanceof RegistryAnswer answer && answer.retryAfterSeconds() >= 0) {
            return Math.min(LONGEST_DELAY_MILLIS, 1000 * answer.retryAfterSeconds());
        }
        long delay = FIRST_DELAY_MILLIS << (attempt - 1);
        return delay + ThreadLocalRandom.current().nextLong(delay / 2);
    }

    /** Without its cause: the error may cross to a controller, which types of a library may not. */
    StepException explain(IOException failure) {
        String message = "registry " + registry + ": " + reason(failure);
        return failure instanceof RegistryLogin.Refused
                ? new LoginRefused(message)
                : new StepException(message);
    }

    private String reason(IOException failure) {
        if (failure instanceof RegistryLogin.Refused) {
            return refusedLogin();
        }
        if (failure instanceof SSLException) {
            return "no TLS connection that can be trusted: %s; name a private CA's certificates by"
                            .formatted(deepest(failure))
                    + " SSL_CERT_FILE; plain http is spoken with localhost, or after 'http://'";
        }
        if (failure instanceof UnknownHostException) {
            return "there is no such host";
        }
        if (isAbsence(failure)) {
            return "it can't be reached: " + failure.getMessage();
        }
        if (failure instanceof RegistryAnswer answer) {
            return answer.status() == 403
                    ? "%s may not use the repository '%s' this way%s"
                            .formatted(who(), repository, words(answer.content()))
                    : "it answers %d for '%s'%s"
                            .formatted(answer.status(), repository, words(answer.content()));
        }
        return brief(String.valueOf(deepest(failure)));
    }

    /** The messages of an answer, as the distribution specification has them, or all of it. */
    private static String words(String content) {
        if (content == null || content.isBlank()) {
            return "";
        }
        StringJoiner messages = new StringJoiner("; ");
        try {
            for (JsonNode error : new ObjectMapper().readTree(content).path("errors")) {
                String message = error.path("message").asText(error.path("code").asText());
                // the message of a disk that is full is "unknown error"
                messages.add(
                        error.path("code").asText().equals("UNKNOWN")
                                ? message + " " + error.path("detail")
                                : message);
            }
        } catch (JsonProcessingException e) {
            // some proxies answer with a page
        }
        return ": " + brief(messages.length() == 0 ? content : messages.toString());
    }

    private String refusedLogin() {
        if (login != null) {
            return "it refuses the login of user '%s' for '%s'".formatted(login.user(), repository);
        }
        return pushing
                ? "it wants a login for '%s': give 'registryCredentialsId'".formatted(repository)
                : "it gives '%s' to nobody without a login, or doesn't have it; 'registryCredentialsId' is the login of the registry that the image is pushed to: give a 'base' from there, or one that everybody may pull"
                        .formatted(repository);
    }

    private String who() {
        return login == null ? "nobody without a login" : "user '" + login.user() + "'";
    }

    private static String deepest(Throwable failure) {
        Throwable told = failure;
        while (told.getCause() != null) {
            told = told.getCause();
        }
        return told.getMessage();
    }

    private static String brief(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() > 300 ? line.substring(0, 300) + "…" : line;
    }
}
