package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.model.PublicationState.FileState;
import io.modeltoecs.engine.model.PublicationState.Phase;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.PublishOptions;
import io.modeltoecs.engine.pickle.PickledModel;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Publishes what a training left: inspects it where it is, checks the gates, has it uploaded, and
 * commits it by writing model.json last. Whatever fails before leaves nothing that anybody can see.
 */
public final class Publisher {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final PublishOptions options;
    private final BuildInfo build;
    private final Clock clock;
    private final Gates gates;
    private final Bucket bucket;
    private final Bucket.Storage storage;
    private final Layout layout;
    private final ModelStore store;
    private final Aliases aliases;
    private final Upload upload;

    /**
     * @param build the build that publishes
     * @throws StepException if a gate isn't one
     */
    public Publisher(PublishOptions options, BuildInfo build, AwsAccess aws) {
        this(options, build, aws, Clock.systemUTC());
    }

    Publisher(PublishOptions options, BuildInfo build, AwsAccess aws, Clock clock) {
        this.options = options;
        this.build = build;
        this.clock = clock;
        gates = new Gates(options.gates());
        S3Client s3 = aws.s3();
        bucket = new Bucket(s3, options.aws().bucket());
        storage = new Bucket.Storage(options.kmsKeyId(), options.tags());
        layout = new Layout(options.aws().prefix());
        store = new ModelStore(bucket, layout);
        aliases = new Aliases(bucket, layout, storage);
        upload = new Upload(s3, aws.presigner(), bucket, options, storage);
    }

    /**
     * Checks, before a training begins, whether the store can be read and written.
     *
     * @throws StepException if it can't
     */
    public void check() {
        // needs no s3:ListBucket, as a HEAD of the bucket would
        bucket.get(layout.alias(options.name(), championAlias().orElse("latest")));
        upload.probe(layout.version(options.name(), "write-check") + "model.json");
    }

    /**
     * Publishes, or goes on with a publication that was interrupted.
     *
     * @param state where it begins or goes on; changed as it goes
     * @param save called after each change of the state that a restart must not lose, by several
     *     threads but by one at a time
     * @return name, version, uri, sha256, sizeBytes, metrics, aliases, reused
     * @throws StepException if it can't be published: the store is as it was; or if an alias can't
     *     be moved to the version that is published by then
     * @throws WorkplaceLostException if the workplace can't be reached: call again when it is back
     */
    public LinkedHashMap<String, Object> publish(
            Workplace workplace, PublicationState state, Runnable save, Progress progress)
            throws IOException, InterruptedException {
        try {
            if (state.phase() == Phase.INSPECT) {
                inspect(workplace, state, progress);
                save.run();
            }
            if (state.phase() == Phase.UPLOAD) {
                upload.send(workplace, state, save, progress);
                state.uploaded();
                save.run();
            }
            if (state.phase() == Phase.COMMIT) {
                commit(state, save, progress);
                save.run();
            }
            return new LinkedHashMap<>(state.result());
        } catch (WorkplaceLostException e) {
            throw e; // what was sent is kept, to go on with when it is back
        } catch (AbortedException e) {
            giveUp(state, progress);
            InterruptedException interrupted = new InterruptedException("publishing was aborted");
            interrupted.initCause(e);
            throw interrupted;
        } catch (IOException | InterruptedException | RuntimeException e) {
            if (e instanceof StepException) {
                state.failed(e.getMessage());
            }
            giveUp(state, progress);
            throw e;
        }
    }

    /** Name of the file in which a build keeps the {@link #card}. */
    public static String cardName(PublishOptions options) {
        return "model-card-" + options.name() + ".html";
    }

    /**
     * A page in HTML about what was published, or why it wasn't: metrics against the champion,
     * gates, lineage, environment. Empty where it isn't known yet what is to be published.
     */
    public static Optional<String> card(PublicationState state) {
        return state.modelJson() == null ? Optional.empty() : Optional.of(ModelCard.of(state));
    }

    /**
     * Gives a publication up that isn't running: drops what was uploaded of it. One that runs is
     * given up by interrupting its thread.
     */
    public void abandon(PublicationState state, Progress progress) {
        upload.abort(state, progress);
        if (state.phase() != Phase.DONE) {
            state.restart();
        }
    }

