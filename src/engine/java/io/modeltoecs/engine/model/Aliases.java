package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.BuildInfo;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/** The aliases of one model: they move by compare-and-swap, so that no move is lost. */
final class Aliases {
    private static final int ATTEMPTS = 30;
    private static final int MOST_HISTORY = 50;

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
     * @param previous the version that a rollback goes back to, or null
     * @param history what it held before, the newest first
     */
    record Alias(
            String version,
            String sha256,
            long order,
            String updatedAt,
            String by,
            String previous,
            List<LinkedHashMap<String, Object>> history) {

        /**
         * @throws StepException if it isn't what an alias holds
         */
        static Alias parse(LinkedHashMap<String, Object> json, String uri) {
            if (!(json.get("version") instanceof String version)
                    || !(json.get("sha256") instanceof String sha256)
                    || !(json.get("order") instanceof Number order)) {
                throw new StepException(
                        uri
                                + " isn't an alias: 'version' and 'sha256' should be texts, 'order' a"
                                + " number; remove it and move the alias by promoteModel");
            }
            List<LinkedHashMap<String, Object>> history = new ArrayList<>();
            if (json.get("history") instanceof List<?> entries) {
                entries.forEach(entry -> history.add(Json.map(entry)));
            }
            return new Alias(
                    version,
                    sha256,
                    order.longValue(),
                    Objects.toString(json.get("updatedAt"), null),
                    Objects.toString(json.get("by"), null),
                    Objects.toString(json.get("previous"), null),
                    history);
        }

        byte[] bytes() {
            LinkedHashMap<String, Object> json = entry();
            json.put("history", history);
            return Json.bytes(json);
        }

        private LinkedHashMap<String, Object> entry() {
            LinkedHashMap<String, Object> entry = new LinkedHashMap<>();
            entry.put("version", version);
            entry.put("sha256", sha256);
            entry.put("order", order);
            entry.put("updatedAt", updatedAt);
            entry.put("by", by);
            entry.put("previous", previous);
            return entry;
        }

        /** History of the alias that comes after this one. */
        private List<LinkedHashMap<String, Object>> extended() {
            List<LinkedHashMap<String, Object>> longer = new ArrayList<>(history);
            longer.add(0, entry());
            return longer.subList(0, Math.min(longer.size(), MOST_HISTORY));
        }

        /** What a rollback went back to, when this alias held a version the last time. */
        private String previousOf(String earlier) {
            return history.stream()
                    .filter(entry -> earlier.equals(entry.get("version")))
                    .findFirst()
                    .map(entry -> (String) entry.get("previous"))
                    .orElse(null);
        }
    }

    /** A build that moves an alias. */
    record Mover(long order, String by) {
        static Mover of(BuildInfo build) {
            return new Mover(build.startedAt().toEpochMilli(), build.job() + " #" + build.number());
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

    /** Points an alias to a version, unless a newer build has moved it. */
    Move publish(String model, String alias, String version, String sha256, Mover mover) {
        return swap(
                model,
                alias,
                before ->
                        before.isPresent() && before.get().order() > mover.order()
                                ? null
                                : after(before, version, sha256, mover));
    }

    /** Points an alias to a version because somebody asked for it; builds begun before stay out. */
    Move set(String model, String alias, String version, String sha256, Mover mover) {
        return swap(model, alias, before -> after(before, version, sha256, mover));
    }

    /**
     * Points an alias back to the version that it held before; called again, it goes back further.
     *
     * @param previous what there was before, to what is to be there
     */
    Move back(String model, String alias, Mover mover, Function<Alias, StoredModel> previous) {
        return swap(
                model,
                alias,
                before -> {
                    Alias held = before.orElseThrow();
                    StoredModel target = previous.apply(held);
                    Alias after = after(before, target.version(), target.sha256(), mover);
                    return new Alias(
                            after.version(),
                            after.sha256(),
                            after.order(),
                            after.updatedAt(),
                            after.by(),
                            held.previousOf(target.version()),
                            after.history());
                });
    }

    private static Alias after(Optional<Alias> before, String version, String sha256, Mover mover) {
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        if (before.isEmpty()) {
            return new Alias(version, sha256, mover.order(), now, mover.by(), null, List.of());
        }
        Alias held = before.get();
        long order = Math.max(mover.order(), held.order());
        return held.version().equals(version)
                ? new Alias(
                        version, sha256, order, now, mover.by(), held.previous(), held.history())
                : new Alias(
                        version, sha256, order, now, mover.by(), held.version(), held.extended());
    }

    /** What comes after what is there; null to leave it. */
    private interface Step {
        Alias after(Optional<Alias> before);
    }

    private Move swap(String model, String alias, Step step) {
        String key = layout.alias(model, alias);
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Optional<Bucket.Item> item = bucket.get(key);
            Optional<Alias> before = item.map(found -> alias(model, alias, found));
            Alias after = step.after(before);
            if (after == null) {
                return new Move(false, before);
            }
            byte[] content = after.bytes();
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

    private Optional<Bucket.Item> item(String model, String alias) {
        return bucket.get(layout.alias(model, alias));
    }

    private Alias alias(String model, String alias, Bucket.Item item) {
        String uri = bucket.uri(layout.alias(model, alias));
        return Alias.parse(
                Json.object(new String(item.content(), StandardCharsets.UTF_8), uri), uri);
    }
}
