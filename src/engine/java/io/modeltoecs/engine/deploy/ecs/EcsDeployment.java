package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.model.ModelStore;
import io.modeltoecs.engine.options.DeployOptions;
import io.modeltoecs.engine.options.Settings;
import io.modeltoecs.engine.progress.Progress;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/** {@code deployToEcs}: rolls an image and a model out on a service of Amazon ECS. */
public final class EcsDeployment {
    private EcsDeployment() {}

    /**
     * @param options what is to be deployed where
     * @param access AWS with the step's credentials; closed by its owner, not here
     * @param settings its environment fills <code>${NAME}</code> in the spec file, where {@code
     *     AWS_REGION} is the step's region
     * @param spec content of the file that {@code spec} names, or null where there is none
     * @param authorization value of the header {@code Authorization} by the id of a stored
     *     credential, for {@code verify}
     * @param progress where lines go when something changed
     * @throws io.modeltoecs.engine.StepException if an option isn't supported, or the spec file is
     *     wrong
     */
    public static DeploymentTarget of(
            DeployOptions options,
            AwsAccess access,
            Settings settings,
            String spec,
            Function<String, String> authorization,
            Progress progress) {
        return of(options, access, settings, spec, authorization, progress, Pollers.OF_THIS_JVM);
    }

    static DeploymentTarget of(
            DeployOptions options,
            AwsAccess access,
            Settings settings,
            String spec,
            Function<String, String> authorization,
            Progress progress,
            Pollers pollers) {
        Clock clock = pollers.clock();
        EcsApi ecs = new EcsApi(access.ecs(new JsonBodies()), options.cluster(), options.service());
        SpecFile file =
                spec == null
                        ? null
                        : SpecFile.parse(options.spec(), spec, variables(settings, access));
        ModelStore store =
                options.aws().bucket() == null ? null : new ModelStore(access, options.aws());
        Rules rules =
                new Rules(
                        options.timeout(),
                        options.rollback(),
                        options.onAbort().equals("rollback"),
                        options.onBusy().equals("wait"),
                        options.dryRun(),
                        false,
                        options.onPause().equals("return"),
                        options.resume(),
                        options.decision());
        return new Rollout(
                rules,
                new DeployPlanner(options, access, ecs, file, progress),
                ecs,
                access,
                new Stages(
                        options.runTask() == null
                                ? Stage.NONE
                                : new TaskRun(options.runTask(), ecs, access, progress, clock),
                        new Verification(
                                options.verify(),
                                authorization,
                                rules,
                                ecs,
                                new LoadBalancing(access, progress),
                                Probe.beside(options.aws().endpoint()),
                                progress,
                                clock),
                        options.keep() == null
                                ? Stage.NONE
                                : new OldRevisions(options.keep(), ecs, progress)),
                new Uses(
                        store,
                        new InUseTags(
                                new Images(access, options.aws().endpoint() != null, progress),
                                progress),
                        options.cluster(),
                        options.service()),
                progress,
                pollers);
    }

    /** The build's environment, with the region that the step uses, wherever that was said. */
    private static Map<String, String> variables(Settings settings, AwsAccess access) {
        Map<String, String> variables = new HashMap<>(settings.environment());
        variables.put("AWS_REGION", access.region().id());
        return variables;
    }
}
