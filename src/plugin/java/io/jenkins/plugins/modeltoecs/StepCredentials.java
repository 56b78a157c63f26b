package io.jenkins.plugins.modeltoecs;

import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.common.StandardCredentials;
import com.cloudbees.plugins.credentials.common.StandardUsernamePasswordCredentials;
import hudson.model.Run;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.aws.AwsKeys;
import io.modeltoecs.engine.image.SigningKey;
import io.modeltoecs.engine.options.AwsOptions;
import io.modeltoecs.engine.registry.Login;
import java.util.Map;
import java.util.Objects;
import org.jenkinsci.plugins.plaincredentials.StringCredentials;

/**
 * The credentials that a build may use. They are looked up each time they are needed, never kept.
 */
final class StepCredentials {
    private final Run<?, ?> run;
    private final Map<String, String> environment;
    private final ModelToEcsConfiguration configuration;

    /**
     * @param environment the build's environment, of which only the values of {@code
     *     AWS_ACCESS_KEY_ID}, {@code AWS_SECRET_ACCESS_KEY} and {@code AWS_SESSION_TOKEN} are used:
     *     a profile or a file that it names could run a command on the controller
     */
    StepCredentials(
            Run<?, ?> run, Map<String, String> environment, ModelToEcsConfiguration configuration) {
        this.run = run;
        this.environment = environment;
        this.configuration = configuration;
    }

    /**
     * Access to AWS for a step with these options.
     *
     * @throws StepException if there are no keys and the controller's own may not be used
     */
    AwsAccess aws(AwsOptions options) {
        AwsKeys keys = options.credentialsId() == null ? ofBlock() : ofCredential(options);
        boolean defaultChain =
                configuration.allowsDefaultChain(run.getParent(), options.endpoint());
        if (keys == null
                && !defaultChain
                && !Objects.equals(options.endpoint(), configuration.getEndpoint())) {
            throw new StepException(
                    "'endpoint' is '"
                            + options.endpoint()
                            + "': an endpoint of a Jenkinsfile needs keys, by 'credentialsId' or by"
                            + " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the enclosing"
                            + " block");
        }
        return new AwsAccess(options, keys, defaultChain, WayOut.ofController());
    }

    /** User name and password, or null without an id. */
    Login login(String parameter, String credentialsId) {
        if (credentialsId == null) {
            return null;
        }
        StandardUsernamePasswordCredentials found =
                find(
                        parameter,
                        credentialsId,
                        StandardUsernamePasswordCredentials.class,
                        "credentials with user name and password");
        return new Login(found.getUsername(), found.getPassword().getPlainText());
    }

    /**
     * The value of the header {@code Authorization}: of a user name and password, or of a secret
     * text, which is a bearer token.
     *
     * @throws StepException if it is neither
     */
    String authorization(String credentialsId) {
        String expected = "a user name and password, or of a secret text";
        StandardCredentials found =
                find("verify: credentialsId", credentialsId, StandardCredentials.class, expected);
        if (found instanceof StandardUsernamePasswordCredentials login) {
            return new Login(login.getUsername(), login.getPassword().getPlainText()).basic();
        }
        if (found instanceof StringCredentials text) {
            return "Bearer " + text.getSecret().getPlainText();
        }
        throw new StepException(
                "'verify: credentialsId' is '%s', but should be the id of %s"
                        .formatted(credentialsId, expected));
    }

    /** The key that a secret text holds, or null without an id. It stays on the controller. */
    SigningKey signingKey(String credentialsId) {
        if (credentialsId == null) {
            return null;
        }
        StringCredentials found =
                find(
                        "signingCredentialsId",
                        credentialsId,
                        StringCredentials.class,
                        "a secret text");
        return SigningKey.parse(found.getSecret().getPlainText());
    }

    private AwsKeys ofBlock() {
        String id = environment.get("AWS_ACCESS_KEY_ID");
        String secret = environment.get("AWS_SECRET_ACCESS_KEY");
        String token = environment.get("AWS_SESSION_TOKEN");
        return id == null || id.isBlank() || secret == null || secret.isBlank()
                ? null
                : new AwsKeys(id, secret, token == null || token.isBlank() ? null : token);
    }

    private AwsKeys ofCredential(AwsOptions options) {
        String expected = "AWS credentials";
        StandardCredentials found =
                find("credentialsId", options.credentialsId(), StandardCredentials.class, expected);
        try {
            AwsKeys keys = AwsKeysReader.read(found);
            if (keys != null) {
                return keys;
            }
        } catch (ReflectiveOperationException e) {
            throw new StepException(
                    "'credentialsId' is '%s', and its keys can't be read: %s"
                            .formatted(options.credentialsId(), e),
                    e);
        }
        throw new StepException(
                "'credentialsId' is '%s', but should be the id of %s"
                        .formatted(options.credentialsId(), expected));
    }

    private <C extends StandardCredentials> C find(
            String parameter, String id, Class<C> type, String expected) {
        C found = CredentialsProvider.findCredentialById(id, type, run);
        if (found == null) {
            throw new StepException(
                    "'%s' is '%s', but should be the id of %s that this build may use"
                            .formatted(parameter, id, expected));
        }
        CredentialsProvider.track(run, found);
        return found;
    }
}
