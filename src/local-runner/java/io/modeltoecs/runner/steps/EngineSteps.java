package io.modeltoecs.runner.steps;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.aws.AwsKeys;
import io.modeltoecs.engine.deploy.ecs.EcsDeployment;
import io.modeltoecs.engine.deploy.ecs.RollbackEcs;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.image.ImageBuild;
import io.modeltoecs.engine.image.ServingImage;
import io.modeltoecs.engine.image.SigningKey;
import io.modeltoecs.engine.model.LocalWorkplace;
import io.modeltoecs.engine.model.ModelStore;
import io.modeltoecs.engine.model.OutputTail;
import io.modeltoecs.engine.model.PublicationState;
import io.modeltoecs.engine.model.Publisher;
import io.modeltoecs.engine.model.Training;
import io.modeltoecs.engine.options.AwsOptions;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.BuildOptions;
import io.modeltoecs.engine.options.DeployOptions;
import io.modeltoecs.engine.options.PromoteOptions;
import io.modeltoecs.engine.options.PublishOptions;
import io.modeltoecs.engine.options.RollbackEcsOptions;
import io.modeltoecs.engine.options.RollbackModelOptions;
import io.modeltoecs.engine.options.Settings;
import io.modeltoecs.engine.registry.Login;
import io.modeltoecs.runner.build.Build;
import io.modeltoecs.runner.build.Credentials;
import io.modeltoecs.runner.step.StepContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * This project's steps by the engine, on this machine. Its user owns the build and the machine, so
 * that endpoint and credentials may come from the environment, unlike on a Jenkins controller.
 */
public final class EngineSteps implements ModelSteps {

    @Override
    public Object run(StepContext context) throws Exception {
        Map<String, Object> arguments = context.arguments();
        Settings settings = settings(context);
        return switch (context.name()) {
            case PublishOptions.STEP -> publish(context, PublishOptions.from(arguments, settings));
            case BuildOptions.STEP -> build(context, BuildOptions.from(arguments, settings));
            case DeployOptions.STEP ->
                    deploy(context, DeployOptions.from(arguments, settings), settings);
            case PromoteOptions.STEP -> promote(context, PromoteOptions.from(arguments, settings));
            case RollbackModelOptions.STEP ->
                    rollback(context, RollbackModelOptions.from(arguments, settings));
            case RollbackEcsOptions.STEP ->
                    rollback(context, RollbackEcsOptions.from(arguments, settings));
            default -> throw new IllegalArgumentException(context.name());
        };
    }

    private static Object publish(StepContext context, PublishOptions options)
            throws IOException, InterruptedException {
        Login pip = login(context, options.pipCredentialsId());
        Training training = new Training(options);
        Path folder =
                Files.createTempDirectory(Path.of(context.scope().workspace() + "@tmp"), "train-");
        try (AwsAccess aws = access(context, options.aws())) {
            Publisher publisher = new Publisher(options, info(context), aws);
            publisher.check();
            if (training.needed()) {
                train(context, training, folder, pip);
            }
            String environment =
                    training.needed() ? training.environmentFile(folder.toString()) : null;
            PublicationState state = new PublicationState(environment);
            try {
                Outbound outbound = Outbound.of(context.environment());
                return publisher.publish(
                        new LocalWorkplace(context.directory(), outbound),
                        state,
                        () -> {},
                        context);
            } finally {
                archive(context, Publisher.cardName(options), Publisher.card(state));
            }
        } finally {
            Folders.delete(folder);
        }
    }

    private static void archive(StepContext context, String name, Optional<String> card)
            throws IOException {
        if (card.isPresent()) {
            Path archive = context.build().folder().resolve("archive");
            Files.createDirectories(archive);
            Files.writeString(archive.resolve(name), card.get());
            context.say("model card: " + archive.resolve(name));
        }
    }

