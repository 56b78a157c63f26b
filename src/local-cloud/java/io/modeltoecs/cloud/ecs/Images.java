package io.modeltoecs.cloud.ecs;

import io.modeltoecs.cloud.engine.Containers;
import io.modeltoecs.cloud.engine.EngineException;
import io.modeltoecs.cloud.registry.Registry;
import java.util.Locale;

/** Brings the images of tasks to the engine, each by its digest. */
final class Images {
    private final Containers engine;
    private final Registry registry;

    Images(Containers engine, Registry registry) {
        this.engine = engine;
        this.registry = registry;
    }

    /**
     * Fetches a container's image.
     *
     * @param knownDigest what its tag was resolved to before; null where it wasn't
     * @return the digest
     * @throws StartFailure CannotPullContainerError
     */
    String pull(TaskContainer container, String knownDigest) {
        String image = container.image();
        int at = image.indexOf('@');
        String digest = at < 0 ? knownDigest : image.substring(at + 1);
        String name = nameWithoutTag(at < 0 ? image : image.substring(0, at));
        if (digest == null && isOurs(image)) {
            String repository = name.substring(registry.host().length() + 1);
            String tag = tag(image);
            digest =
                    registry.manifest(repository, tag)
                            .map(Registry.Manifest::digest)
                            .orElseThrow(() -> notFound(container, name + ":" + tag));
        }
        String reference = digest == null ? image : name + "@" + digest;
        if (digest == null || !engine.hasImage(reference)) {
            try {
                engine.pull(reference);
            } catch (EngineException e) {
                throw failure(container, reference, e.getMessage());
            }
        }
        return digest == null ? engine.repositoryDigest(reference).orElse("") : digest;
    }

    /** What the engine runs. */
    static String reference(TaskContainer container) {
        String image = container.image();
        int at = image.indexOf('@');
        if (at >= 0) {
            return nameWithoutTag(image.substring(0, at)) + image.substring(at);
        }
        return container.digest.isEmpty() ? image : nameWithoutTag(image) + "@" + container.digest;
    }

    private boolean isOurs(String image) {
        return image.startsWith(registry.host() + "/");
    }

    private static StartFailure failure(TaskContainer container, String image, String said) {
        String text = said.toLowerCase(Locale.ROOT);
        if (text.contains("manifest unknown")
                || text.contains("name unknown")
                || text.contains("not found")) {
            return notFound(container, image);
        }
        String last = said.strip().lines().reduce("", (a, b) -> b);
        return new StartFailure(container, "CannotPullContainerError: " + last);
    }

    private static StartFailure notFound(TaskContainer container, String image) {
        return new StartFailure(
                container,
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed"
                        + " to resolve ref "
                        + image
                        + ": "
                        + image
                        + ": not found");
    }

    private static String nameWithoutTag(String image) {
        int colon = image.indexOf(':', image.lastIndexOf('/') + 1);
        return colon < 0 ? image : image.substring(0, colon);
    }

    private static String tag(String image) {
        int colon = image.indexOf(':', image.lastIndexOf('/') + 1);
        return colon < 0 ? "latest" : image.substring(colon + 1);
    }
}
