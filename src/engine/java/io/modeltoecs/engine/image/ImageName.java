package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A reference to an image, taken apart; a short name is one of Docker Hub's.
 *
 * @param registry host and port to ask
 * @param repository the repository in it
 * @param reference a digest where there is one, else a tag
 */
record ImageName(String registry, String repository, String reference) {
    private static final Pattern FORM =
            Pattern.compile(
                    "(?:([A-Za-z0-9.-]*[.][A-Za-z0-9.-]*(?::[0-9]+)?|[A-Za-z0-9-]+:[0-9]+"
                            + "|localhost|\\[[0-9a-f:]+](?::[0-9]+)?)/)?"
                            + "([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
                            + "(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?");

    static ImageName parse(String base) {
        Matcher matcher = FORM.matcher(base);
        if (!matcher.matches()) {
            throw new StepException(
                    "buildServingImage: 'base' is '%s', but should be an image, as".formatted(base)
                            + " 'python:3.12-slim' or 'registry.example.com/python@sha256:…'");
        }
        String host = matcher.group(1);
        String name = matcher.group(2);
        boolean hub = host == null || host.equals("docker.io") || host.equals("index.docker.io");
        String tag = matcher.group(3) == null ? "latest" : matcher.group(3);
        return new ImageName(
                hub ? "registry-1.docker.io" : host,
                hub && !name.contains("/") ? "library/" + name : name,
                matcher.group(4) == null ? tag : matcher.group(4));
    }

    /** The same image by its digest, as programs that pull it want it named. */
    String by(String digest) {
        String host = registry.equals("registry-1.docker.io") ? "" : registry + "/";
        return host
                + repository.replaceFirst(host.isEmpty() ? "^library/" : "^$", "")
                + "@"
                + digest;
    }
}
