package io.modeltoecs.runner.steps;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.runner.build.Credentials;
import io.modeltoecs.runner.step.Block;
import io.modeltoecs.runner.step.Described;
import io.modeltoecs.runner.step.Scope;
import io.modeltoecs.runner.step.Step;
import io.modeltoecs.runner.step.StepContext;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code withCredentials}: secrets as environment variables, replaced wherever the log has them.
 */
final class CredentialsBlock {
    private CredentialsBlock() {}

    static List<Step> all() {
        return List.of(
                Step.block(
                        "withCredentials", () -> Block.scoped(CredentialsBlock::bind), "bindings"));
    }

    private static Scope bind(StepContext context) {
        Map<String, String> variables = new LinkedHashMap<>();
        Object bindings = context.value("bindings");
        for (Object binding : bindings instanceof Collection<?> all ? all : List.of(bindings)) {
            bind((Map<?, ?>) binding, context, variables);
        }
        return context.scope().with(variables);
    }

    private static void bind(
            Map<?, ?> binding, StepContext context, Map<String, String> variables) {
        Credentials credentials = context.build().credentials();
        String id = String.valueOf(binding.get("credentialsId"));
        String type = String.valueOf(binding.get(Described.CLASS));
        switch (type) {
            case "usernamePassword", "UsernamePasswordMultiBinding" -> {
                variables.put(
                        name(binding, type, "usernameVariable"), credentials.field(id, "username"));
                secret(
                        context,
                        variables,
                        name(binding, type, "passwordVariable"),
                        credentials.field(id, "password"));
            }
            case "usernameColonPassword", "UsernamePasswordBinding" -> {
                context.build().log().mask(credentials.field(id, "password"));
                secret(
                        context,
                        variables,
                        name(binding, type, "variable"),
                        credentials.field(id, "username")
                                + ":"
                                + credentials.field(id, "password"));
            }
            case "string", "StringBinding" ->
                    secret(
                            context,
                            variables,
                            name(binding, type, "variable"),
                            credentials.field(id, "secret"));
            case "aws", "AmazonWebServicesCredentialsBinding" -> {
                variables.put(
                        or(binding, "accessKeyVariable", "AWS_ACCESS_KEY_ID"),
                        credentials.field(id, "accessKeyId"));
                secret(
                        context,
                        variables,
                        or(binding, "secretKeyVariable", "AWS_SECRET_ACCESS_KEY"),
                        credentials.field(id, "secretAccessKey"));
                // keys of the surroundings must not be completed by a token of theirs
                String token = credentials.get(id).getOrDefault("sessionToken", "");
                secret(context, variables, "AWS_SESSION_TOKEN", token);
            }
            default ->
                    throw new StepException(
                            "withCredentials: no binding '%s'; the local runner has".formatted(type)
                                    + " usernamePassword, usernameColonPassword, string and aws");
        }
    }

    private static String name(Map<?, ?> binding, String type, String parameter) {
        Object name = binding.get(parameter);
        if (name == null) {
            throw new StepException(
                    "withCredentials: %s: '%s' is missing".formatted(type, parameter));
        }
        return name.toString();
    }

    private static String or(Map<?, ?> binding, String parameter, String otherwise) {
        Object name = binding.get(parameter);
        return name == null ? otherwise : name.toString();
    }

    private static void secret(
            StepContext context, Map<String, String> variables, String name, String value) {
        context.build().log().mask(value);
        variables.put(name, value);
    }
}
