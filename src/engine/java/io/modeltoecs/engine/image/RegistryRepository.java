package io.modeltoecs.engine.image;

import com.google.cloud.tools.jib.api.Credential;
import com.google.cloud.tools.jib.api.DescriptorDigest;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.blob.Blob;
import com.google.cloud.tools.jib.event.EventHandlers;
import com.google.cloud.tools.jib.http.ResponseException;
import com.google.cloud.tools.jib.image.json.ManifestTemplate;
import com.google.cloud.tools.jib.registry.ManifestAndDigest;
import com.google.cloud.tools.jib.registry.RegistryClient;
import java.io.IOException;
import java.security.DigestException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.LongConsumer;

/**
 * One repository of a registry that speaks the OCI distribution protocol. What fails for a while is
 * tried again; what fails for good is a {@link io.modeltoecs.engine.StepException}.
 */
final class RegistryRepository implements AutoCloseable {
    private final RegistryFailures failures;
    private final RegistryHttp http;
    private final RegistryClient client;

    /**
     * Connects and logs in.
     *
     * @param registry host and port
     * @param name the repository
     * @param mountFrom another repository of the registry that layers may be taken from, or null
     * @param login or null
     * @param pushing whether to push, or only to pull
     */
    static RegistryRepository open(
            String registry, String name, String mountFrom, Login login, boolean pushing)
            throws InterruptedException {
        RegistryFailures failures = new RegistryFailures(registry, name, login);
        RegistryHttp http = failures.call(() -> RegistryHttp.to(registry));
        RegistryClient.Factory factory =
                mountFrom == null
                        ? RegistryClient.factory(EventHandlers.NONE, registry, name, http)
                        : RegistryClient.factory(
                                EventHandlers.NONE, registry, name, mountFrom, http);
        if (login != null) {
            factory.setCredential(Credential.from(login.user(), login.password()));
        }
        RegistryClient client = factory.setUserAgent("model-to-ecs").newRegistryClient();
        RegistryRepository repository = new RegistryRepository(failures, http, client);
        try {
            repository.authenticate(login, pushing);
            return repository;
        } catch (RuntimeException | InterruptedException e) {
            repository.close();
            throw e;
        }
    }

    private RegistryRepository(
            RegistryFailures failures, RegistryHttp http, RegistryClient client) {
        this.failures = failures;
        this.http = http;
        this.client = client;
    }

    private void authenticate(Login login, boolean pushing) throws InterruptedException {
        boolean bearer =
                failures.call(
                        () -> pushing ? client.doPushBearerAuth() : client.doPullBearerAuth());
        if (!bearer && login != null) {
            client.configureBasicAuth();
        }
    }

    /** The manifest of a tag or digest, if it is there. */
    Optional<ManifestAndDigest<ManifestTemplate>> manifest(String reference)
            throws InterruptedException {
        return failures.call(
                () -> {
                    try {
                        return client.checkManifest(reference);
                    } catch (RegistryException e) {
                        // jib knows one way to say so; some registries have others
                        if (e.getCause() instanceof ResponseException answer
                                && answer.getStatusCode() == 404) {
                            return Optional.empty();
                        }
                        throw e;
                    }
                });
    }

    /** Whether a blob is there. */
    boolean has(String digest) throws InterruptedException {
        return failures.call(() -> client.checkBlob(digest(digest)).isPresent());
    }

    /** A blob, which is fetched when it is written somewhere. */
    Blob blob(String digest) {
        return client.pullBlob(digest(digest), size -> {}, written -> {});
    }

    /**
     * Uploads a blob.
     *
     * @param mountFrom a repository of the same registry that may have it, or null
     * @param written told how many bytes were sent since the last call
     * @return false if it was taken from the other repository
     */
    boolean push(String digest, Blob blob, String mountFrom, LongConsumer written)
            throws InterruptedException {
        return failures.call(
                () ->
                        !client.pushBlob(
                                digest(digest),
                                blob,
                                mountFrom,
                                bytes -> {
                                    if (Thread.currentThread().isInterrupted()) {
                                        throw new CancellationException();
                                    }
                                    written.accept(bytes);
                                }));
    }

    /** Puts a manifest under a tag. */
    String tag(ManifestTemplate manifest, String tag) throws InterruptedException {
        return failures.call(() -> client.pushManifest(manifest, tag).toString());
    }

    /** Runs something with this repository's retries and messages. */
    <T> T call(RegistryCall<T> call) throws InterruptedException {
        return failures.call(call);
    }

    /** A call of a registry. */
    @FunctionalInterface
    interface RegistryCall<T> {
        T run() throws IOException, RegistryException;
    }

    private static DescriptorDigest digest(String digest) {
        try {
            return DescriptorDigest.fromDigest(digest);
        } catch (DigestException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public void close() {
        try {
            http.shutDown();
        } catch (IOException e) {
            // nothing more to do with it
        }
    }
}
