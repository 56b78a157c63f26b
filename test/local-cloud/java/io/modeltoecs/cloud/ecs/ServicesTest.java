package io.modeltoecs.cloud.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.api.AwsError;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the actions on services answer and refuse. */
class ServicesTest {
    @TempDir Path folder;
    private Simulation cloud;
    private String v1;

    @BeforeEach
    void open() {
        cloud = new Simulation(folder);
        v1 = cloud.register("app", "v1", "");
    }

    private JsonNode create(String name, String more) {
        return cloud.call(
                        "CreateService",
                        """
                        {"serviceName": "%s", "taskDefinition": "%s", "desiredCount": 1 %s}
                        """
                                .formatted(name, v1, more))
                .path("service");
    }

    private void refused(String action, String json, String code, String message) {
        assertThatThrownBy(() -> cloud.call(action, json))
                .isInstanceOf(AwsError.class)
                .hasMessage(message)
                .extracting(e -> ((AwsError) e).code())
                .isEqualTo(code);
    }

    @Test
    void fillsInWhatEcsFillsIn() {
        JsonNode service = create("s", "");
        assertThat(service.at("/deploymentConfiguration/minimumHealthyPercent").asInt())
                .isEqualTo(100);
        assertThat(service.at("/deploymentConfiguration/maximumPercent").asInt()).isEqualTo(200);
        assertThat(service.at("/deploymentConfiguration/strategy").asText()).isEqualTo("ROLLING");
        assertThat(service.path("schedulingStrategy").asText()).isEqualTo("REPLICA");
        assertThat(service.path("propagateTags").asText()).isEqualTo("NONE");
        for (String list :
                new String[] {
                    "loadBalancers",
                    "serviceRegistries",
                    "events",
                    "placementConstraints",
                    "placementStrategy"
                }) {
            assertThat(service.path(list).isArray()).as(list).isTrue();
        }
    }

    @Test
    void refusesANameInUseAndADrainingOne() {
        create("s", "");
        String again = "{\"serviceName\": \"s\", \"taskDefinition\": \"app\", \"desiredCount\": 1}";
        refused(
                "CreateService",
                again,
                "InvalidParameterException",
                "Creation of service was not idempotent.");
        cloud.untilStable();
        cloud.call("DeleteService", "{\"service\": \"s\", \"force\": true}");
        refused(
                "CreateService",
                again,
                "InvalidParameterException",
                "Unable to Start a service that is still Draining.");
        cloud.advance(3);
        assertThat(cloud.service().path("status").asText()).isEqualTo("INACTIVE");
        create("s", "");
    }

    @Test
    void deletingNeedsForceAboveZeroAndForgetsItsDeployments() {
        create("s", "");
        cloud.untilStable();
        String arn = cloud.rollout().path("serviceDeploymentArn").asText();
        refused(
                "DeleteService",
                "{\"service\": \"s\"}",
                "InvalidParameterException",
                "The service cannot be stopped while it is scaled above 0.");
        cloud.call("UpdateService", "{\"service\": \"s\", \"desiredCount\": 0}");
        cloud.call("DeleteService", "{\"service\": \"s\"}");
        assertThat(cloud.rollout(arn).isMissingNode()).isTrue();
        assertThat(cloud.call("ListServices", "{}").path("serviceArns")).isEmpty();
        refused(
                "UpdateService",
                "{\"service\": \"s\"}",
                "ServiceNotActiveException",
                "Service was not ACTIVE.");
    }

    @Test
    void namesWhatIsWrong() {
        refused(
                "UpdateService",
                "{\"service\": \"none\"}",
                "ServiceNotFoundException",
                "Service not found.");
        refused(
                "DescribeServices",
                "{\"cluster\": \"none\", \"services\": [\"s\"]}",
                "ClusterNotFoundException",
                "Cluster not found.");
        refused(
                "CreateService",
                "{\"serviceName\": \"a b\", \"taskDefinition\": \"app\"}",
                "InvalidParameterException",
                "ServiceName must match ^[a-zA-Z0-9\\-_]{1,255}$, but was a b");
        refused(
                "CreateService",
                "{\"serviceName\": \"s\", \"taskDefinition\": \"none\", \"desiredCount\": 1}",
                "ClientException",
                "TaskDefinition not found.");
        assertThatThrownBy(
                        () ->
                                create(
                                        "s",
                                        ", \"deploymentConfiguration\":"
                                                + " {\"minimumHealthyPercent\": 100,"
                                                + " \"maximumPercent\": 100}"))
                .hasMessage(
                        "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will"
                                + " block deployments.");
        assertThatThrownBy(
                        () ->
                                create(
                                        "s",
                                        ", \"deploymentConfiguration\": {\"strategy\":"
                                                + " \"LINEAR\", \"linearConfiguration\":"
                                                + " {\"stepPercent\": 2.95}}"))
                .hasMessageContaining("stepPercent must be a multiple of 0.1 from 3.0 to 100.0");
    }

