package io.modeltoecs.engine.deploy.ecs;

import static java.util.Comparator.comparingLong;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.ecs.model.ClientException;
import software.amazon.awssdk.services.ecs.model.ClusterNotFoundException;
import software.amazon.awssdk.services.ecs.model.Deployment;
import software.amazon.awssdk.services.ecs.model.DesiredStatus;
import software.amazon.awssdk.services.ecs.model.Failure;
import software.amazon.awssdk.services.ecs.model.ListServiceDeploymentsResponse;
import software.amazon.awssdk.services.ecs.model.ListTaskDefinitionsResponse;
import software.amazon.awssdk.services.ecs.model.ListTasksRequest;
import software.amazon.awssdk.services.ecs.model.ListTasksResponse;
import software.amazon.awssdk.services.ecs.model.RunTaskResponse;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.ecs.model.ServiceDeployment;
import software.amazon.awssdk.services.ecs.model.ServiceDeploymentBrief;
import software.amazon.awssdk.services.ecs.model.ServiceDeploymentStatus;
import software.amazon.awssdk.services.ecs.model.ServiceRevision;
import software.amazon.awssdk.services.ecs.model.SortOrder;
import software.amazon.awssdk.services.ecs.model.StopServiceDeploymentStopType;
import software.amazon.awssdk.services.ecs.model.Task;
import software.amazon.awssdk.services.ecs.model.TaskDefinitionField;
import software.amazon.awssdk.services.ecs.model.TaskDefinitionStatus;

/** What a rollout asks of Amazon ECS about one service. */
final class EcsApi {
    private static final String RACE = "Too many concurrent attempts";
    private static final int TASKS_PER_CALL = 100;
    private static final int USUAL = 5;

    /** An event and the end of a service deployment that are so near are of the same. */
    private static final long SAME_MILLIS = 60_000;

    private final EcsClient ecs;
    private final String cluster;
    private final String name;

    /**
     * @param ecs with {@link JsonBodies}
     * @param cluster name or ARN
     * @param name the service's
     */
    EcsApi(EcsClient ecs, String cluster, String name) {
        this.ecs = ecs;
        this.cluster = cluster;
        this.name = name;
    }

    /** The service, as the SDK knows it and as ECS answered. */
    record Found(Service service, ObjectNode json) {
        /** The newest deployment. */
        Deployment primary() {
            return EcsApi.primary(service);
        }
    }

    /** Cluster and service, as people name them. */
    String label() {
        return cluster.substring(cluster.lastIndexOf('/') + 1) + "/" + name;
    }

    String cluster() {
        return cluster;
    }

    String name() {
        return name;
    }

    /**
     * The service, if there is one, in whatever state.
     *
     * @throws StepException if there is no such cluster
     */
    Optional<Found> find() {
        return Optional.ofNullable(find(List.of(name)).get(name));
    }

    /**
     * Services of the cluster, by name; those that aren't there are missing.
     *
     * @param names at most 10
     * @throws StepException if there is no such cluster
     */
    Map<String, Found> find(List<String> names) {
        AtomicReference<JsonNode> json = new AtomicReference<>();
        List<Service> services =
                AwsCall.of(
                        "ecs:DescribeServices",
                        () -> {
                            try {
                                return ecs.describeServices(
                                                it ->
                                                        it.cluster(cluster)
                                                                .services(names)
                                                                .overrideConfiguration(
                                                                        JsonBodies.receive(json)))
                                        .services();
                            } catch (ClusterNotFoundException e) {
                                throw new StepException(
                                        "cluster not found: "
                                                + cluster
                                                + " ("
                                                + AwsCall.message(e)
                                                + ")",
                                        e);
                            }
                        });
        Map<String, Found> found = new HashMap<>();
        for (int i = 0; i < services.size(); i++) {
            Service service = services.get(i);
            JsonNode raw = json.get().path("services").path(i);
            found.put(service.serviceName(), new Found(service, (ObjectNode) raw));
        }
        return found;
    }

    /**
     * The service, which has to be there.
     *
     * @throws StepException if it isn't
     */
    Found get() {
        return find().orElseThrow(() -> new StepException("service not found: " + label()));
    }

    /** The newest deployment of a service. */
    static Deployment primary(Service service) {
        return service.deployments().stream()
                .filter(it -> "PRIMARY".equals(it.status()))
                .findFirst()
                .orElseGet(() -> Deployment.builder().build());
    }

    /**
     * A task definition with its tags, as ECS answers it.
     *
     * @throws StepException if there is none
     */
    JsonNode taskDefinition(String arn) {
        return newestOf(arn)
                .orElseThrow(() -> new StepException("task definition not found: " + arn));
    }

    /** The newest revision of a family, if there is one. */
    Optional<JsonNode> newestOf(String family) {
        return AwsCall.of(
                "ecs:DescribeTaskDefinition",
                () -> {
                    try {
                        return Optional.of(describe(family));
                    } catch (ClientException e) {
                        return Optional.empty();
                    }
                });
    }

