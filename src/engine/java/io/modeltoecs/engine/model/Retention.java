package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * Removes old versions of a model: all but the newest, but none that an alias or a service names,
 * and none of the last 30 days. A version that is to go is marked first, and who uses it is read
 * once more then, so that whoever begins to use it at that moment either keeps it or is told.
 */
final class Retention {
    private static final Duration YOUNG = Duration.ofDays(30);
    private static final int MOST_AT_ONCE = 200;
    private static final int CALLS_AT_A_TIME = 8;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");

    private final Bucket bucket;
    private final Layout layout;
    private final ModelStore store;
    private final Clock clock;

    Retention(Bucket bucket, Layout layout, ModelStore store, Clock clock) {
        this.bucket = bucket;
        this.layout = layout;
        this.store = store;
        this.clock = clock;
    }

    /**
     * Removes what may go. The model that was just published stands, whatever happens here: what
     * can't be done is said.
     *
     * @param keep how many versions stay at least
     */
    void apply(String name, int keep, Progress progress) throws IOException, InterruptedException {
        try {
            remove(name, keep, progress);
        } catch (StepException e) {
            progress.say("keep: " + e.getMessage());
        }
    }

    private void remove(String name, int keep, Progress progress)
            throws IOException, InterruptedException {
        List<String> versions = store.versions(name);
        if (versions.size() <= keep) {
            return;
        }
        List<String> old = new ArrayList<>(versions.subList(keep, versions.size()));
        Instant youngest = clock.instant().minus(YOUNG);
        old.removeIf(version -> madeAt(version).isAfter(youngest));
        if (!old.isEmpty()) {
            old.removeAll(versions.subList(0, surplusFrom(name, versions, keep)));
            old.removeAll(named(name));
        }
        if (old.isEmpty()) {
            progress.say(
                    "keep %d: nothing to remove; %d versions are there, the others are in use or younger than %d days"
                            .formatted(keep, versions.size(), YOUNG.toDays()));
            return;
        }
        // the oldest first: one that can't be removed is tried again by the next build
        List<String> going = old.subList(Math.max(0, old.size() - MOST_AT_ONCE), old.size());
        each(going, version -> mark(name, version));
        Set<String> named = named(name);
        List<String> stay = going.stream().filter(named::contains).toList();
        List<String> go = going.stream().filter(version -> !named.contains(version)).toList();
        each(stay, version -> bucket.delete(List.of(layout.removing(name, version))));
        each(go, version -> delete(name, version));
        progress.say(
                "keep %d: %d of %d versions removed%s"
                        .formatted(
                                keep,
                                go.size(),
                                versions.size(),
                                old.size() > going.size()
                                        ? ", %d more go with the next builds"
                                                .formatted(old.size() - going.size())
                                        : ""));
        Lifecycle.adviceFor(bucket, layout).ifPresent(progress::say);
    }

    /** Where, in versions from the newest on, those begin that are too many. */
    private int surplusFrom(String name, List<String> versions, int keep)
            throws IOException, InterruptedException {
        // a build that was killed may have left files without a model.json: no version
        int found = 0;
        int from = 0;
        while (found < keep && from < versions.size()) {
            List<Callable<Boolean>> tasks = new ArrayList<>();
            for (String version :
                    versions.subList(from, Math.min(versions.size(), from + keep - found))) {
                tasks.add(() -> bucket.exists(layout.modelJson(name, version)));
            }
            List<Boolean> there = Parallel.all(CALLS_AT_A_TIME, tasks);
            found += Collections.frequency(there, true);
            from += there.size();
        }
        return from;
    }

    private static Instant madeAt(String version) {
        return LocalDateTime.parse(version.substring(0, version.indexOf('-')), TIME)
                .toInstant(ZoneOffset.UTC);
    }

    /**
     * The versions that aliases (with what a rollback goes back to) and services name.
     *
     * @throws StepException if one of these can't be read: then nothing may go
     */
    private Set<String> named(String name) throws IOException, InterruptedException {
        List<Callable<List<String>>> tasks = new ArrayList<>();
        for (String key : bucket.keys(layout.aliases(name))) {
            tasks.add(
                    () -> {
                        LinkedHashMap<String, Object> alias = json(key);
                        List<String> found = new ArrayList<>();
                        found.add(text(alias.get("version"), key));
                        if (alias.get("previous") != null) {
                            found.add(text(alias.get("previous"), key));
                        }
                        return found;
                    });
        }
        for (String key : bucket.keys(layout.uses(name))) {
            tasks.add(
                    () -> {
                        if (json(key).get("versions") instanceof List<?> versions) {
                            List<String> found = new ArrayList<>();
                            versions.forEach(version -> found.add(text(version, key)));
                            return found;
                        }
                        throw unreadable(key);
                    });
        }
        Set<String> named = new HashSet<>();
        Parallel.all(CALLS_AT_A_TIME, tasks).forEach(named::addAll);
        return named;
    }

    private LinkedHashMap<String, Object> json(String key) {
        Bucket.Item item = bucket.get(key).orElseThrow(() -> unreadable(key));
        return Json.object(new String(item.content(), StandardCharsets.UTF_8), bucket.uri(key));
    }

    private String text(Object value, String key) {
        if (value instanceof String text) {
            return text;
        }
        throw unreadable(key);
    }

    private StepException unreadable(String key) {
        return new StepException(
                "nothing is removed, since %s doesn't tell which version it names"
                        .formatted(bucket.uri(key)));
    }

    private void mark(String name, String version) {
        LinkedHashMap<String, Object> mark = new LinkedHashMap<>();
        mark.put("since", clock.instant().toString());
        bucket.put(layout.removing(name, version), Json.bytes(mark), Bucket.Storage.PLAIN);
    }

    /** Deletes a version, model.json first, its mark last: what is interrupted is done again. */
    private void delete(String name, String version) {
        Optional<StoredModel> model = store.find(name, version);
        bucket.delete(List.of(layout.modelJson(name, version)));
        model.ifPresent(this::forget);
        String mark = layout.removing(name, version);
        List<String> files = new ArrayList<>(bucket.keys(layout.version(name, version)));
        files.remove(mark);
        bucket.delete(files);
        bucket.delete(List.of(mark));
    }

    /** Its bytes are found no more, unless they are a later version's, too. */
    private void forget(StoredModel model) {
        String key = layout.bySha256(model.name(), model.content());
        if (bucket.get(key).isPresent() && model.version().equals(json(key).get("version"))) {
            bucket.delete(List.of(key));
        }
    }

    private interface Action {
        void on(String version);
    }

    private static void each(List<String> versions, Action action)
            throws IOException, InterruptedException {
        List<Callable<Void>> tasks = new ArrayList<>();
        for (String version : versions) {
            tasks.add(
                    () -> {
                        action.on(version);
                        return null;
                    });
        }
        if (!tasks.isEmpty()) {
            Parallel.all(CALLS_AT_A_TIME, tasks);
        }
    }
}
