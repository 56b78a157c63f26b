package io.modeltoecs.engine.model;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Optional;

/** The aliases of one model: they move by compare-and-swap, so that no move is lost. */
final class Aliases {
    private static final int ATTEMPTS = 30;

    private final Bucket bucket;
    private final Layout layout;
    private final Bucket.Storage storage;

    Aliases(Bucket bucket, Layout layout, Bucket.Storage storage) {
        this.bucket = bucket;
        this.layout = layout;
        this.storage = storage;
    }

    /**
     * What an alias holds.
     *
     * @param order start of the build that moved it, in milliseconds since 1970
     * @param previous the version that it held before, or null
     */
    record Alias(String version, String sha256, long order, String by, String previous) {

        static Alias parse(LinkedHashMap<String, Object> json) {
            return new Alias(
                    (String) json.get("version"),
                    (String) json.get("sha256"),
                    ((Number) json.get("order")).longValue(),
                    (String) json.get("by"),
                    (String) json.get("previous"));
        }

        byte[] bytes(Instant updatedAt) {
            LinkedHashMap<String, Object> json = new LinkedHashMap<>();
            json.put("version", version);
            json.put("sha256", sha256);
            json.put("order", order);
            json.put("updatedAt", updatedAt.toString());
            json.put("by", by);
            json.put("previous", previous);
            return Json.bytes(json);
        }
    }

    /** What an alias of a model holds, if there is such an alias. */
    Optional<Alias> read(String model, String alias) {
        return item(model, alias).map(item -> alias(model, alias, item));
    }

    /**
     * What became of a move.
     *
     * @param moved whether the alias holds the version now; else a newer build has it
     * @param before what it held before, if there was anything
     */
    record Move(boolean moved, Optional<Alias> before) {}

    /**
     * Points an alias to a version, unless a newer build has moved it.
     *
     * @param order start of this build, in milliseconds since 1970
     */
    Move publish(String model, String alias, String version, String sha256, long order, String by) {
        return swap(
                model,
                alias,
                before ->
                        before.isPresent() && before.get().order() > order
                                ? null
                                : new Alias(version, sha256, order, by, previous(before, version)));
    }

    /** Points an alias to a version because somebody asked for it; builds begun before stay out. */
    Move set(String model, String alias, String version, String sha256, long order, String by) {
        return swap(
                model,
                alias,
                before ->
                        new Alias(
                                version,
                                sha256,
                                Math.max(order, before.map(Alias::order).orElse(order)),
                                by,
                                previous(before, version)));
    }

    /** What comes after what is there; null to leave it. */
    private interface Step {
        Alias after(Optional<Alias> before);
    }

    private Move swap(String model, String alias, Step step) {
        String key = layout.alias(model, alias);
        Instant now = Instant.now();
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Optional<Bucket.Item> item = bucket.get(key);
            Optional<Alias> before = item.map(found -> alias(model, alias, found));
            Alias after = step.after(before);
            if (after == null) {
                return new Move(false, before);
            }
            if (before.isPresent() && before.get().equals(after)) {
                return new Move(true, before);
            }
            byte[] content = after.bytes(now);
            boolean written =
                    item.isPresent()
                            ? bucket.replace(key, content, item.get().etag(), storage)
                            : bucket.create(key, content, storage);
            if (written) {
                return new Move(true, before);
            }
            Bucket.pause(attempt);
        }
        throw Bucket.busy("the alias " + model + "@" + alias);
    }

    private static String previous(Optional<Alias> before, String version) {
        return before.map(
                        alias ->
                                alias.version().equals(version)
                                        ? alias.previous()
                                        : alias.version())
                .orElse(null);
    }

    private Optional<Bucket.Item> item(String model, String alias) {
        return bucket.get(layout.alias(model, alias));
    }

    private Alias alias(String model, String alias, Bucket.Item item) {
        String uri = bucket.uri(layout.alias(model, alias));
        return Alias.parse(
                Json.object(
                        new String(item.content(), java.nio.charset.StandardCharsets.UTF_8), uri));
    }
}
