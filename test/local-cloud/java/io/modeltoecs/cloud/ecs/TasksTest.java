package io.modeltoecs.cloud.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.api.AwsError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the actions on tasks, task definitions and clusters answer and refuse. */
class TasksTest {
    @TempDir Path folder;
    private Simulation cloud;

    @BeforeEach
    void open() {
        cloud = new Simulation(folder);
        cloud.register("app", "v1", "");
    }

    private JsonNode call(String action, String json) {
        return cloud.call(action, "{" + json.replace('\'', '"') + "}");
    }

    private String run(String more) {
        return call("RunTask", "'taskDefinition': 'app'" + more).at("/tasks/0/taskArn").asText();
    }

    private void refused(String action, String json, String code, String message) {
        assertThatThrownBy(() -> call(action, json))
                .isInstanceOfSatisfying(
                        AwsError.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessage(message);
    }

    private static List<String> texts(JsonNode list) {
        List<String> all = new ArrayList<>();
        list.forEach(t -> all.add(t.asText()));
        return all;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DescribeTasks | 'tasks': [] | Tasks cannot be empty.",
                "DescribeTasks | 'tasks': ['x'] | taskId length should be one of [32,36]",
                "StopTask | 'task': '00000000000000000000000000000000' | The referenced task was not found.",
                "RunTask | 'taskDefinition': 'app', 'count': 11 | count must be between 1 and 10, but was 11",
                "DeleteTaskDefinitions | 'taskDefinitions': [1,2,3,4,5,6,7,8,9,10,11] | taskDefinitions must have 1 to 10 items.",
                "DescribeServiceDeployments | 'serviceDeploymentArns': [] | serviceDeploymentArns cannot be empty.",
                "ListTasks | 'startedBy': 'ci', 'family': 'app' | startedBy must be the only filter, but there is one of [serviceName, family, containerInstance, launchType]",
                "ListTasks | 'maxResults': 101 | maxResults must be between 1 and 100, but was 101",
                "CreateCluster | 'clusterName': 'a b' | ClusterName must match ^[a-zA-Z0-9\\-_]{1,255}$, but was a b"
            })
    void whatIsOutOfRangeIsAnInvalidParameter(String action, String json, String message) {
        refused(action, json, "InvalidParameterException", message);
    }

    @ParameterizedTest
    @CsvSource({
        "DescribeTasks, tasks, 100, Tasks can not exceed 100 items.",
        "DescribeClusters, clusters, 100, Clusters can not exceed 100 items.",
        "DescribeServices, services, 10, Services can not exceed 10 items.",
        "DescribeServiceDeployments, serviceDeploymentArns, 20, serviceDeploymentArns can not exceed 20 items.",
        "DescribeServiceRevisions, serviceRevisionArns, 20, serviceRevisionArns can not exceed 20 items."
    })
    void soManyAreDescribedAtATime(String action, String member, int most, String message) {
        String one = "'" + "0".repeat(32) + "',";
        String tooMany = one.repeat(most + 1);
        refused(
                action,
                "'" + member + "': [" + tooMany.substring(0, tooMany.length() - 1) + "]",
                "InvalidParameterException",
                message);
        String all = one.repeat(most);
        JsonNode found = call(action, "'" + member + "': [" + all.substring(0, all.length() - 1) + "]");
        assertThat(found.path("failures")).hasSize(most);
        assertThat(found.at("/failures/0/reason").asText()).isEqualTo("MISSING");
    }

    @ParameterizedTest
    @CsvSource({
        "clientToken, 64, characters",
        "startedBy, 128, characters",
        "placementConstraints, 10, items",
        "placementStrategy, 5, items"
    })
    void runTaskHasLimits(String member, int most, String of) {
        boolean text = of.equals("characters");
        String value = text ? "'" + "x".repeat(most + 1) + "'" : "[" + "{},".repeat(most) + "{}]";
        refused(
                "RunTask",
                "'taskDefinition': 'app', '" + member + "': " + value,
                "InvalidParameterException",
                member + " can have at most " + most + " " + of + ", but has " + (most + 1));
        assertThat(call("ListTasks", "").path("taskArns")).isEmpty();
    }