    @Test
    void anUnknownServiceIsAFailureNotAnError() {
        JsonNode out = cloud.call("DescribeServices", "{\"services\": [\"none\"]}");
        assertThat(out.at("/failures/0/reason").asText()).isEqualTo("MISSING");
        refused(
                "DescribeServices",
                "{\"services\": [1,2,3,4,5,6,7,8,9,10,11]}",
                "InvalidParameterException",
                "Services can not exceed 10 items.");
    }

    @Test
    void listsInPages() {
        for (int i = 0; i < 12; i++) {
            create("s" + i, "");
        }
        JsonNode first = cloud.call("ListServices", "{}");
        assertThat(first.path("serviceArns").size()).isEqualTo(10);
        JsonNode second =
                cloud.call(
                        "ListServices",
                        "{\"nextToken\": \"" + first.path("nextToken").asText() + "\"}");
        assertThat(second.path("serviceArns").size()).isEqualTo(2);
        assertThat(second.has("nextToken")).isFalse();
    }

    @Test
    void serviceDeploymentsAreFilteredByStatusAndTime() {
        create("s", "");
        cloud.untilStable();
        double middle = cloud.clock.millis() / 1000.0 + 1;
        cloud.advance(10);
        cloud.call("UpdateService", "{\"service\": \"s\", \"forceNewDeployment\": true}");
        assertThat(list("")).isEqualTo(2);
        assertThat(list(", \"status\": [\"SUCCESSFUL\"]")).isEqualTo(1);
        assertThat(list(", \"createdAt\": {\"after\": " + middle + "}")).isEqualTo(1);
        assertThat(list(", \"createdAt\": {\"before\": " + middle + "}")).isEqualTo(1);
        assertThat(list(", \"maxResults\": 1")).isEqualTo(1);
        cloud.advance(91 * 24 * 3600);
        assertThat(list("")).as("kept for 90 days").isZero();
    }

    private int list(String more) {
        return cloud.call("ListServiceDeployments", "{\"service\": \"s\"" + more + "}")
                .path("serviceDeployments")
                .size();
    }

    @Test
    void unknownServiceDeploymentsAreFailuresOrNotFound() {
        String arn =
                "arn:aws:ecs:us-east-1:000000000000:service-deployment/default/s/aaaaaaaaaaaaaaaaaaaaa";
        assertThat(
                        cloud.call(
                                        "DescribeServiceDeployments",
                                        "{\"serviceDeploymentArns\": [\"" + arn + "\"]}")
                                .at("/failures/0/reason")
                                .asText())
                .isEqualTo("MISSING");
        refused(
                "StopServiceDeployment",
                "{\"serviceDeploymentArn\": \"" + arn + "\"}",
                "ServiceDeploymentNotFoundException",
                "Service deployment not found.");
        refused(
                "ContinueServiceDeployment",
                "{\"serviceDeploymentArn\": \"" + arn + "\", \"hookId\": \"h\"}",
                "ServiceDeploymentNotFoundException",
                "Service deployment not found.");
    }

    @Test
    void whatWasSetIsThereAfterARestart() {
        create("s", "");
        cloud.untilStable();
        JsonNode before = cloud.service();
        Simulation again = new Simulation(folder);
        JsonNode after = again.service();
        assertThat(after.path("events")).isEqualTo(before.path("events"));
        assertThat(after.at("/deployments/0/id")).isEqualTo(before.at("/deployments/0/id"));
        assertThat(after.path("deploymentConfiguration"))
                .isEqualTo(before.path("deploymentConfiguration"));
    }
}
