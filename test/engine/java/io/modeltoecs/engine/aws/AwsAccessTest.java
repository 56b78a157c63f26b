package io.modeltoecs.engine.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.AwsOptions;
import java.net.URI;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.S3Client;

class AwsAccessTest {
    private static final AwsKeys KEYS = new AwsKeys("AKIATEST", "very-secret", null);

    @Test
    void withoutKeysTheDefaultChainHasToBeAllowed() {
        assertThatThrownBy(() -> new AwsAccess(options("us-east-1"), null, false))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("no AWS credentials: give 'credentialsId'");
        new AwsAccess(options("us-east-1"), null, true).close();
    }

    @Test
    void aRegionIsNeeded() {
        assertThatThrownBy(() -> new AwsAccess(options(null), KEYS, false))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("no AWS region");
    }

    @Test
    void secretsAreNotShown() {
        assertThat(KEYS.toString()).doesNotContain("very-secret");
    }

    @Test
    void usesTheEndpointByPath() {
        try (AwsAccess aws = new AwsAccess(options("eu-west-1"), KEYS, false)) {
            S3Client s3 = aws.s3();
            assertThat(s3.utilities().getUrl(url -> url.bucket("models").key("a")).toString())
                    .isEqualTo("http://127.0.0.1:1/models/a");
            assertThat(s3.serviceClientConfiguration().endpointOverride())
                    .contains(URI.create("http://127.0.0.1:1"));
            assertThat(s3.serviceClientConfiguration().region().id()).isEqualTo("eu-west-1");
        }
    }

    private static AwsOptions options(String region) {
        return new AwsOptions("models", "models", region, null, null, null, "http://127.0.0.1:1");
    }
}
