package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.options.AwsOptions;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.ModelRef;
import io.modeltoecs.engine.progress.Progress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/**
 * The model store: versions, aliases and who uses them. A version exists when its model.json does.
 */
public final class ModelStore {
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
        StoredModel model = required(name, version);
        Aliases.Move move =
                aliases.set(
                        name,
                        alias,
                        version,
                        model.sha256(),
                        build.startedAt().toEpochMilli(),
                        by(build));
        String before = move.before().map(Aliases.Alias::version).orElse(null);
        progress.say(
                "%s@%s: %s%s"
                        .formatted(
                                name,
                                alias,
                                version,
                                before == null ? "" : " (it was " + before + ")"));
        return result(model, alias, before);
    }

    /**
     * Points an alias back to the version that it held before.
     *
     * @return name, version, alias, previous (the version it was taken from), sha256
     */
    public LinkedHashMap<String, Object> rollback(
            String name, String alias, BuildInfo build, Progress progress) {
        Aliases.Alias held =
                aliases.read(name, alias)
                        .orElseThrow(
                                () ->
                                        missing(
                                                "the model '"
                                                        + name
                                                        + "' has no alias '"
                                                        + alias
                                                        + "'",
                                                layout.alias(name, alias)));
        if (held.previous() == null) {
            throw new StepException(
                    "%s@%s can't be rolled back: it never held another version than %s"
                            .formatted(name, alias, held.version()));
        }
        return promote(name, held.previous(), alias, build, progress);
    }

    /**
     * Records which versions of a model a service pins, so that they are kept.
     *
     * @param service who uses them, as {@code 123456789012.eu-central-1.cluster.service}
     * @param versions those of its running, previous and last completed revisions
     */
    public void recordUse(String name, String service, List<String> versions) {
        LinkedHashMap<String, Object> use = new LinkedHashMap<>();
        use.put("service", service);
        use.put("versions", new ArrayList<>(versions));
        use.put("updatedAt", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        bucket.put(layout.use(name, service), Json.bytes(use), Bucket.Storage.PLAIN);
    }

    /** Where a version is, as {@code s3://bucket/models/iris/versions/20261123T.../}. */
    public String uri(String name, String version) {
        return bucket.uri(layout.version(name, version));
    }

    /** A build, as aliases name it. */
    static String by(BuildInfo build) {
        return build.job() + " #" + build.number();
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