    private static void train(StepContext context, Training training, Path folder, Login pip)
            throws IOException, InterruptedException {
        for (Map.Entry<String, String> file : training.files().entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
        Path log = folder.resolve("log");
        int status =
                Processes.run(
                        context,
                        List.of("sh", "-c", training.command(folder.toString(), true)),
                        pip == null
                                ? training.environment(null, null)
                                : training.environment(pip.user(), pip.password()),
                        log,
                        log);
        if (status != 0) {
            OutputTail tail = new OutputTail();
            Files.copy(log, tail);
            throw Training.failed(status, tail);
        }
    }

    private static Object build(StepContext context, BuildOptions options)
            throws IOException, InterruptedException {
        Login registry = login(context, options.registryCredentialsId());
        Login pip = login(context, options.pipCredentialsId());
        SigningKey key =
                options.signingCredentialsId() == null
                        ? null
                        : SigningKey.parse(secret(context, options.signingCredentialsId()));
        try (AwsAccess aws =
                ServingImage.needsAws(options) ? access(context, options.aws()) : null) {
            return new ServingImage(options, aws, info(context), registry, key, context)
                    .run(new ImageBuild(context.directory(), context.environment(), pip));
        }
    }

    private static Object deploy(StepContext context, DeployOptions options, Settings settings)
            throws IOException, InterruptedException {
        String spec = options.spec() == null ? null : read(context, options.spec());
        try (AwsAccess aws = access(context, options.aws())) {
            return Following.toItsEnd(
                    EcsDeployment.of(
                            options,
                            aws,
                            settings,
                            spec,
                            id -> authorization(context, id),
                            context),
                    context);
        }
    }

    private static Object rollback(StepContext context, RollbackEcsOptions options)
            throws InterruptedException {
        try (AwsAccess aws = access(context, options.aws())) {
            return Following.toItsEnd(RollbackEcs.of(options, aws, context), context);
        }
    }

    private static Object promote(StepContext context, PromoteOptions options) {
        try (AwsAccess aws = access(context, options.aws())) {
            return new ModelStore(aws, options.aws())
                    .promote(
                            options.name(),
                            options.version(),
                            options.alias(),
                            info(context),
                            context);
        }
    }

    private static Object rollback(StepContext context, RollbackModelOptions options) {
        try (AwsAccess aws = access(context, options.aws())) {
            return new ModelStore(aws, options.aws())
                    .rollback(options.name(), options.alias(), info(context), context);
        }
    }

    private static Settings settings(StepContext context) {
        Map<String, String> environment = context.environment();
        String endpoint = environment.get("AWS_ENDPOINT_URL");
        return Settings.of(endpoint == null ? Map.of() : Map.of("endpoint", endpoint), environment);
    }

    private static AwsAccess access(StepContext context, AwsOptions options) {
        return new AwsAccess(
                options,
                keys(context, options.credentialsId()),
                true,
                Outbound.of(context.environment()));
    }

    private static AwsKeys keys(StepContext context, String credentialsId) {
        if (credentialsId != null) {
            Credentials credentials = context.build().credentials();
            AwsKeys keys =
                    new AwsKeys(
                            credentials.field(credentialsId, "accessKeyId"),
                            credentials.field(credentialsId, "secretAccessKey"),
                            credentials.get(credentialsId).get("sessionToken"));
            context.build().log().mask(keys.secretAccessKey());
            return keys;
        }
        Map<String, String> environment = context.environment();
        String id = environment.get("AWS_ACCESS_KEY_ID");
        String secret = environment.get("AWS_SECRET_ACCESS_KEY");
        return id == null || secret == null
                ? null
                : new AwsKeys(id, secret, environment.get("AWS_SESSION_TOKEN"));
    }

    private static Login login(StepContext context, String credentialsId) {
        if (credentialsId == null) {
            return null;
        }
        Credentials credentials = context.build().credentials();
        String password = credentials.field(credentialsId, "password");
        context.build().log().mask(password);
        return new Login(credentials.field(credentialsId, "username"), password);
    }

    /** The value of the header Authorization: of a user and password, or of a secret text. */
    private static String authorization(StepContext context, String credentialsId) {
        Credentials credentials = context.build().credentials();
        if (credentials.get(credentialsId).containsKey("username")) {
            return login(context, credentialsId).basic();
        }
        return "Bearer " + secret(context, credentialsId);
    }

    private static String secret(StepContext context, String credentialsId) {
        String secret = context.build().credentials().field(credentialsId, "secret");
        context.build().log().mask(secret);
        return secret;
    }

    private static BuildInfo info(StepContext context) {
        Build build = context.build();
        return new BuildInfo(build.job(), build.number(), build.url(), build.startedAt());
    }

    private static String read(StepContext context, String spec) throws IOException {
        if (context.scope().directory() == null) {
            throw new StepException(
                    context.name() + ": 'spec' is a file of the workspace; surround it with node");
        }
        Path file = context.path(spec);
        if (!Files.isRegularFile(file)) {
            throw new StepException(
                    "%s: 'spec' is '%s', but there is no such file in %s"
                            .formatted(context.name(), spec, context.directory()));
        }
        return Files.readString(file);
    }
}
