package io.modeltoecs.cloud.ecs;

import io.modeltoecs.cloud.api.JsonApi;
import io.modeltoecs.cloud.cloudwatch.Alarms;
import io.modeltoecs.cloud.elb.Targets;
import io.modeltoecs.cloud.elb.TrafficRules;
import java.util.LinkedHashMap;
import java.util.Map;

/** The deployment controller: the actions on services, and the loop that does what they want. */
final class Controller implements AutoCloseable {
    private final EcsStore store;
    private final ServiceScheduler scheduler;
    private final Map<String, JsonApi.Action> actions = new LinkedHashMap<>();

    /**
     * Where the traffic of services comes from.
     *
     * @param targets where tasks register
     * @param rules how listeners forward to them
     */
    record Balancing(Targets targets, TrafficRules rules) {}

    /**
     * A controller.
     *
     * @param settleSeconds how long a task without any check runs before it counts as healthy
     */
    Controller(
            EcsStore store,
            TaskDefinitions definitions,
            TaskRuntime runtime,
            Placement placement,
            Balancing balancing,
            Alarms alarms,
            int settleSeconds) {
        this.store = store;
        Targets targets = balancing.targets();
        Rollout rollout =
                new Rollout(
                        store,
                        new TaskHealth(targets, settleSeconds),
                        new Fleet(store, definitions, runtime, targets, placement),
                        new Traffic(balancing.rules()),
                        alarms);
        runtime.setListener(rollout);
        alarms.onChange(() -> store.with(this::wakeWatched));
        scheduler = new ServiceScheduler(store, rollout);
        Services services =
                new Services(
                        store,
                        definitions,
                        rollout,
                        new ServiceRules(targets, balancing.rules(), alarms),
                        new ServiceView(store));
        ServiceDeployments deployments = new ServiceDeployments(store);
        actions.put("CreateService", services::create);
        actions.put("UpdateService", services::update);
        actions.put("DeleteService", services::delete);
        actions.put("DescribeServices", services::describe);
        actions.put("ListServices", services::list);
        actions.put("ListServiceDeployments", deployments::list);
        actions.put("DescribeServiceDeployments", deployments::describe);
        actions.put("DescribeServiceRevisions", deployments::describeRevisions);
        actions.put("StopServiceDeployment", deployments::stop);
        actions.put("ContinueServiceDeployment", deployments::proceed);
    }

    /** By name; all under the store's lock. */
    Map<String, JsonApi.Action> actions() {
        return actions;
    }

    /** An alarm changed: deployments that alarms watch are looked at. */
    private void wakeWatched() {
        for (Cluster cluster : store.state().clusters.values()) {
            for (Service service : cluster.services.values()) {
                if (service.alarms().path("enable").asBoolean()) {
                    store.wake(service);
                }
            }
        }
    }

    void start() {
        scheduler.start();
    }

    /** A round of those services that are due; for a clock that is set by hand. */
    long round() {
        return store.with(scheduler::round);
    }

    @Override
    public void close() {
        scheduler.close();
    }
}
