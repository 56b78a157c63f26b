package io.jenkins.plugins.modeltoecs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which jobs may act as the controller itself. */
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
}
