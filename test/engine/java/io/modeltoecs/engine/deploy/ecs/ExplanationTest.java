package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExplanationTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "Essential container in task exited|70|The model can't be read",
                "Essential container in task exited|71|The model isn't in the store",
                "Essential container in task exited|72|digest differs",
                "Essential container in task exited|73|imports what isn't allowed",
                "Essential container in task exited|74|another Python or library",
                "Essential container in task exited|75|memory or onto the disk",
                "Essential container in task exited|1|stopped by itself",
                "Essential container in task exited|127|start command was not found",
                "Essential container in task exited; OutOfMemoryError: Container killed due to memory usage|137|more memory than allowed",
                "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref R:T: R:T: not found|-|The image does not exist",
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref R@sha256:ab: R@sha256:ab: not found|-|isn't in the registry any more",
                "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'|-|another processor",
                "CannotPullContainerError: The task can’t pull the image. Check that the role has the permissions to pull images from the registry.|-|execution role may not pull",
                "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit|-|too many pulls",
                "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: x|-|A secret can't be read",
                "ResourceInitializationError: failed to validate logger args: ResourceNotFoundException: The specified log group does not exist.|-|log group is missing",
                "Task failed container health checks|-|Its own health check fails",
                "Task failed ELB health checks in (target-group ARN)|-|load balancer's health check failed",
                "Timeout waiting for network interface provisioning to complete.|-|no network address",
            })
    void saysWhatItMeans(String text, Integer exitCode, String sentence) {
        assertThat(Explanation.of(text, exitCode)).contains(sentence);
    }
}
