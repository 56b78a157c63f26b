package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A reference to an image, taken apart.
 *
 * @param host the registry's host and port, or null for the default registry
 * @param repository path in the registry
 * @param tag or null
 * @param digest or null
 */
record ImageName(String host, String repository, String tag, String digest) {
    private static final Pattern REFERENCE =
            Pattern.compile(
                    "(?:((?:[A-Za-z0-9-]+\\.[A-Za-z0-9.-]+|localhost|[A-Za-z0-9.-]+(?=:[0-9]+/))"
                            + "(?::[0-9]+)?)/)?"
                            + "([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
                            + "(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
                            + "(?:@(sha256:[0-9a-f]{64}))?");

    /**
     * @throws StepException if it isn't a reference to an image
     */
    static ImageName parse(String reference) {
        Matcher matcher = REFERENCE.matcher(reference);
        if (!matcher.matches()) {
            throw new StepException(
                    ("'image' is '%s', but should be an image by digest or tag, as"
                                    + " 'registry/repository@sha256:…' or 'registry/repository:tag'")
                            .formatted(reference));
        }
        return new ImageName(
                matcher.group(1), matcher.group(2), matcher.group(3), matcher.group(4));
    }

    /** Registry and repository. */
    String name() {
        return host == null ? repository : host + "/" + repository;
    }

    /** The digest in a reference, if it has one. */
    static List<String> digestsOf(String reference) {
        return reference != null && reference.contains("@")
                ? List.of(reference.substring(reference.indexOf('@') + 1))
                : List.of();
    }

    /** By the digest alone: not every container engine takes a tag beside it. */
    String byDigest(String digest) {
        return name() + "@" + digest;
    }

    @Override
    public String toString() {
        if (digest != null) {
            return byDigest(digest);
        }
        return tag == null ? name() : name() + ":" + tag;
    }
}