    @Test
    void overridesHave8192Characters() {
        assertThatThrownBy(
                        () ->
                                run(
                                        ", 'overrides': {'containerOverrides': [{'name': 'app',"
                                                + " 'command': ['"
                                                + "x".repeat(8192)
                                                + "']}]}"))
                .hasMessageStartingWith("overrides can have at most 8192 characters");
    }

    @Test
    void tagsAreFiftyAtMost() {
        String tags = "{'key': 'k', 'value': 'v'},".repeat(51);
        refused(
                "RunTask",
                "'taskDefinition': 'app', 'tags': [" + tags.substring(0, tags.length() - 1) + "]",
                "InvalidParameterException",
                "tags can have at most 50 items, but has 51");
    }

    @Test
    void tasksAreListedByWhatIsWanted() {
        String first = run(", 'startedBy': 'ci'");
        String second = run("");
        cloud.advance(2);
        assertThat(texts(call("ListTasks", "").path("taskArns"))).containsExactly(first, second);
        assertThat(texts(call("ListTasks", "'startedBy': 'ci'").path("taskArns")))
                .containsExactly(first);
        assertThat(call("ListTasks", "'family': 'other'").path("taskArns")).isEmpty();
        assertThat(call("ListTasks", "'desiredStatus': 'PENDING'").path("taskArns"))
                .as("ECS never wants a task to be PENDING")
                .isEmpty();
        call("StopTask", "'task': '" + first + "'");
        cloud.advance(5);
        assertThat(texts(call("ListTasks", "").path("taskArns"))).containsExactly(second);
        String stopped = "'desiredStatus': 'STOPPED'";
        assertThat(texts(call("ListTasks", stopped).path("taskArns"))).containsExactly(first);
        cloud.advance(3590);
        assertThat(call("ListTasks", stopped).path("taskArns")).hasSize(1);
        cloud.advance(20);
        assertThat(call("ListTasks", stopped).path("taskArns")).as("an hour later").isEmpty();
        JsonNode page = call("ListTasks", "'maxResults': 1");
        assertThat(page.has("nextToken")).isFalse();
    }

    @Test
    void aTaskIsStoppedByItsUser() {
        String one = run("");
        String other = run("");
        assertThat(call("StopTask", "'task': '" + one + "'").at("/task/stoppedReason").asText())
                .isEqualTo("Task stopped by user");
        JsonNode task = call("StopTask", "'task': '" + other + "', 'reason': 'enough'").path("task");
        assertThat(task.path("stoppedReason").asText()).isEqualTo("enough");
        assertThat(task.path("stopCode").asText()).isEqualTo("UserInitiated");
        assertThat(task.path("desiredStatus").asText()).isEqualTo("STOPPED");
    }

    @Test
    void arnsAndIdsHaveTheirForms() {
        call("CreateService", "'serviceName': 's', 'taskDefinition': 'app', 'desiredCount': 1");
        cloud.untilStable();
        String head = "arn:aws:ecs:us-east-1:000000000000:";
        JsonNode service = cloud.service();
        assertThat(service.path("serviceArn").asText()).isEqualTo(head + "service/default/s");
        assertThat(service.path("clusterArn").asText()).isEqualTo(head + "cluster/default");
        assertThat(service.path("taskDefinition").asText()).isEqualTo(head + "task-definition/app:1");
        assertThat(service.at("/deployments/0/id").asText()).matches("ecs-svc/\\d{19}");
        JsonNode rollout = cloud.rollout();
        assertThat(rollout.path("serviceDeploymentArn").asText())
                .matches(head + "service-deployment/default/s/[\\w-]{21}");
        assertThat(rollout.at("/targetServiceRevision/arn").asText())
                .matches(head + "service-revision/default/s/\\d{19}");
        Task task = cloud.store.tasks().iterator().next();
        assertThat(task.arn()).matches(head + "task/default/[0-9a-f]{32}");
        assertThat(task.containers.get(0).arn)
                .matches(head + "container/default/" + task.id + "/[0-9a-f-]{36}");
        assertThat(task.startedBy).isEqualTo(service.at("/deployments/0/id").asText());
        assertThat(task.group).isEqualTo("service:s");
        run("");
        assertThat(cloud.store.tasks()).extracting(t -> t.group).contains("family:app");
    }

