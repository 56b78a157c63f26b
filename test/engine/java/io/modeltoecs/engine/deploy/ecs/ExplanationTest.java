package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each cause, by the texts that ECS gives word for word; the number is only to tell them apart. */
class ExplanationTest {
    private static final String PULL =
            "Task failed to start; CannotPullContainerError: pull image manifest has been retried 7"
                    + " time(s): ";

    private static final String SETUP =
            "Task failed to start; ResourceInitializationError: unable to pull secrets or registry"
                    + " auth: ";

    private static final String EXITED = "Essential container in task exited";

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "1|PULL failed to resolve ref R:T: R:T: not found|-|The image does not exist. Push it",
                "1|was unable to place a task. Reason: CannotPullContainerError: R:T: not found|-|The image does not exist",
                "2|PULL failed to resolve ref R:T@sha256:ab: R:T@sha256:ab: not found|-|isn't in the registry any more",
                "3|PULL image Manifest does not contain descriptor matching platform 'linux/amd64'|-|for another processor",
                "4|CannotPullContainerError: The task can’t pull the image. Check that the role has the permissions to pull images from the registry.|-|execution role may not pull",
                "4|PULL pull access denied for X, repository does not exist or may require authorization|-|execution role may not pull",
                "5|CannotPullContainerError: The task cannot pull ‘X’ from the Amazon ECR repository ‘URI’. There is a connection issue between the task and Amazon ECR. Check your task network configuration.|-|can't reach the registry",
                "5|PULL dial tcp 1.2.3.4:443: i/o timeout|-|can't reach the registry",
                "5|PULL dial tcp: lookup r.example.com: no such host|-|can't reach the registry",
                "5|SETUP The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR.|-|can't reach the registry",
                "5|SETUP There is a connection issue between the task and AWS Secrets Manager.|-|can't reach the store of its secrets",
                "6|PULL toomanyrequests: You have reached your pull rate limit|-|too many pulls",
                "7|SETUP execution resource retrieval failed: unable to retrieve secret from asm: AccessDeniedException|-|A secret can't be read",
                "7|SETUP execution resource retrieval failed: unable to retrieve secrets from ssm: invalid parameters|-|A secret can't be read",
                "7|SETUP invalid character 'p' in literal true (expecting 'r')|-|its JSON key",
                "8|ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.|-|log group is missing",
                "8|ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your task network configuration. : signal: killed|-|CloudWatch Logs can't be reached",
                "9|EXITED|1|The program stopped by itself; its last log lines say why",
                "9|EXITED|0|The program stopped by itself",
                "9|EXITED|134|The program aborted",
                "9|EXITED|139|segmentation fault",
                "10|EXITED|127|start command was not found",
                "10|Task failed to start; CannotStartContainerError: exec: \"gunicorn\": executable file not found in $PATH|-|start command was not found",
                "10|Task failed to start; CannotCreateContainerError: invalid volume|-|could not be started",
                "11|EXITED; OutOfMemoryError: Container killed due to memory usage|137|more memory than allowed",
                "13|Task failed container health checks|-|Its own health check fails",
                "14|(task ID) (port 8080) is unhealthy in (target-group iris) due to (reason Health checks failed with these codes: [503]).|-|got an error from the program",
                "15|(task ID) (port 8080) is unhealthy in (target-group iris) due to (reason Request timed out).|-|got no answer",
                "15|the target is unhealthy: Request timed out|-|got no answer",
                "15|(task ID) (port 8080) is unhealthy in (target-group iris) due to (reason Health checks failed).|-|nothing that answers at the port",
                "16|Task failed ELB health checks in (target-group ARN)|-|give the service a grace period",
                "17|dependency graph: failed to resolve container ordering dependency [db] for target [web] as dependency did not exit successfully.|-|depends on failed",
                "18|was unable to place a task because no container instance met all of its requirements. The closest matching container-instance ID has insufficient memory available.|-|No machine of the cluster has room",
                "18|TaskFailedToStart: RESOURCE:MEMORY|-|No machine of the cluster has room",
                "18|TaskFailedToStart: NO ACTIVE INSTANCES|-|No machine of the cluster has room",
                "19|was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.|-|AWS has no room",
                "19|was unable to place a task. Reason: You've reached the limit on the number of tasks you can run concurrently|-|account's limit",
                "20|Timeout waiting for network interface provisioning to complete.|-|no network address",
                "20|TaskFailedToStart: RESOURCE:ENI|-|no network address",
                "21|failed to launch a task with (error ECS was unable to assume the role 'R' that was provided for this task.).|-|trust policy and iam:PassRole",
                "22|was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.|-|leave no room to replace tasks",
                "23|(deployment ecs-svc/1) deployment failed: alarm detected.|-|An alarm fired",
                "25|is unable to consistently start tasks successfully.|-|fail one after the other",
                "26|Service deployment rolled back because TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. Lifecycle hook target ARN returned FAILED status.|-|A lifecycle hook of the deployment failed",
                "26|Service deployment rolled back because of invalid networking configuration: x|-|rules of its listener",
                "27|was unable to reach steady state because (taskSet ecs-svc/1) was unable to scale in due to (reason 2 tasks under protection)|-|Old tasks are protected",
                "28|EXITED|70|Give the task role s3:GetObject (and kms:Decrypt)",
                "29|EXITED|71|The model isn't in the store",
                "29|EXITED|72|digest differs",
                "30|EXITED|73|imports what isn't allowed",
                "30|EXITED|74|another Python or library",
                "30|EXITED|75|memory or onto the disk",
                "31|Task failed to start; PULL write /x: no space left on device|-|The disk is full",
                "31|Timeout waiting for EphemeralStorage provisioning to complete|-|no disk in time",
                "32|ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m:|-|too slow to start",
                "33|Your Spot Task was interrupted.|-|Spot capacity was taken back",
                "33|Host EC2 (instance ID) terminated.|-|machine that it ran on went away",
            })
    void saysWhatItMeans(int row, String text, Integer exitCode, String sentence) {
        String whole =
                text.replace("PULL ", PULL).replace("SETUP ", SETUP).replace("EXITED", EXITED);
        assertThat(Explanation.of(whole, exitCode)).contains(sentence);
    }
}
