package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.secrets.ParametersApi;
import io.modeltoecs.cloud.secrets.SecretsApi;
import java.util.LinkedHashMap;
import java.util.Map;

/** Looks up the secrets of containers as their tasks start. */
final class TaskSecrets {
    private static final String HEAD =
            "ResourceInitializationError: unable to pull secrets or registry auth: execution"
                    + " resource retrieval failed: unable to retrieve ";

    private final SecretsApi secrets;
    private final ParametersApi parameters;

    TaskSecrets(SecretsApi secrets, ParametersApi parameters) {
        this.secrets = secrets;
        this.parameters = parameters;
    }

    /**
     * The values by variable name.
     *
     * @throws StartFailure ResourceInitializationError
     */
    Map<String, String> values(TaskContainer container) {
        Map<String, String> values = new LinkedHashMap<>();
        for (JsonNode secret : container.definition.path("secrets")) {
            String from = secret.path("valueFrom").asText();
            values.put(secret.path("name").asText(), value(from));
        }
        return values;
    }

    private String value(String from) {
        boolean manager = from.contains(":secretsmanager:");
        try {
            return manager ? secrets.value(from) : parameters.value(from);
        } catch (AwsError e) {
            String why =
                    manager
                            ? "secret from asm: service call has been retried 1 time(s): failed to"
                                    + " fetch secret "
                                    + from
                                    + " from secrets manager: "
                                    + e.code()
                                    + ": "
                                    + e.getMessage()
                            : "secrets from ssm: service call has been retried 1 time(s): invalid"
                                    + " parameters: "
                                    + from;
            throw new StartFailure(null, HEAD + why);
        }
    }
}
