package io.jenkins.plugins.modeltoecs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which jobs may act as the controller itself, and what the form says of a value. */
class ModelToEcsConfigurationTest {

    @Test
    void aJobIsInAFolderAtAnyDepthButNotInOneThatOnlyBeginsAlike() {
        String folders = "ml/team\n\n  platform  ";
        assertThat(ModelToEcsConfiguration.isInFolder("ml/team/iris/main", folders)).isTrue();
        assertThat(ModelToEcsConfiguration.isInFolder("platform/x", folders)).isTrue();
        assertThat(ModelToEcsConfiguration.isInFolder("ml/team2/iris", folders)).isFalse();
        assertThat(ModelToEcsConfiguration.isInFolder("ml", folders)).isFalse();
        assertThat(ModelToEcsConfiguration.isInFolder("platform", folders)).isFalse();
    }

    @Test
    void withoutFoldersAllJobsAre() {
        assertThat(ModelToEcsConfiguration.isInFolder("iris", " \n")).isTrue();
    }

    @Test
    void aWrongValueIsToldAsAStepWouldTellIt() {
        assertThat(ModelToEcsConfiguration.complaint("bucket", "My_Models"))
                .contains("'bucket' is 'My_Models', but should be a bucket name");
        assertThat(ModelToEcsConfiguration.complaint("prefix", "/models/")).contains("'prefix'");
        assertThat(ModelToEcsConfiguration.complaint("region", "Frankfurt")).contains("'region'");
        assertThat(ModelToEcsConfiguration.complaint("endpoint", "s3.local")).contains("'endpoint'");
    }

    @Test
    void rightValuesAndEmptyFieldsAreNotComplainedOf() {
        assertThat(ModelToEcsConfiguration.complaint("bucket", "models")).isNull();
        assertThat(ModelToEcsConfiguration.complaint("region", "eu-central-1")).isNull();
        assertThat(ModelToEcsConfiguration.complaint("endpoint", "http://127.0.0.1:9000")).isNull();
        assertThat(ModelToEcsConfiguration.complaint("prefix", "")).isNull();
    }
}
