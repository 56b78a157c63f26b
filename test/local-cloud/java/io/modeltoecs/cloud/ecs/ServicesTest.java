package io.modeltoecs.cloud.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.api.AwsError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

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
        assertThat(service.path("launchType").asText()).isEqualTo("EC2");
        assertThat(service.path("availabilityZoneRebalancing").asText()).isEqualTo("ENABLED");
        assertThat(service.path("enableECSManagedTags").isBoolean()).isTrue();
        assertThat(service.at("/deploymentConfiguration/alarms").toString())
                .isEqualTo("{\"alarmNames\":[],\"enable\":false,\"rollback\":false}");
        assertThat(service.has("deploymentController")).isFalse();
        assertThat(service.has("taskSets")).isFalse();
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

    static Stream<Arguments> settingsThatEcsRefuses() {
        String balancer =
                "'loadBalancers': [{'targetGroupArn': '%s', 'containerName': '%s',"
                        + " 'containerPort': %d}]";
        return Stream.of(
                arguments(
                        "'deploymentConfiguration': {'minimumHealthyPercent': 101}",
                        "minimumHealthyPercent must be at most 100"),
                arguments(
                        "'launchType': 'EC2', 'capacityProviderStrategy': [{'capacityProvider':"
                                + " 'FARGATE'}]",
                        "Specifying both a launch type and capacity provider strategy is not"
                                + " supported. Remove one and try again."),
                arguments(
                        "'networkConfiguration': {'awsvpcConfiguration': {'subnets': ['s']}}",
                        "Network Configuration is not valid for the given networkMode of this task"
                                + " definition."),
                arguments(
                        "'taskDefinition': 'vpc'",
                        "Network Configuration must be provided when networkMode 'awsvpc' is"
                                + " specified."),
                arguments(
                        balancer.formatted(Simulation.BLUE, "none", 8080),
                        "The container none does not exist in the task definition."),
                arguments(
                        balancer.formatted(Simulation.BLUE, "app", 80),
                        "The container app did not have a container port 80 defined."),
                arguments(
                        balancer.formatted("arn:none", "app", 8080),
                        "The target group with targetGroupArn arn:none does not have an associated"
                                + " load balancer."),
                arguments(
                        "'deploymentConfiguration': {'deploymentCircuitBreaker':"
                                + " {'thresholdConfiguration': {'type': 'COUNT', 'value': 0}}}",
                        "value of a thresholdConfiguration must be at least 1, but was 0"));
    }

    @ParameterizedTest
    @MethodSource
    void settingsThatEcsRefuses(String members, String message) {
        cloud.call(
                "RegisterTaskDefinition",
                "{\"family\": \"vpc\", \"networkMode\": \"awsvpc\", \"containerDefinitions\":"
                        + " [{\"name\": \"app\", \"image\": \"i\", \"memory\": 8}]}");
        refused(
                "CreateService",
                "{\"serviceName\": \"s\", \"taskDefinition\": \"app\", \"desiredCount\": 1, "
                        + members.replace('\'', '"')
                        + "}",
                "InvalidParameterException",
                message);
        assertThat(cloud.call("ListServices", "{}").path("serviceArns")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"deploymentController, CODE_DEPLOY", "deploymentController, EXTERNAL"})
    void whatIsNotHereIsRefusedByName(String member, String type) {
        refused(
                "CreateService",
                "{\"serviceName\": \"s\", \"taskDefinition\": \"app\", \"desiredCount\": 1, \""
                        + member
                        + "\": {\"type\": \""
                        + type
                        + "\"}}",
                "UnsupportedFeatureException",
                "The local cloud has the deployment controller ECS, not " + type + ".");
    }

    @ParameterizedTest
    @CsvSource({"NONE, ''", "SERVICE, service", "TASK_DEFINITION, definition"})
    void tagsArePropagatedToTasks(String from, String value) {
        cloud.call(
                "RegisterTaskDefinition",
                "{\"family\": \"tagged\", \"containerDefinitions\": [{\"name\": \"app\","
                        + " \"image\": \"i\", \"memory\": 8}], \"tags\": [{\"key\": \"of\","
                        + " \"value\": \"definition\"}]}");
        cloud.call(
                "CreateService",
                "{\"serviceName\": \"s\", \"taskDefinition\": \"tagged\", \"desiredCount\": 1,"
                        + " \"tags\": [{\"key\": \"of\", \"value\": \"service\"}],"
                        + " \"propagateTags\": \""
                        + from
                        + "\"}");
        cloud.advance(2);
        assertThat(cloud.store.tasks().iterator().next().tags.getOrDefault("of", ""))
                .isEqualTo(value);
    }

    @Test
    void eventsAreTheLastHundred() {
        create("s", "");
        cloud.untilStable();
        for (int i = 0; i < 80; i++) {
            cloud.call("UpdateService", "{\"service\": \"s\", \"desiredCount\": " + (i % 2) + "}");
            cloud.advance(5);
        }
        JsonNode events = cloud.service().path("events");
        assertThat(events).hasSize(100);
        assertThat(events.at("/0/createdAt").asDouble())
                .as("newest first")
                .isGreaterThan(events.at("/99/createdAt").asDouble());
    }

    @Test
    void networksOfServicesBelongToTheirDeployments() {
        String connect = ", \"serviceConnectConfiguration\": {\"enabled\": false}";
        JsonNode service = create("s", connect);
        assertThat(service.has("serviceConnectConfiguration")).isFalse();
        assertThat(service.at("/deployments/0/serviceConnectConfiguration/enabled").isBoolean())
                .isTrue();
        cloud.untilStable();
        String before = cloud.service().at("/deployments/0/id").asText();
        cloud.call("UpdateService", "{\"service\": \"s\"" + connect + "}");
        assertThat(cloud.service().at("/deployments/0/id").asText()).isEqualTo(before);
        cloud.call("UpdateService", "{\"service\": \"s\"" + connect.replace("false", "true") + "}");
        assertThat(cloud.service().at("/deployments/0/id").asText()).isNotEqualTo(before);
    }

    @Test
    void theSameTokenMakesTheServiceOnce() {
        String call =
                "{\"serviceName\": \"s\", \"taskDefinition\": \"app\", \"desiredCount\": %d,"
                        + " \"clientToken\": \"t\"}";
        cloud.call("CreateService", call.formatted(1));
        assertThat(cloud.call("CreateService", call.formatted(1)).at("/service/deployments"))
                .hasSize(1);
        assertThat(cloud.service().path("events")).hasSize(0);
        refused(
                "CreateService",
                call.formatted(2),
                "InvalidParameterException",
                "Creation of service was not idempotent.");
        refused(
                "CreateService",
                call.formatted(1).replace("\"t\"", "\"" + "t".repeat(37) + "\""),
                "InvalidParameterException",
                "clientToken must have at most 36 ASCII characters, from 33 to 126, but was "
                        + "t".repeat(37));
    }

    @Test
    void aReplicaServiceSaysHowManyTasks() {
        refused(
                "CreateService",
                "{\"serviceName\": \"s\", \"taskDefinition\": \"app\"}",
                "InvalidParameterException",
                "DesiredCount is missing");
    }

    @Test
    void aDaemonHasOneTaskOnTheOneMachine() {
        String daemon =
                "{\"serviceName\": \"s\", \"taskDefinition\": \"app\","
                        + " \"schedulingStrategy\": \"DAEMON\"%s}";
        cloud.call("CreateService", daemon.formatted(""));
        cloud.untilStable();
        assertThat(cloud.service().path("desiredCount").asInt()).isEqualTo(1);
        assertThat(cloud.service().path("runningCount").asInt()).isEqualTo(1);
        JsonNode configuration = cloud.service().path("deploymentConfiguration");
        assertThat(configuration.path("minimumHealthyPercent").asInt()).isZero();
        assertThat(configuration.path("maximumPercent").asInt()).isEqualTo(100);
        cloud.call("UpdateService", "{\"service\": \"s\", \"forceNewDeployment\": true}");
        cloud.untilStable();
        cloud.call("DeleteService", "{\"service\": \"s\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"desiredCount\": 1 | a desired count for services. Remove the desired count value"
                        + " and try again",
                "\"launchType\": \"FARGATE\" | the FARGATE launch type. Change the launch type and"
                        + " try again",
                "\"placementStrategy\": [{\"type\": \"random\"}] | placement strategies. Remove the"
                        + " placement strategy and try again",
                "\"deploymentConfiguration\": {\"maximumPercent\": 200} | values above 100 for"
                        + " maximumPercent. Change the value and try again"
            })
    void aDaemonCantHave(String member, String what) {
        refused(
                "CreateService",
                "{\"serviceName\": \"s\", \"taskDefinition\": \"app\","
                        + " \"schedulingStrategy\": \"DAEMON\", "
                        + member
                        + "}",
                "InvalidParameterException",
                "The daemon scheduling strategy does not support " + what);
    }

    @Test
    void eventsKeepTheirIds() {
        create("s", "");
        cloud.untilStable();
        List<String> before = ids();
        assertThat(before).doesNotHaveDuplicates().hasSizeGreaterThan(2);
        cloud.call("UpdateService", "{\"service\": \"s\", \"forceNewDeployment\": true}");
        cloud.untilStable();
        List<String> after = ids();
        assertThat(after.subList(after.size() - before.size(), after.size()))
                .as("newest first, the old ones as they were")
                .isEqualTo(before);
    }

    private List<String> ids() {
        List<String> ids = new ArrayList<>();
        cloud.service().path("events").forEach(e -> ids.add(e.path("id").asText()));
        return ids;
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
