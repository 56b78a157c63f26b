package io.modeltoecs.engine.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The lifecycle rule that a model store's bucket should have: it ends what killed uploads left, and
 * in a versioned bucket frees the space of what was removed.
 */
final class Lifecycle {
    private static final String RULE = "/model-to-ecs/s3/lifecycle.json";

    private Lifecycle() {}

    /** What to say after objects were removed, if their space isn't free by that. */
    static Optional<String> adviceFor(Bucket bucket, Layout layout) {
        if (!bucket.isVersioned() || bucket.expiresOldVersions()) {
            return Optional.empty();
        }
        return Optional.of(
                "keep: the bucket '%s' is versioned: what was removed goes on using space until a lifecycle rule frees it. Add this one to its rules: %s"
                        .formatted(bucket.name(), rule(layout)));
    }

    private static String rule(Layout layout) {
        try (InputStream in = Lifecycle.class.getResourceAsStream(RULE)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return Json.compact(Json.object(text, RULE))
                    .replace("\"models/\"", "\"" + layout.prefix() + "/\"");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
