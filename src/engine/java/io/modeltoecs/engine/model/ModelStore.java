package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.options.AwsOptions;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.ModelRef;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * The model store: versions, aliases and who uses them. A version exists when its model.json does.
 */
public final class ModelStore {
    private static final int CALLS_AT_A_TIME = 8;

    private final Bucket bucket;
    private final Layout layout;
    private final Aliases aliases;

    /**
     * @param options bucket and prefix; the bucket must be given
     */
    public ModelStore(AwsAccess aws, AwsOptions options) {
        this(new Bucket(aws.s3(), options.bucket()), new Layout(options.prefix()));
    }

    ModelStore(Bucket bucket, Layout layout) {
        this.bucket = bucket;
        this.layout = layout;
        aliases = new Aliases(bucket, layout, Bucket.Storage.PLAIN);
    }

    /**
     * Finds a version, by its alias or its own name.
     *
     * @throws StepException if there is no such model, alias or version, or it may not be read
     */
    public StoredModel resolve(ModelRef ref) {
        if (ref.isVersion()) {
            return required(ref.name(), ref.selector());
        }
        Aliases.Alias alias =
                aliases.read(ref.name(), ref.selector())
                        .orElseThrow(
                                () ->
                                        missing(
                                                "the model '"
                                                        + ref.name()
                                                        + "' has no alias '"
                                                        + ref.selector()
                                                        + "'",
                                                layout.alias(ref.name(), ref.selector())));
        StoredModel model = required(ref.name(), alias.version());
        if (!model.sha256().equals(alias.sha256())) {
            throw new StepException(
                    "%s is not what the alias '%s' names: its sha256 is %s, not %s"
                            .formatted(
                                    bucket.uri(layout.modelJson(model.name(), model.version())),
                                    ref.selector(),
                                    model.sha256(),
                                    alias.sha256()));
        }
        return model;
    }

    /** The version of this name, if it exists. */
    Optional<StoredModel> find(String name, String version) {
        return bucket.get(layout.modelJson(name, version))
                .map(item -> parse(name, version, item.content()));
    }

    /** The version that an alias holds, if there is such an alias and such a version. */
    Optional<StoredModel> holder(String name, String alias) {
        return aliases.read(name, alias).flatMap(held -> find(name, held.version()));
    }

    private StoredModel parse(String name, String version, byte[] content) {
        String uri = bucket.uri(layout.modelJson(name, version));
        StoredModel model =
                new StoredModel(
                        name,
                        version,
                        Digests.sha256(content),
                        Json.object(new String(content, StandardCharsets.UTF_8), uri));
        if (!Integer.valueOf(1).equals(model.json().get("schemaVersion"))) {
            throw new StepException(
                    uri
                            + " has the schemaVersion "
                            + model.json().get("schemaVersion")
                            + ", but only 1 is known: it was published by a newer version");
        }
        return model;
    }

    private StoredModel required(String name, String version) {
        return find(name, version)
                .orElseThrow(
                        () ->
                                missing(
                                        "the model '" + name + "' has no version '" + version + "'",
                                        layout.modelJson(name, version)));
    }

    private StepException missing(String what, String key) {
        return new StepException(
                what
                        + ": "
                        + bucket.uri(key)
                        + " isn't there, or the credentials of this step may not read it"
                        + " (s3:GetObject)");
    }

    /**
     * Points an alias to a version, whatever it points to now.
     *
     * @param build the build that asks for it; those that began before it leave the alias alone
     * @return name, version, alias, previous (the version it held before, or null), sha256
     */
    public LinkedHashMap<String, Object> promote(
            String name, String version, String alias, BuildInfo build, Progress progress) {
        StoredModel model = usable(name, version);
        Aliases.Move move =
                aliases.set(name, alias, version, model.sha256(), Aliases.Mover.of(build));
        requireNotRemoving(name, version);
        return moved(model, alias, move, progress);
    }

