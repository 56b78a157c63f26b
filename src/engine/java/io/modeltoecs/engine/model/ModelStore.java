package io.modeltoecs.engine.model;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.options.AwsOptions;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.ModelRef;
import io.modeltoecs.engine.progress.Progress;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * The model store: versions, aliases and who uses them. A version exists when its model.json does.
 */
public final class ModelStore {

    /**
     * @param options bucket and prefix; the bucket must be given
     */
    public ModelStore(AwsAccess aws, AwsOptions options) {}

    /**
     * Finds a version, by its alias or its own name.
     *
     * @throws io.modeltoecs.engine.StepException if there is no such model, alias or version, or it
     *     may not be read
     */
    public StoredModel resolve(ModelRef ref) {
        throw new UnsupportedOperationException();
    }

    /**
     * Points an alias to a version, whatever it points to now.
     *
     * @return name, version, alias, previous (version or null), sha256
     */
    public LinkedHashMap<String, Object> promote(
            String name, String version, String alias, BuildInfo build, Progress progress) {
        throw new UnsupportedOperationException();
    }

    /**
     * Points an alias back to the version that it held before.
     *
     * @return name, version, alias, previous (the version it was taken from), sha256
     */
    public LinkedHashMap<String, Object> rollback(
            String name, String alias, BuildInfo build, Progress progress) {
        throw new UnsupportedOperationException();
    }

    /**
     * Records which versions of a model a service pins, so that they are kept.
     *
     * @param service who uses them, as {@code 123456789012.eu-central-1.cluster.service}
     * @param versions those of its running, previous and last completed revisions
     */
    public void recordUse(String name, String service, List<String> versions) {
        throw new UnsupportedOperationException();
    }

    /** Where a model's version is, as {@code s3://bucket/models/iris/versions/2026.../}. */
    public String uri(String name, String version) {
        throw new UnsupportedOperationException();
    }
}
