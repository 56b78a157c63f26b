package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.HttpService;
import io.modeltoecs.cloud.api.JsonApi;
import io.modeltoecs.cloud.api.Keys;
import io.modeltoecs.cloud.cloudwatch.Alarms;
import io.modeltoecs.cloud.elb.TargetGroups;
import io.modeltoecs.cloud.elb.TrafficRules;
import io.modeltoecs.cloud.engine.Containers;
import io.modeltoecs.cloud.faults.Faults;
import io.modeltoecs.cloud.logs.LogsApi;
import io.modeltoecs.cloud.logs.TaskLogs;
import io.modeltoecs.cloud.registry.Registry;
import io.modeltoecs.cloud.secrets.ParametersApi;
import io.modeltoecs.cloud.secrets.SecretsApi;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** ECS: its API, and the loop that keeps services as they are wanted. */
public final class Ecs implements JsonApi, AutoCloseable {
    /** The folder that tasks are kept in. */
    public static final String TASKS = EcsStore.TASKS;

    private final EcsStore store;
    private final Map<String, Action> actions = new LinkedHashMap<>();
    private final Clusters clusters;
    private final TaskMetadata metadata;
    private final TaskRunner runner;
    private final ContainerHealth health;
    private final TaskFaults taskFaults;
    private final Controller controller;

    /**
     * What ECS works with.
     *
     * @param engine runs containers
     * @param registry has the images
     * @param keys what tasks with a role are given
     * @param targetGroups where services register
     * @param logs where containers log to
     * @param taskLogs what they logged
     * @param traffic how listeners forward
     * @param alarms what deployments are watched by
     * @param faults what is made to go wrong
     * @param secrets values for containers
     * @param parameters values for containers
     */
    public record Parts(
            Containers engine,
            Registry registry,
            Keys keys,
            TargetGroups targetGroups,
            LogsApi logs,
            TaskLogs taskLogs,
            TrafficRules traffic,
            Alarms alarms,
            Faults faults,
            SecretsApi secrets,
            ParametersApi parameters) {}

    /**
     * ECS over an engine.
     *
     * @param cloudId is part of the names of containers
     * @param network arguments that put a container into the cloud's network
     * @param endpoint the cloud's URL as containers see it
     * @param holderImage the image of a container that only sleeps; null where tasks have no
     *     network of their own
     * @param memoryLimits whether the engine can limit memory
     * @param settleSeconds how long a task without any check runs before it counts as healthy
     */
    public Ecs(
            StateFile file,
            String cloudId,
            Parts parts,
            List<String> network,
            String endpoint,
            String holderImage,
            boolean memoryLimits,
            int settleSeconds) {
        store = new EcsStore(file, InstantSource.system());
        clusters = new Clusters(store);
        health = new ContainerHealth(store, parts.engine());
        runner =
                new TaskRunner(
                        store,
                        parts.engine(),
                        new Images(parts.engine(), parts.registry()),
                        new ContainerSettings(cloudId, parts.keys(), memoryLimits),
                        parts.targetGroups(),
                        parts.logs(),
                        parts.taskLogs(),
                        health,
                        new TaskRunner.Place(network, endpoint, holderImage),
                        parts.faults(),
                        new TaskSecrets(parts.secrets(), parts.parameters()));
        TaskDefinitions definitions =
                new TaskDefinitions(store, new TaskDefinitionRules(parts.registry().host()));
        Placement placement = parts.faults()::noCapacity;
        controller =
                new Controller(
                        store,
                        definitions,
                        runner,
                        placement,
                        new Controller.Balancing(parts.targetGroups(), parts.traffic()),
                        parts.alarms(),
                        settleSeconds);
        taskFaults =
                new TaskFaults(store, parts.engine(), runner, parts.targetGroups(), parts.faults());
        Tasks tasks = new Tasks(store, definitions, runner, placement);
        metadata = new TaskMetadata(store, tasks);
        controller.actions().forEach(this::add);
        add("CreateCluster", clusters::create);
        add("DescribeClusters", clusters::describe);
        add("ListClusters", clusters::list);
        add("DeleteCluster", clusters::delete);
        add("RegisterTaskDefinition", definitions::register);
        add("DescribeTaskDefinition", definitions::describe);
        add("DeregisterTaskDefinition", definitions::deregister);
        add("DeleteTaskDefinitions", definitions::delete);
        add("ListTaskDefinitions", definitions::list);
        add("ListTaskDefinitionFamilies", definitions::listFamilies);
        add("RunTask", tasks::run);
        add("StopTask", tasks::stop);
        add("DescribeTasks", tasks::describe);
        add("ListTasks", tasks::list);
        add("ListTagsForResource", this::listTags);
        add("TagResource", this::tag);
        add("UntagResource", this::untag);
    }

