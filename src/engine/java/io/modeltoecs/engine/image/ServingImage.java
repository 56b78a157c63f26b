package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.model.ModelStore;
import io.modeltoecs.engine.model.StoredModel;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.BuildOptions;
import io.modeltoecs.engine.progress.Progress;
import io.modeltoecs.engine.registry.Login;
import io.modeltoecs.engine.registry.LoginRefused;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * {@code buildServingImage}: checks, has the image made where the files are, and has it pushed. The
 * registry's repository is made last, when only the upload is left to do.
 */
public final class ServingImage {
    private final BuildOptions options;
    private final AwsAccess aws;
    private final BuildInfo build;
    private final Login registryLogin;
    private final SigningKey signingKey;
    private final Progress progress;

    /**
     * @param aws access to AWS; null where neither ECR nor a model is asked for, see {@link
     *     #needsAws}
     * @param registryLogin the login of {@code registryCredentialsId}, or null
     * @param signingKey the key of {@code signingCredentialsId}, or null
     */
    public ServingImage(
            BuildOptions options,
            AwsAccess aws,
            BuildInfo build,
            Login registryLogin,
            SigningKey signingKey,
            Progress progress) {
        this.options = options;
        this.aws = aws;
        this.build = build;
        this.registryLogin = registryLogin;
        this.signingKey = signingKey;
        this.progress = progress;
    }

    /** Whether a call with these options talks to AWS. */
    public static boolean needsAws(BuildOptions options) {
        return isEcr(options) || options.model() != null;
    }

    /**
     * Builds and pushes the image.
     *
     * @param workplace where the files are
     * @return the step's result
     * @throws StepException if it can't be built; the registry is then as it was, but for layers
     *     that no tag names
     */
    public LinkedHashMap<String, Object> run(ImageWorkplace workplace)
            throws IOException, InterruptedException {
        return isEcr(options) ? runWithEcr(workplace) : runWithRegistry(workplace);
    }

    private LinkedHashMap<String, Object> runWithEcr(ImageWorkplace workplace)
            throws IOException, InterruptedException {
        EcrRepository ecr = new EcrRepository(aws, options.registry(), options.repository());
        EcrRepository.Access access = ecr.access();
        Optional<Boolean> immutable = ecr.immutable();
        if (immutable.isEmpty() && !options.createRepository()) {
            throw ecr.missing();
        }
        BuildOrder order =
                order(
                        access.registry(),
                        options.repository(),
                        immutable.orElse(false) || options.immutable());
        Assembly assembly = assemble(workplace, order, access.login());
        if (immutable.isEmpty()) {
            ecr.create(options.immutable(), progress);
        }
        BuiltImage image = push(assembly, ecr, workplace);
        if (options.failOn() != null) {
            ecr.refuse(image.digest(), options.failOn(), progress);
        }
        return image.toResult();
    }

    /**
     * Resolving dependencies may have taken long, and so may the push: each starts with a token of
     * its own, and a push whose token ended goes on with another one.
     */
    private BuiltImage push(Assembly assembly, EcrRepository ecr, ImageWorkplace workplace)
            throws IOException, InterruptedException {
        try {
            return workplace.push(assembly, ecr.access().login(), progress);
        } catch (LoginRefused e) {
            progress.say("push: goes on with a new token, since " + e.getMessage());
            return workplace.push(assembly, ecr.access().login(), progress);
        }
    }

    private LinkedHashMap<String, Object> runWithRegistry(ImageWorkplace workplace)
            throws IOException, InterruptedException {
        String registry = options.registry().replaceFirst("/+$", "");
        int slash = registry.indexOf('/', registry.startsWith("http://") ? 7 : 0);
        String host = slash < 0 ? registry : registry.substring(0, slash);
        String prefix = slash < 0 ? "" : registry.substring(slash + 1) + "/";
        BuildOrder order = order(host, prefix + options.repository(), options.immutable());
        Assembly assembly = assemble(workplace, order, registryLogin);
        return workplace.push(assembly, registryLogin, progress).toResult();
    }

    /** Signed here: the workplace gets a signature, not the key. */
    private Assembly assemble(ImageWorkplace workplace, BuildOrder order, Login login)
            throws IOException, InterruptedException {
        Assembly assembly = workplace.assemble(order, login, progress);
        return signingKey == null ? assembly : assembly.signed(signingKey);
    }

    private static boolean isEcr(BuildOptions options) {
        // a login that is given is for a registry that only looks like ECR, or for its own token
        return options.registryCredentialsId() == null && EcrRepository.isEcr(options.registry());
    }

    private BuildOrder order(String registry, String repository, boolean immutable)
            throws IOException {
        return new BuildOrder(
                registry,
                repository,
                options.base(),
                new ArrayList<>(options.platforms()),
                options.app(),
                new ArrayList<>(options.include()),
                options.requirements(),
                options.model() == null ? null : modelNeeds(),
                new ArrayList<>(options.allow()),
                options.dockerfile(),
                new TreeMap<>(options.buildArgs()),
                new ArrayList<>(options.tags()),
                new TreeMap<>(options.labels()),
                options.port(),
                immutable,
                build.number(),
                options.sbom(),
                builder(),
                ServingRuntime.files());
    }

    /** The job, not the build: the same inputs have the same provenance. */
    private String builder() {
        return build.url() == null
                ? "urn:model-to-ecs:local"
                : build.url().replaceFirst("/[0-9]+/*$", "/");
    }

    private BuildOrder.ModelNeeds modelNeeds() {
        StoredModel model = new ModelStore(aws, options.aws()).resolve(options.model());
        if (model.python() == null) {
            throw new StepException(
                    "%s: model.json of %s doesn't say which Python made it"
                            .formatted(BuildOptions.STEP, model.ref()));
        }
        return new BuildOrder.ModelNeeds(
                model.ref().toString(),
                model.python(),
                new TreeMap<>(model.libraries()),
                new ArrayList<>(model.importDistributions()));
    }
}