    private JsonNode describe(String taskDefinition) {
        AtomicReference<JsonNode> json = new AtomicReference<>();
        ecs.describeTaskDefinition(
                it ->
                        it.taskDefinition(taskDefinition)
                                .include(TaskDefinitionField.TAGS)
                                .overrideConfiguration(JsonBodies.receive(json)));
        return json.get();
    }

    /** Registers a revision; empty if another one of the family is just being registered. */
    Optional<String> register(ObjectNode taskDefinition) {
        return AwsCall.of(
                "ecs:RegisterTaskDefinition",
                () -> {
                    try {
                        return Optional.of(
                                ecs.registerTaskDefinition(
                                                it ->
                                                        it.overrideConfiguration(
                                                                JsonBodies.send(taskDefinition)))
                                        .taskDefinition()
                                        .taskDefinitionArn());
                    } catch (AwsServiceException e) {
                        if (AwsCall.message(e).contains(RACE)) {
                            return Optional.empty();
                        }
                        throw e;
                    }
                });
    }

    /** Creates the service. */
    Service create(ObjectNode body) {
        return AwsCall.of(
                "ecs:CreateService",
                () ->
                        ecs.createService(it -> it.overrideConfiguration(JsonBodies.send(body)))
                                .service());
    }

    /** Updates the service. */
    Service update(ObjectNode body) {
        body.put("cluster", cluster).put("service", name);
        return AwsCall.of(
                "ecs:UpdateService",
                () ->
                        ecs.updateService(it -> it.overrideConfiguration(JsonBodies.send(body)))
                                .service());
    }

    /**
     * Starts a task.
     *
     * @return its ARN
     * @throws StepException if there is no room for it
     */
    String run(ObjectNode request) {
        request.put("cluster", cluster);
        return AwsCall.of(
                "ecs:RunTask",
                () -> {
                    RunTaskResponse answer =
                            ecs.runTask(it -> it.overrideConfiguration(JsonBodies.send(request)));
                    if (answer.tasks().isEmpty()) {
                        throw new StepException(
                                "no task could be started (runTask): "
                                        + answer.failures().stream()
                                                .map(it -> it.reason() + detail(it))
                                                .collect(Collectors.joining(", ")));
                    }
                    return answer.tasks().get(0).taskArn();
                });
    }

    private static String detail(Failure failure) {
        return failure.detail() == null ? "" : " (" + failure.detail() + ")";
    }

    /**
     * A task.
     *
     * @throws StepException if there is none
     */
    Task task(String arn) {
        return AwsCall.of(
                "ecs:DescribeTasks",
                () ->
                        ecs.describeTasks(it -> it.cluster(cluster).tasks(arn)).tasks().stream()
                                .findFirst()
                                .orElseThrow(() -> new StepException("task not found: " + arn)));
    }

    /** Stops a task. */
    void stop(String arn, String reason) {
        AwsCall.of(
                "ecs:StopTask",
                () -> ecs.stopTask(it -> it.cluster(cluster).task(arn).reason(reason)));
    }

    /** The active revisions of a family, newest first. */
    List<String> revisions(String family) {
        List<String> arns = new ArrayList<>();
        String token = null;
        do {
            String next = token;
            ListTaskDefinitionsResponse page =
                    AwsCall.of(
                            "ecs:ListTaskDefinitions",
                            () ->
                                    ecs.listTaskDefinitions(
                                            it ->
                                                    it.familyPrefix(family)
                                                            .status(TaskDefinitionStatus.ACTIVE)
                                                            .sort(SortOrder.DESC)
                                                            .nextToken(next)));
            arns.addAll(page.taskDefinitionArns());
            token = page.nextToken();
        } while (token != null);
        return arns;
    }

    /** Puts a revision away: it can't be deployed again. */
    void deregister(String arn) {
        AwsCall.of(
                "ecs:DeregisterTaskDefinition",
                () -> ecs.deregisterTaskDefinition(it -> it.taskDefinition(arn)));
    }

    /** The tasks of a family that run or start in the cluster, whoever started them. */
    List<Task> tasksOfFamily(String family) {
        return tasks(it -> it.family(family).desiredStatus(DesiredStatus.RUNNING));
    }

    /** The service's tasks that run or start, or those that have stopped within the hour. */
    List<Task> tasks(DesiredStatus status) {
        return tasks(it -> it.serviceName(name).desiredStatus(status));
    }

    private List<Task> tasks(Consumer<ListTasksRequest.Builder> which) {
        List<String> arns = new ArrayList<>();
        String token = null;
        do {
            String next = token;
            ListTasksResponse page =
                    AwsCall.of(
                            "ecs:ListTasks",
                            () ->
                                    ecs.listTasks(
                                            it ->
                                                    it.applyMutation(which)
                                                            .cluster(cluster)
                                                            .nextToken(next)));
            arns.addAll(page.taskArns());
            token = page.nextToken();
        } while (token != null);
        List<Task> tasks = new ArrayList<>();
        for (int i = 0; i < arns.size(); i += TASKS_PER_CALL) {
            List<String> some = arns.subList(i, Math.min(arns.size(), i + TASKS_PER_CALL));
            tasks.addAll(
                    AwsCall.of(
                            "ecs:DescribeTasks",
                            () ->
                                    ecs.describeTasks(it -> it.cluster(cluster).tasks(some))
                                            .tasks()));
        }
        return tasks;
    }

