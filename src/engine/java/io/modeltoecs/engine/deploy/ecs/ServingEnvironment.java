package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.model.StoredModel;
import io.modeltoecs.engine.options.DeployOptions;

/** What the serving container is told by its environment. */
final class ServingEnvironment {
    // The SDKs' own name for it, which the loader's boto3 reads
    private static final String S3_ENDPOINT = "AWS_ENDPOINT_URL_S3";

    private final TaskDefinition.Container container;

    ServingEnvironment(TaskDefinition.Container container) {
        this.container = container;
    }

    /** The model, pinned to its version and digest unless the caller wants the alias. */
    void model(DeployOptions options, String region, StoredModel stored) {
        container.env(
                "MODEL", options.pinModel() ? stored.ref().toString() : options.model().toString());
        if (options.pinModel()) {
            container.env("MODEL_SHA256", stored.sha256());
        } else {
            container.removeEnv("MODEL_SHA256");
        }
        container.env("MODEL_BUCKET", options.aws().bucket());
        container.env("MODEL_PREFIX", options.aws().prefix());
        container.env("MODEL_REGION", region);
        if (container.env("AWS_REGION") == null) {
            container.env("AWS_REGION", region);
        }
    }

    /**
     * All but the model.
     *
     * @param image or null
     */
    void rest(DeployOptions options, ImageFacts image) {
        for (String name : new String[] {"MODEL", "MODEL_SHA256"}) {
            if (options.model() != null && options.env().containsKey(name)) {
                throw new StepException(
                        "'env' sets %s, which 'model' sets: leave it out of 'env'".formatted(name));
            }
        }
        for (String name : options.env().keySet()) {
            if (options.secrets().containsKey(name)) {
                throw new StepException(
                        "'%s' is both in 'env' and in 'secrets', but can be only one of them"
                                .formatted(name));
            }
        }
        if (!options.allow().isEmpty()) {
            container.env("MODEL_ALLOW", String.join(",", options.allow()));
        }
        if (options.modelEndpoint() != null) {
            container.env(S3_ENDPOINT, options.modelEndpoint());
        }
        options.env().forEach(container::env);
        options.secrets().forEach(container::secret);
        port(image);
    }

    /** Where the image listens on another port than the container's. */
    private void port(ImageFacts image) {
        if (image == null
                || image.env("PORT") == null
                || container.ports().size() != 1
                || container.env("PORT") != null
                || container.hasSecret("PORT")) {
            return;
        }
        String port = container.ports().get(0).toString();
        if (!port.equals(image.env("PORT"))) {
            container.env("PORT", port);
        }
    }
}
