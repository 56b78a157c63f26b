package io.modeltoecs.engine.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.cloud.tools.jib.api.InsecureRegistryException;
import com.google.cloud.tools.jib.api.RegistryAuthenticationFailedException;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.RegistryUnauthorizedException;
import com.google.cloud.tools.jib.http.ResponseException;
import com.google.cloud.tools.jib.registry.RegistryCredentialsNotSentException;
import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.NoSuchFileException;
import java.util.StringJoiner;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ThreadLocalRandom;

/** What to do when a call of a registry fails: try again, or say why. */
final class RegistryFailures {
    private static final int ATTEMPTS = 5;
    private static final long FIRST_DELAY_MILLIS = 500;

    private final String registry;
    private final String repository;
    private final Login login;

    RegistryFailures(String registry, String repository, Login login) {
        this.registry = registry;
        this.repository = repository;
        this.login = login;
    }

    /**
     * Makes a call, again where its failure may pass: 408, 429, 5xx, lost connections.
     *
     * @throws StepException if it fails for good
     */
    <T> T call(RegistryRepository.RegistryCall<T> call) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return call.run();
            } catch (CancellationException e) {
                throw new InterruptedException();
            } catch (IOException | RegistryException e) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                Throwable cause = root(e);
                if (attempt == ATTEMPTS || !mayPass(cause)) {
                    throw explain(cause);
                }
                Thread.sleep(delayMillis(attempt));
            }
        }
    }

    /** The exception that tells most: what happens inside of a blob comes wrapped. */
    private static Throwable root(Throwable failure) {
        Throwable told = failure;
        while (told.getCause() != null
                && told.getClass() == IOException.class
                && (told.getCause() instanceof IOException
                        || told.getCause() instanceof RegistryException)) {
            told = told.getCause();
        }
        return told;
    }

    private static boolean mayPass(Throwable failure) {
        if (failure instanceof ResponseException answer) {
            int status = answer.getStatusCode();
            return status == 408 || status == 429 || status >= 500;
        }
        return failure instanceof IOException
                && !(failure instanceof ConnectException)
                && !(failure instanceof UnknownHostException)
                && !(failure instanceof NoRouteToHostException)
                && !(failure instanceof NoSuchFileException);
    }

    /** Doubles with each attempt; several builds that fail together don't come back together. */
    private static long delayMillis(int attempt) {
        long delay = FIRST_DELAY_MILLIS << (attempt - 1);
        return delay + ThreadLocalRandom.current().nextLong(delay / 2);
    }

    /** Without its cause: the error may cross to a controller, which types of jib may not. */
    private StepException explain(Throwable failure) {
        return new StepException("registry " + registry + ": " + reason(failure));
    }

    private String reason(Throwable failure) {
        if (failure instanceof RegistryUnauthorizedException) {
            return failure.getCause() instanceof ResponseException answer
                            && answer.getStatusCode() == 403
                    ? "%s may not use the repository '%s' this way".formatted(who(), repository)
                    : refusedLogin();
        }
        if (failure instanceof RegistryAuthenticationFailedException
                || failure instanceof RegistryCredentialsNotSentException) {
            return refusedLogin();
        }
        if (failure instanceof InsecureRegistryException) {
            return "no TLS connection that can be trusted: %s; plain http is spoken with localhost"
                            .formatted(deepest(failure))
                    + " alone";
        }
        if (failure instanceof UnknownHostException) {
            return "there is no such host";
        }
        if (failure instanceof ConnectException
                || failure instanceof NoRouteToHostException
                || failure instanceof SocketTimeoutException) {
            return "it can't be reached: " + failure.getMessage();
        }
        Throwable cause = failure instanceof RegistryException ? failure.getCause() : failure;
        if (cause instanceof ResponseException answer) {
            return "it answers %d for '%s'%s"
                    .formatted(answer.getStatusCode(), repository, words(answer.getContent()));
        }
        return brief(String.valueOf(failure.getMessage()));
    }

    /** The messages of an answer, as the distribution specification has them, or all of it. */
    private static String words(String content) {
        if (content == null || content.isBlank()) {
            return "";
        }
        StringJoiner messages = new StringJoiner("; ");
        try {
            for (JsonNode error : new ObjectMapper().readTree(content).path("errors")) {
                messages.add(error.path("message").asText(error.path("code").asText()));
            }
        } catch (JsonProcessingException e) {
            // some proxies answer with a page
        }
        return ": " + brief(messages.length() == 0 ? content : messages.toString());
    }

    private String refusedLogin() {
        return login == null
                ? "it wants a login for '%s': give 'registryCredentialsId'".formatted(repository)
                : "it refuses the login of user '%s' for '%s'".formatted(login.user(), repository);
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
