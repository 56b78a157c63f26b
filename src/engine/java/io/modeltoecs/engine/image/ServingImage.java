package io.modeltoecs.engine.image;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.BuildOptions;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.util.LinkedHashMap;

/**
 * {@code buildServingImage}: checks, has the image made where the files are, and has it pushed. The
 * registry's repository is made last, when only the upload is left to do.
 */
public final class ServingImage {
    private final BuildOptions options;
    private final AwsAccess aws;
    private final BuildInfo build;
    private final Login registryLogin;
    private final Progress progress;

    /**
     * @param aws access to AWS; null where neither ECR nor a model is asked for, see {@link
     *     #needsAws}
     * @param registryLogin the login of {@code registryCredentialsId}, or null
     */
    public ServingImage(
            BuildOptions options,
            AwsAccess aws,
            BuildInfo build,
            Login registryLogin,
            Progress progress) {
        this.options = options;
        this.aws = aws;
        this.build = build;
        this.registryLogin = registryLogin;
        this.progress = progress;
    }

    /** Whether a call with these options talks to AWS. */
    public static boolean needsAws(BuildOptions options) {
        return options.registry().equals(BuildOptions.ECR) || options.model() != null;
    }

    /**
     * Builds and pushes the image.
     *
     * @param workplace where the files are
     * @return the step's result
     * @throws io.modeltoecs.engine.StepException if it can't be built; the registry is as it was
     */
    public LinkedHashMap<String, Object> run(ImageWorkplace workplace)
            throws IOException, InterruptedException {
        throw new UnsupportedOperationException();
    }
}