    @Test
    void aFamilyMeansItsLatestActiveRevision() {
        String second = cloud.register("app", "v2", "");
        call("DeregisterTaskDefinition", "'taskDefinition': '" + second + "'");
        assertThat(
                        call("DescribeTaskDefinition", "'taskDefinition': 'app'")
                                .at("/taskDefinition/revision")
                                .asInt())
                .isEqualTo(1);
        assertThat(
                        call("DescribeTaskDefinition", "'taskDefinition': 'app:2'")
                                .at("/taskDefinition/status")
                                .asText())
                .isEqualTo("INACTIVE");
        refused("RunTask", "'taskDefinition': 'app:2'", "ClientException", "TaskDefinition is inactive");
        refused("RunTask", "'taskDefinition': 'none'", "ClientException", "TaskDefinition not found.");
        refused(
                "DescribeTaskDefinition",
                "'taskDefinition': 'app:9'",
                "ClientException",
                "Unable to describe task definition.");
    }

    @Test
    void aServiceGoesOnWithADeregisteredRevision() {
        call("CreateService", "'serviceName': 's', 'taskDefinition': 'app', 'desiredCount': 1");
        cloud.untilStable();
        call("DeregisterTaskDefinition", "'taskDefinition': 'app:1'");
        Task dead = cloud.store.tasks().iterator().next();
        cloud.store.with(() -> cloud.runtime.exit(dead));
        cloud.advance(5);
        assertThat(cloud.service().path("runningCount").asInt()).isEqualTo(1);
        call("UpdateService", "'service': 's', 'desiredCount': 2");
        refused(
                "UpdateService",
                "'service': 's', 'forceNewDeployment': true",
                "ClientException",
                "TaskDefinition is inactive");
    }

    @Test
    void definitionsAreListedByFamilyAndStatus() {
        cloud.register("app", "v2", "");
        cloud.register("apple", "v1", "");
        cloud.register("old", "v1", "");
        call("DeregisterTaskDefinition", "'taskDefinition': 'old:1'");
        String head = "arn:aws:ecs:us-east-1:000000000000:task-definition/";
        String list = "taskDefinitionArns";
        assertThat(texts(call("ListTaskDefinitions", "").path(list)))
                .containsExactly(head + "app:1", head + "app:2", head + "apple:1");
        assertThat(texts(call("ListTaskDefinitions", "'familyPrefix': 'app', 'sort': 'DESC'").path(list)))
                .as("the prefix is a whole name")
                .containsExactly(head + "app:2", head + "app:1");
        assertThat(texts(call("ListTaskDefinitions", "'status': 'INACTIVE'").path(list)))
                .containsExactly(head + "old:1");
        assertThat(texts(call("ListTaskDefinitionFamilies", "").path("families")))
                .containsExactly("app", "apple", "old");
        assertThat(texts(call("ListTaskDefinitionFamilies", "'familyPrefix': 'app'").path("families")))
                .as("a true prefix")
                .containsExactly("app", "apple");
        assertThat(
                        texts(
                                call("ListTaskDefinitionFamilies", "'status': 'ACTIVE'")
                                        .path("families")))
                .containsExactly("app", "apple");
        for (int i = 0; i < 100; i++) {
            cloud.register("many", "v1", "");
        }
        JsonNode page = call("ListTaskDefinitions", "");
        assertThat(page.path(list)).hasSize(100);
        assertThat(call("ListTaskDefinitions", "'nextToken': '" + page.path("nextToken").asText() + "'").path(list))
                .hasSize(3);
    }

    @Test
    void aDeletedClusterIsInactive() {
        call("CreateCluster", "'clusterName': 'c'");
        call("DeleteCluster", "'cluster': 'c'");
        refused(
                "ListTasks",
                "'cluster': 'c'",
                "ClusterNotFoundException",
                "The referenced cluster was inactive.");
        refused("ListTasks", "'cluster': 'none'", "ClusterNotFoundException", "Cluster not found.");
        assertThat(call("DescribeClusters", "'clusters': ['c']").at("/clusters/0/status").asText())
                .isEqualTo("INACTIVE");
    }
}