    /**
     * Points an alias back to the version that it held before; a second call goes back further.
     *
     * @return name, version, alias, previous (the version it was taken from), sha256
     */
    public LinkedHashMap<String, Object> rollback(
            String name, String alias, BuildInfo build, Progress progress) {
        if (aliases.read(name, alias).isEmpty()) {
            throw missing(
                    "the model '" + name + "' has no alias '" + alias + "'",
                    layout.alias(name, alias));
        }
        StoredModel[] target = new StoredModel[1];
        Aliases.Move move =
                aliases.back(
                        name,
                        alias,
                        Aliases.Mover.of(build),
                        held -> {
                            if (held.previous() == null) {
                                throw new StepException(
                                        "%s@%s can't be rolled back: it held no other version before %s"
                                                .formatted(name, alias, held.version()));
                            }
                            target[0] = usable(name, held.previous());
                            return target[0];
                        });
        requireNotRemoving(name, target[0].version());
        return moved(target[0], alias, move, progress);
    }

    private static LinkedHashMap<String, Object> moved(
            StoredModel model, String alias, Aliases.Move move, Progress progress) {
        String before = move.before().map(Aliases.Alias::version).orElse(null);
        progress.say(
                "%s@%s: %s%s"
                        .formatted(
                                model.name(),
                                alias,
                                model.version(),
                                before == null ? "" : " (it was " + before + ")"));
        return result(model, alias, before);
    }

    /** A version that is there to stay. */
    private StoredModel usable(String name, String version) {
        StoredModel model = required(name, version);
        requireNotRemoving(name, version);
        return model;
    }

    private void requireNotRemoving(String name, String version) {
        if (isBeingRemoved(name, version)) {
            throw new StepException(
                    "%s@%s is being removed by 'keep' of trainAndPublishModel: choose another version"
                            .formatted(name, version));
        }
    }

    /**
     * Whether a version is about to go. Whoever begins to use a version records that first and asks
     * then; whoever removes one says so first and looks then who uses it: one of the two sees the
     * other.
     */
    boolean isBeingRemoved(String name, String version) {
        return bucket.exists(layout.removing(name, version));
    }

    /** The names of a model's versions, the newest first; needs s3:ListBucket. */
    public List<String> versions(String name) {
        List<String> versions = new ArrayList<>(bucket.folders(layout.versions(name)));
        versions.removeIf(version -> !ModelRef.VERSION.matcher(version).matches());
        Collections.reverse(versions);
        return versions;
    }

    /**
     * Describes versions, as a page shows them.
     *
     * @param versions some of {@link #versions}
     * @return those of them that exist, in the same order
     */
    public List<StoredModel> describe(String name, List<String> versions)
            throws IOException, InterruptedException {
        List<Callable<Optional<StoredModel>>> tasks = new ArrayList<>();
        versions.forEach(version -> tasks.add(() -> find(name, version)));
        return Parallel.all(CALLS_AT_A_TIME, tasks).stream().flatMap(Optional::stream).toList();
    }

    /**
     * Records which versions of a model a service pins, so that they are kept.
     *
     * @param service who uses them, as {@code 123456789012.eu-central-1.cluster.service}
     * @param versions those of its running, previous and last completed revisions
     * @throws StepException if one of them is being removed
     */
    public void recordUse(String name, String service, List<String> versions) {
        LinkedHashMap<String, Object> use = new LinkedHashMap<>();
        use.put("service", service);
        use.put("versions", new ArrayList<>(versions));
        use.put("updatedAt", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        bucket.put(layout.use(name, service), Json.bytes(use), Bucket.Storage.PLAIN);
        versions.forEach(version -> requireNotRemoving(name, version));
    }

    /** Where a version is, as {@code s3://bucket/models/iris/versions/20261123T.../}. */
    public String uri(String name, String version) {
        return bucket.uri(layout.version(name, version));
    }

    private static LinkedHashMap<String, Object> result(
            StoredModel model, String alias, String previous) {
        LinkedHashMap<String, Object> result = new LinkedHashMap<>();
        result.put("name", model.name());
        result.put("version", model.version());
        result.put("alias", alias);
        result.put("previous", previous);
        result.put("sha256", model.sha256());
        return result;
    }
}