    /**
     * Has ECS stop the deployment that is in progress and go back to the last one that completed.
     *
     * @return whether ECS does it; it doesn't for services of before October 2024
     */
    boolean stopWithRollback() {
        return AwsCall.tried(
                        () -> {
                            List<ServiceDeploymentBrief> going =
                                    serviceDeployments(
                                            ServiceDeploymentStatus.PENDING,
                                            ServiceDeploymentStatus.IN_PROGRESS);
                            if (going.size() != 1) {
                                return false;
                            }
                            ecs.stopServiceDeployment(
                                    it ->
                                            it.serviceDeploymentArn(
                                                            going.get(0).serviceDeploymentArn())
                                                    .stopType(
                                                            StopServiceDeploymentStopType
                                                                    .ROLLBACK));
                            return true;
                        })
                .orElse(false);
    }

    /** Service deployments by ARN; those that aren't there or may not be seen are missing. */
    Map<String, ServiceDeployment> serviceDeployments(List<String> arns) {
        try {
            return ecs
                    .describeServiceDeployments(it -> it.serviceDeploymentArns(arns))
                    .serviceDeployments()
                    .stream()
                    .collect(
                            Collectors.toMap(
                                    ServiceDeployment::serviceDeploymentArn, Function.identity()));
        } catch (AwsServiceException e) {
            if (AwsCall.mayPass(e)) {
                throw e;
            }
            return Map.of();
        }
    }

    /**
     * Answers a hook at which ECS waits.
     *
     * @param decision {@code continue} or {@code rollback}
     */
    void answer(String serviceDeployment, String hook, String decision) {
        AwsCall.of(
                "ecs:ContinueServiceDeployment",
                () ->
                        ecs.continueServiceDeployment(
                                it ->
                                        it.serviceDeploymentArn(serviceDeployment)
                                                .hookId(hook)
                                                .action(decision.toUpperCase(Locale.ROOT))));
    }

    /** The task definitions of the deployments that completed, newest first. */
    List<String> completed() {
        return AwsCall.tried(
                        () ->
                                taskDefinitions(
                                        serviceDeployments(ServiceDeploymentStatus.SUCCESSFUL)))
                .orElse(List.of());
    }

    /** The task definition of the deployment that completed then, if that is known. */
    Optional<String> completedAt(Instant when) {
        return AwsCall.tried(
                        () ->
                                taskDefinitions(
                                        serviceDeployments(ServiceDeploymentStatus.SUCCESSFUL)
                                                .stream()
                                                .filter(it -> it.finishedAt() != null)
                                                .filter(it -> apart(it, when) < SAME_MILLIS)
                                                .sorted(comparingLong(it -> apart(it, when)))
                                                .limit(1)
                                                .toList()))
                .flatMap(it -> it.stream().findFirst());
    }

    private static long apart(ServiceDeploymentBrief deployment, Instant when) {
        return Duration.between(deployment.finishedAt(), when).abs().toMillis();
    }

    /** Of service deployments, in their order. */
    private List<String> taskDefinitions(List<ServiceDeploymentBrief> deployments) {
        List<String> revisions =
                deployments.stream()
                        .map(ServiceDeploymentBrief::targetServiceRevisionArn)
                        .distinct()
                        .limit(20)
                        .toList();
        if (revisions.isEmpty()) {
            return List.of();
        }
        Map<String, String> found =
                ecs
                        .describeServiceRevisions(it -> it.serviceRevisionArns(revisions))
                        .serviceRevisions()
                        .stream()
                        .collect(
                                Collectors.toMap(
                                        ServiceRevision::serviceRevisionArn,
                                        ServiceRevision::taskDefinition));
        return revisions.stream().map(found::get).filter(Objects::nonNull).distinct().toList();
    }

    /**
     * How long the service's last rollouts took, the middle one of them; zero if that isn't known.
     */
    Duration usualTime() {
        List<Duration> times =
                AwsCall.tried(() -> serviceDeployments(ServiceDeploymentStatus.SUCCESSFUL))
                        .orElse(List.of())
                        .stream()
                        .filter(it -> it.startedAt() != null && it.finishedAt() != null)
                        .limit(USUAL)
                        .map(it -> Duration.between(it.startedAt(), it.finishedAt()))
                        .sorted()
                        .toList();
        return times.isEmpty() ? Duration.ZERO : times.get(times.size() / 2);
    }

    private List<ServiceDeploymentBrief> serviceDeployments(ServiceDeploymentStatus... status) {
        ListServiceDeploymentsResponse page =
                ecs.listServiceDeployments(
                        it -> it.cluster(cluster).service(name).status(status).maxResults(100));
        return page.serviceDeployments().stream()
                .sorted((a, b) -> b.createdAt().compareTo(a.createdAt()))
                .toList();
    }
}