    private void add(String name, Action action) {
        actions.put(
                name,
                in -> {
                    RequestShapes.check(name, in);
                    return store.with(() -> action.run(in));
                });
    }

    @Override
    public String target() {
        return "AmazonEC2ContainerServiceV20141113";
    }

    @Override
    public Map<String, Action> actions() {
        return actions;
    }

    /** What containers ask about themselves. */
    public HttpService metadata() {
        return metadata;
    }

    /** Makes a cluster where it is missing, and starts what services want. */
    public void start(String cluster) {
        store.with(
                () -> {
                    clusters.ensure(cluster);
                    mendServices();
                });
        runner.begin();
        controller.start();
        taskFaults.start();
    }

    /**
     * A service whose tasks ended with the cloud starts them anew, of its newest deployment. The
     * deployment that a rollback goes to is the one of the list, where it is there.
     */
    private void mendServices() {
        for (Cluster cluster : store.state().clusters.values()) {
            for (Service service : cluster.services.values()) {
                if (store.tasks(service).stream().allMatch(Task::hasStopped)) {
                    service.deployments.removeIf(d -> !d.isPrimary() && service.wanted(d) == 0);
                    service.steadySince = 0;
                    service.deployments.forEach(Deployment::clearBackOff);
                }
                if (service.lastCompleted != null) {
                    Deployment same = service.deployment(service.lastCompleted.id);
                    service.lastCompleted = same == null ? service.lastCompleted : same;
                }
                store.changed(service);
            }
        }
    }

    private JsonNode listTags(ObjectNode in) {
        ObjectNode out = Json.object();
        out.set("tags", Tags.list(tags(in.path("resourceArn").asText())));
        return out;
    }

    private JsonNode tag(ObjectNode in) {
        String arn = in.path("resourceArn").asText();
        Map<String, String> tags = tags(arn);
        tags.putAll(Tags.map(in.path("tags")));
        save(arn, tags);
        return Json.object();
    }

    private JsonNode untag(ObjectNode in) {
        String arn = in.path("resourceArn").asText();
        Map<String, String> tags = tags(arn);
        in.path("tagKeys").forEach(k -> tags.remove(k.asText()));
        save(arn, tags);
        return Json.object();
    }

    private void save(String arn, Map<String, String> tags) {
        String[] part = arn.substring(arn.lastIndexOf(':') + 1).split("/");
        if (arn.contains(":task-definition/")) {
            String name = arn.substring(arn.indexOf('/') + 1);
            int colon = name.indexOf(':');
            store.state()
                    .families
                    .get(name.substring(0, colon))
                    .tags
                    .put(Integer.parseInt(part[0]), Tags.node(tags));
        }
        if (part.length > 2 && part[0].equals("service")) {
            store.changed(store.state().clusters.get(part[1]).services.get(part[2]));
        }
        store.changed();
    }

    /** The tags of a cluster, service, task or task definition. */
    private Map<String, String> tags(String arn) {
        String[] path = arn.substring(arn.lastIndexOf(':') + 1).split("/");
        Map<String, String> found = null;
        if (arn.contains(":task-definition/")) {
            String name = arn.substring(arn.indexOf('/') + 1);
            int colon = name.indexOf(':');
            Family family = colon < 0 ? null : store.state().families.get(name.substring(0, colon));
            int revision = colon < 0 ? 0 : Integer.parseInt(name.substring(colon + 1));
            if (family != null && family.revisions.containsKey(revision)) {
                ObjectNode tags = family.tags.get(revision);
                found = tags == null ? new LinkedHashMap<>() : Tags.map(Tags.list(tags));
            }
        } else if (path.length > 1 && store.state().clusters.containsKey(path[1])) {
            Cluster cluster = store.state().clusters.get(path[1]);
            found =
                    switch (path[0]) {
                        case "cluster" -> cluster.tags;
                        case "service" ->
                                cluster.services.containsKey(path[2])
                                        ? cluster.services.get(path[2]).tags
                                        : null;
                        case "task" ->
                                store.tasks().stream()
                                        .filter(t -> t.id.equals(path[2]))
                                        .map(t -> t.tags)
                                        .findFirst()
                                        .orElse(null);
                        default -> null;
                    };
        }
        if (found == null) {
            throw AwsError.invalidParameter("The specified resource was not found: " + arn);
        }
        return found;
    }

    /** Stops the loop and keeps the logs. The containers run on. */
    @Override
    public void close() {
        controller.close();
        taskFaults.close();
        health.close();
        store.close();
        runner.saveLogs();
        runner.close();
    }
}
