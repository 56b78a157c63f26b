package io.jenkins.plugins.modeltoecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.aws.AwsKeys;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;

/** Keys are read from credentials of both generations, whose types the plugin doesn't link to. */
class AwsKeysReaderTest {

    /** As credentials are now: a provider of the SDK's second version. */
    private static final class Current implements AwsCredentialsProvider {
        private final AwsCredentials credentials;

        Current(AwsCredentials credentials) {
            this.credentials = credentials;
        }

        @Override
        public AwsCredentials resolveCredentials() {
            return credentials;
        }
    }

    /** As they were: a provider of the first version. */
    public interface OldProvider {
        OldCredentials getCredentials();
    }

    /** Keys of the first version. */
    public interface OldCredentials {
        String getAWSAccessKeyId();

        String getAWSSecretKey();
    }

    private static final class OldKeys implements OldCredentials {
        @Override
        public String getAWSAccessKeyId() {
            return "old-id";
        }

        @Override
        public String getAWSSecretKey() {
            return "old-secret";
        }
    }

    @Test
    void readsBasicAndSessionKeys() throws Exception {
        assertThat(AwsKeysReader.read(new Current(AwsBasicCredentials.create("id", "secret"))))
                .isEqualTo(new AwsKeys("id", "secret", null));
        assertThat(
                        AwsKeysReader.read(
                                new Current(AwsSessionCredentials.create("id", "secret", "token"))))
                .isEqualTo(new AwsKeys("id", "secret", "token"));
    }

    @Test
    void readsKeysOfTheFirstVersion() throws Exception {
        OldProvider provider = OldKeys::new;
        assertThat(AwsKeysReader.read(provider))
                .isEqualTo(new AwsKeys("old-id", "old-secret", null));
    }

    @Test
    void anotherCredentialHasNone() throws Exception {
        assertThat(AwsKeysReader.read("text")).isNull();
        assertThat(AwsKeysReader.canRead(String.class)).isFalse();
        assertThat(AwsKeysReader.canRead(OldProvider.class)).isTrue();
        assertThat(AwsKeysReader.canRead(Current.class)).isTrue();
    }

    @Test
    void aProviderThatFailsSaysWhy() {
        AwsCredentialsProvider failing =
                () -> {
                    throw new IllegalStateException("role denied");
                };
        assertThatThrownBy(() -> AwsKeysReader.read(failing)).hasMessage("role denied");
    }
}