    private void giveUp(PublicationState state, Progress progress) {
        // the SDK makes no call in an interrupted thread
        boolean interrupted = Thread.interrupted();
        try {
            abandon(state, progress);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    // --- inspect

    private void inspect(Workplace workplace, PublicationState state, Progress progress)
            throws IOException, InterruptedException {
        Optional<StoredModel> champion =
                championAlias().flatMap(alias -> store.holder(options.name(), alias));
        Artifact artifact = new Artifact(options.artifact());
        Inspection inspection =
                workplace.inspect(
                        new InspectionOrder(
                                artifact.path(),
                                options.metrics(),
                                options.scan(),
                                state.environmentFile(),
                                options.python()),
                        progress);
        Environment environment = Environment.parse(inspection.environment());
        LinkedHashMap<String, Object> metrics =
                inspection.metrics() == null
                        ? new LinkedHashMap<>()
                        : Json.object(
                                inspection.metrics(),
                                "the metrics file '" + options.metrics() + "'");
        List<LinkedHashMap<String, Object>> files = artifact.entries(inspection.files());
        String content = artifact.sha256(inspection.files());
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        String version = TIME.format(now) + "-" + content.substring(0, 8);
        LinkedHashMap<String, Object> json = new LinkedHashMap<>();
        json.put("schemaVersion", 1);
        json.put("name", options.name());
        json.put("version", version);
        json.put("files", files);
        json.put("artifact", artifact.name());
        json.put("python", environment.python());
        json.put("libraries", environment.libraries());
        json.put("imports", inspection.imports());
        json.put("importDistributions", environment.distributionsOf(inspection.imports()));
        json.put("model", modelEntry(inspection.model(), environment));
        json.put("metrics", metrics);
        json.put("params", Json.simple(options.params()));
        json.put("git", inspection.git().isEmpty() ? null : inspection.git());
        json.put("build", buildEntry());
        json.put("parent", champion.map(StoredModel::version).orElse(null));
        json.put("createdAt", now.toString());

        Gates.Verdict verdict = gates.check(metrics, champion, progress);
        state.compared(Json.pretty(json), champion, verdict.rows());
        if (verdict.problem() != null) {
            throw new StepException(verdict.problem());
        }
        Optional<StoredModel> existing = published(content, files, environment);
        if (existing.isPresent()) {
            progress.say(
                    "%s has these bytes in this environment already: nothing to upload"
                            .formatted(existing.get().ref()));
            state.reuse(existing.get());
            return;
        }
        String folder = layout.version(options.name(), version);
        List<FileState> uploads = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            Inspection.ModelFile file = inspection.files().get(i);
            uploads.add(
                    new FileState(
                            file.path(),
                            folder + files.get(i).get("path"),
                            file.bytes(),
                            file.partMd5s()));
        }
        state.upload(version, content, uploads);
    }

    /** The alias whose model the new one follows and is compared with. */
    private Optional<String> championAlias() {
        return options.alias().stream().findFirst();
    }

    private static LinkedHashMap<String, Object> modelEntry(
            PickledModel model, Environment environment) {
        if (model == null) {
            return null;
        }
        List<String> libraries = environment.distributionsOf(List.of(model.type()));
        LinkedHashMap<String, Object> entry = new LinkedHashMap<>();
        entry.put("class", model.type());
        entry.put("library", libraries.size() == 1 ? libraries.get(0) : null);
        entry.put("nFeatures", model.inputs());
        entry.put("features", model.features());
        return entry;
    }

    private LinkedHashMap<String, Object> buildEntry() {
        LinkedHashMap<String, Object> entry = new LinkedHashMap<>();
        entry.put("job", build.job());
        entry.put("number", build.number());
        entry.put("url", build.url());
        return entry;
    }

    /** The version that has these bytes, if it was made in the same environment. */
    private Optional<StoredModel> published(
            String content, List<LinkedHashMap<String, Object>> files, Environment environment) {
        String key = layout.bySha256(options.name(), content);
        return bucket.get(key)
                .map(item -> new String(item.content(), StandardCharsets.UTF_8))
                .map(text -> (String) Json.object(text, bucket.uri(key)).get("version"))
                .flatMap(version -> store.find(options.name(), version))
                .filter(model -> same(model.json(), files, environment))
                .filter(model -> !store.isBeingRemoved(model.name(), model.version()));
    }

    private static boolean same(
            LinkedHashMap<String, Object> json,
            List<LinkedHashMap<String, Object>> files,
            Environment environment) {
        return Json.compact(files).equals(Json.compact(json.get("files")))
                && Objects.equals(environment.python(), json.get("python"))
                && environment.libraries().equals(json.get("libraries"));
    }

    // --- commit

    private void commit(PublicationState state, Runnable save, Progress progress)
            throws IOException, InterruptedException {
        if (!state.reused()) {
            upload.complete(state, save);
            create(state);
        }
        StoredModel model =
                store.find(options.name(), state.version())
                        .orElseThrow(
                                () ->
                                        new StepException(
                                                bucket.uri(
                                                                layout.modelJson(
                                                                        options.name(),
                                                                        state.version()))
                                                        + " can't be read: allow s3:GetObject to"
                                                        + " the credentials of this step"));
        if (!state.reused()) {
            LinkedHashMap<String, Object> found = new LinkedHashMap<>();
            found.put("version", model.version());
            bucket.put(
                    layout.bySha256(options.name(), state.content()), Json.bytes(found), storage);
            progress.say(
                    "published %s: %s, %s"
                            .formatted(
                                    model.ref(),
                                    Amounts.bytes(model.sizeBytes()),
                                    store.uri(model.name(), model.version())));
        }
        ArrayList<String> held = moveAliases(model, progress);
        if (state.reused() && store.isBeingRemoved(model.name(), model.version())) {
            throw new StepException(
                    model.ref()
                            + " has these bytes, but is being removed by another build's 'keep':"
                            + " run this build again, which publishes them anew");
        }
        if (options.keep() != null) {
            new Retention(bucket, layout, store, clock)
                    .apply(options.name(), options.keep(), progress);
        }
        state.done(result(state, model, held));
    }

    /** Writes model.json: from here on the version exists. */
    private void create(PublicationState state) {
        String key = layout.modelJson(options.name(), state.version());
        byte[] content = state.modelJson().getBytes(StandardCharsets.UTF_8);
        if (bucket.create(key, content, storage)) {
            return;
        }
        // another build has published the same bytes in the same second
        LinkedHashMap<String, Object> ours = Json.object(state.modelJson(), key);
        StoredModel theirs = store.find(options.name(), state.version()).orElse(null);
        if (theirs == null
                || !Objects.equals(ours.get("files"), theirs.json().get("files"))
                || !Objects.equals(ours.get("python"), theirs.json().get("python"))
                || !Objects.equals(ours.get("libraries"), theirs.json().get("libraries"))) {
            throw new StepException(
                    bucket.uri(key) + " was written by another build in this second: try again");
        }
        state.reuse(theirs);
    }

    private Aliases.Move move(String alias, StoredModel model) {
        try {
            return aliases.publish(
                    model.name(), alias, model.version(), model.sha256(), Aliases.Mover.of(build));
        } catch (StepException e) {
            throw new StepException(
                    "%s is published, but the alias '%s' can't be moved to it: %s"
                            .formatted(model.ref(), alias, e.getMessage()),
                    e);
        }
    }

    private ArrayList<String> moveAliases(StoredModel model, Progress progress) {
        ArrayList<String> held = new ArrayList<>();
        for (String alias : options.alias()) {
            String name = model.name() + "@" + alias;
            Aliases.Move move = move(alias, model);
            String before = move.before().map(Aliases.Alias::version).orElse(null);
            if (!move.moved()) {
                progress.say(
                        "%s stays at %s: %s began after this build"
                                .formatted(name, before, move.before().orElseThrow().by()));
            } else {
                held.add(alias);
                progress.say(
                        name
                                + ": "
                                + model.version()
                                + (before == null || before.equals(model.version())
                                        ? ""
                                        : " (it was " + before + ")"));
            }
        }
        return held;
    }

    private LinkedHashMap<String, Object> result(
            PublicationState state, StoredModel model, ArrayList<String> held) {
        LinkedHashMap<String, Object> result = new LinkedHashMap<>();
        result.put("name", model.name());
        result.put("version", model.version());
        result.put("uri", store.uri(model.name(), model.version()));
        result.put("sha256", model.sha256());
        result.put("sizeBytes", model.sizeBytes());
        result.put("metrics", new LinkedHashMap<>(model.metrics()));
        result.put("aliases", held);
        result.put("reused", state.reused());
        return result;
    }
}
