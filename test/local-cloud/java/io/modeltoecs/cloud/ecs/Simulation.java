package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.JsonApi;
import io.modeltoecs.cloud.cloudwatch.Alarms;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** The deployment controller and its API with a clock that is set by hand and tasks in name only. */
final class Simulation {
    static final String BLUE = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/blue/1";
    static final String GREEN =
            "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/green/2";
    static final String RULE = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/p/1";
    static final String TEST_RULE =
            "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/t/2";
    static final int DRAIN_SECONDS = 30;
    private static final int MAX_ROUNDS = 100_000;

    final ManualClock clock = new ManualClock();
    final SimulatedBalancer balancer = new SimulatedBalancer();
    final SimulatedRuntime runtime;
    final Alarms alarms;
    final EcsStore store;
    private final Controller controller;
    private final Map<String, JsonApi.Action> actions = new HashMap<>();
    private String noRoom;

    Simulation(Path folder) {
        store = new EcsStore(new StateFile(folder.resolve("ecs.json")), clock);
        runtime = new SimulatedRuntime(store, clock, balancer);
        alarms = new Alarms(new StateFile(folder.resolve("alarms.json")));
        TaskDefinitions definitions =
                new TaskDefinitions(store, new TaskDefinitionRules("registry.local"));
        controller =
                new Controller(
                        store,
                        definitions,
                        runtime,
                        (cluster, group) -> Optional.ofNullable(noRoom),
                        new Controller.Balancing(balancer, balancer),
                        alarms,
                        40);
        Tasks tasks = new Tasks(store, definitions, runtime, Placement.UNLIMITED);
        Clusters clusters = new Clusters(store);
        actions.putAll(controller.actions());
        actions.put("CreateCluster", clusters::create);
        actions.put("RegisterTaskDefinition", definitions::register);
        actions.put("DeregisterTaskDefinition", definitions::deregister);
        actions.put("DescribeTaskDefinition", definitions::describe);
        actions.put("DeleteTaskDefinitions", definitions::delete);
        actions.put("ListTaskDefinitions", definitions::list);
        actions.put("ListTaskDefinitionFamilies", definitions::listFamilies);
        actions.put("DescribeClusters", clusters::describe);
        actions.put("DeleteCluster", clusters::delete);
        actions.put("DescribeTasks", tasks::describe);
        actions.put("ListTasks", tasks::list);
        actions.put("StopTask", tasks::stop);
        actions.put("RunTask", tasks::run);
        balancer.group(BLUE, DRAIN_SECONDS);
        balancer.group(GREEN, DRAIN_SECONDS);
        balancer.forward(RULE, Map.of(BLUE, 1));
        balancer.forward(TEST_RULE, Map.of(BLUE, 1));
        call("CreateCluster", "{}");
    }

    /** No more tasks can be placed, for a reason; null: they can. */
    void noRoom(String reason) {
        noRoom = reason;
    }

    /** An action of the API with its JSON. */
    JsonNode call(String action, String json) {
        try {
            ObjectNode in = (ObjectNode) Json.MAPPER.readTree(json);
            return store.with(() -> actions.get(action).run(in));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(json, e);
        }
    }

    /** Registers a task definition with one container of an image; more members of it as JSON. */
    String register(String family, String image, String more) {
        return call(
                        "RegisterTaskDefinition",
                        """
                        {"family": "%s", "containerDefinitions": [{"name": "app", "image": "%s",
                         "memory": 64, "portMappings": [{"containerPort": 8080}] %s}]}
                        """
                                .formatted(family, image, more.isEmpty() ? "" : "," + more))
                .at("/taskDefinition/taskDefinitionArn")
                .asText();
    }

    /** The service {@code s}. */
    JsonNode service() {
        return call("DescribeServices", "{\"services\": [\"s\"]}").at("/services/0");
    }

    Service internal() {
        return store.state().clusters.get("default").services.get("s");
    }

    /** The newest service deployment in full. */
    JsonNode rollout() {
        String arn =
                call("ListServiceDeployments", "{\"service\": \"s\"}")
                        .at("/serviceDeployments/0/serviceDeploymentArn")
                        .asText();
        return rollout(arn);
    }

    JsonNode rollout(String arn) {
        return call("DescribeServiceDeployments", "{\"serviceDeploymentArns\": [\"" + arn + "\"]}")
                .at("/serviceDeployments/0");
    }

    /** The service's event texts, oldest first, without ids. */
    List<String> events() {
        List<String> all = new ArrayList<>();
        service().path("events").forEach(e -> all.add(0, e.path("message").asText()));
        return all;
    }

    /** Tasks that are wanted, of a task definition. */
    List<Task> tasks(String definition) {
        return store.tasks().stream()
                .filter(t -> t.isWanted() && TaskDefinitions.arn(t.definition).equals(definition))
                .toList();
    }

    /** How many tasks of a definition are RUNNING or PENDING. */
    int count(String definition) {
        return tasks(definition).size();
    }

    /** One round of the controller. */
    void round() {
        controller.round();
    }

    /** Lets time pass. */
    void advance(double seconds) {
        pass(Math.round(seconds * 1000), s -> false);
    }

    /**
     * Lets time pass until the service is as expected.
     *
     * @return how many seconds that took
     */
    double until(Predicate<JsonNode> expected) {
        long start = clock.millis();
        if (!pass(400L * 3600 * 1000, expected)) {
            throw new AssertionError("never: " + events() + rollout());
        }
        return (clock.millis() - start) / 1000.0;
    }

    /** Lets time pass until the newest deployment is COMPLETED and alone. */
    double untilStable() {
        return until(
                s ->
                        s.path("deployments").size() == 1
                                && s.at("/deployments/0/rolloutState")
                                        .asText()
                                        .equals("COMPLETED"));
    }

    private boolean pass(long millis, Predicate<JsonNode> expected) {
        long end = clock.millis() + millis;
        for (int i = 0; i < MAX_ROUNDS; i++) {
            long next = Math.min(controller.round(), runtime.next());
            if (expected.test(service())) {
                return true;
            }
            if (store.hasDue()) {
                continue;
            }
            if (next > end) {
                clock.set(end);
                return false;
            }
            clock.set(Math.max(next, clock.millis()));
            runtime.happen();
        }
        throw new AssertionError("no end of rounds: " + service());
    }
}
