package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * As much of ECS, ECR, its registry, Elastic Load Balancing, CloudWatch Logs, S3, IAM and the
 * stores of secrets as a rollout sees, over real HTTP. What the service does after an update is a script: one step at each look.
 */
final class FakeAws implements AutoCloseable {
    static final String CLUSTER = "arn:aws:ecs:us-east-1:000000000000:cluster/demo";
    static final String GROUP =
            "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/iris/1";

    /** A call that was made. */
    record Call(String action, JsonNode body) {}

    private record Answer(int status, Object body) {}

    private final HttpServer server;
    private final Map<String, byte[]> blobs = new LinkedHashMap<>();
    private final Map<String, String> images = new LinkedHashMap<>();
    private final Map<String, Deque<Function<JsonNode, Answer>>> faults = new LinkedHashMap<>();
    private final Set<String> denied = new HashSet<>();
    private int deployments = 1;
    boolean immutable;

    final List<Call> calls = new ArrayList<>();
    final Map<String, byte[]> objects = new LinkedHashMap<>();
    final Map<String, ObjectNode> taskDefinitions = new LinkedHashMap<>();
    final List<ObjectNode> stoppedTasks = new ArrayList<>();
    final List<ObjectNode> runningTasks = new ArrayList<>();
    final List<String> logLines = new ArrayList<>();
    final List<String> completed = new ArrayList<>();

    /** What happens at each look once the service was updated. */
    final Deque<Runnable> script = new ArrayDeque<>();

    /** What a task that RunTask starts ends with, at the second look; null while it runs. */
    Integer runExit;

    /** ARNs of secrets, names of parameters and of log groups that are there. */
    final Set<String> secrets = new HashSet<>();

    final Set<String> secretsBeingDeleted = new HashSet<>();
    final Set<String> parameters = new HashSet<>();
    final Set<String> logGroups = new HashSet<>();

    /** Who asks, and what IAM's simulation denies, as {@code action resource}. */
    String caller = "arn:aws:sts::000000000000:assumed-role/deployer/session";

    final Set<String> simulationDenies = new HashSet<>();

    int listenerPort = 8000;

    /** What the load balancer says of its one target. */
    String targetHealth = "<State>healthy</State>";

    boolean stopOffered;

    /** The id of keys whose time is over, or null. */
    String expiredKey;

    /** The hook at which the deployment is paused, or null. */
    String waiting;

    ObjectNode service;

    FakeAws() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::serve);
        server.setExecutor(
                Executors.newCachedThreadPool(
                        task -> {
                            Thread thread = new Thread(task);
                            thread.setDaemon(true);
                            return thread;
                        }));
        server.start();
    }

    String endpoint() {
        return "http://" + host();
    }

    String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    // ---- what is there

    /** A task definition with one container, registered. */
    String taskDefinition(String family, String container) {
        ObjectNode definition = Json.object();
        definition.put("family", family).put("networkMode", "bridge");
        definition
                .putArray("containerDefinitions")
                .add(
                        Json.object(container)
                                .put("essential", true));
        return register(definition);
    }

    /** Any task definition, registered. */
    String registered(ObjectNode definition) {
        return register(definition);
    }

    /** A service on a task definition, its only deployment completed. */
    void service(String taskDefinition) {
        service = Json.object();
        service.put("serviceName", "iris").put("status", "ACTIVE").put("clusterArn", CLUSTER);
        service.put("serviceArn", "arn:aws:ecs:us-east-1:000000000000:service/demo/iris");
        service.put("desiredCount", 2).put("taskDefinition", taskDefinition);
        service.put("schedulingStrategy", "REPLICA");
        service.putArray("events");
        service.putObject("deploymentConfiguration")
                .put("minimumHealthyPercent", 100)
                .put("maximumPercent", 200)
                .putObject("deploymentCircuitBreaker")
                .put("enable", true)
                .put("rollback", true);
        service.putArray("loadBalancers")
                .addObject()
                .put("targetGroupArn", GROUP)
                .put("containerName", "web")
                .put("containerPort", 8080);
        service.putArray("deployments")
                .add(deployment("ecs-svc/1", taskDefinition, "COMPLETED", 2));
        completed.add(taskDefinition);
    }

    static ObjectNode deployment(String id, String taskDefinition, String rollout, int running) {
        return Json.object()
                .put("id", id)
                .put("status", "PRIMARY")
                .put("taskDefinition", taskDefinition)
                .put("desiredCount", 2)
                .put("runningCount", running)
                .put("pendingCount", 0)
                .put("failedTasks", 0)
                .put("createdAt", 1.7e9)
                .put("rolloutState", rollout)
                .put("rolloutStateReason", "ECS deployment " + id + " in progress.");
    }

    /** An image in the registry, with labels; gives its reference by tag. */
    String image(String repository, String tag, String config) {
        String configDigest = blob(config.getBytes(StandardCharsets.UTF_8));
        String manifest =
                "{\"schemaVersion\":2,\"config\":{\"digest\":\"" + configDigest + "\"},\"layers\":[]}";
        images.put(repository + ":" + tag, manifest);
        images.put(repository + "@" + sha256(manifest.getBytes(StandardCharsets.UTF_8)), manifest);
        return host() + "/" + repository + ":" + tag;
    }

    /** The reference by digest of an image that is there. */
    String byDigest(String byTag) {
        String manifest = images.get(byTag.substring(byTag.indexOf('/') + 1));
        return byTag.substring(0, byTag.lastIndexOf(':'))
                + "@"
                + sha256(manifest.getBytes(StandardCharsets.UTF_8));
    }

    /** A model in the store, with its alias 'latest'; gives sha256 of its model.json. */
    String model(String name, String version, String more) {
        byte[] json =
                """
                {"schemaVersion":1,"name":"%s","version":"%s","files":[],"artifact":"model.pkl",%s}"""
                        .formatted(name, version, more)
                        .getBytes(StandardCharsets.UTF_8);
        String sha256 = sha256(json).substring("sha256:".length());
        objects.put("models/models/" + name + "/versions/" + version + "/model.json", json);
        objects.put(
                "models/models/" + name + "/aliases/latest.json",
                """
                {"version":"%s","sha256":"%s","order":1}"""
                        .formatted(version, sha256)
                        .getBytes(StandardCharsets.UTF_8));
        return sha256;
    }

    /** The tags of an image by its reference. */
    List<String> tags(String reference) {
        int at = reference.indexOf('@');
        String name = reference.substring(reference.indexOf('/') + 1, at);
        String manifest = images.get(name + reference.substring(at));
        return images.entrySet().stream()
                .filter(it -> it.getKey().startsWith(name + ":") && it.getValue().equals(manifest))
                .map(it -> it.getKey().substring(name.length() + 1))
                .sorted()
                .toList();
    }

    private Answer describeImages(JsonNode body) {
        String reference =
                body.path("repositoryName").asText()
                        + "@"
                        + body.path("imageIds").path(0).path("imageDigest").asText();
        if (!images.containsKey(reference)) {
            return error("ImageNotFoundException", "none");
        }
        ObjectNode answer = Json.object();
        ArrayNode tags = answer.putArray("imageDetails").addObject().putArray("imageTags");
        tags("/" + reference).forEach(tags::add);
        return ok(answer);
    }

    private Answer putImage(JsonNode body) {
        String name = body.path("repositoryName").asText() + ":" + body.path("imageTag").asText();
        String manifest = body.path("imageManifest").asText();
        if (images.containsKey(name)) {
            if (images.get(name).equals(manifest)) {
                return error("ImageAlreadyExistsException", "it has this tag");
            }
            if (immutable) {
                return error("ImageTagAlreadyExistsException", "the tag is immutable");
            }
        }
        images.put(name, manifest);
        return ok(Json.object());
    }

    private String blob(byte[] bytes) {
        blobs.put(sha256(bytes), bytes);
        return sha256(bytes);
    }

    // ---- what happens

    /** The deployments, newest first. */
    ArrayNode deployments() {
        return (ArrayNode) service.path("deployments");
    }

    ObjectNode primary() {
        return (ObjectNode) deployments().path(0);
    }

    void event(String text) {
        ((ArrayNode) service.path("events"))
                .insertObject(0)
                .put("id", "event-" + service.path("events").size())
                .put("createdAt", 4e9)
                .put("message", "(service iris) " + text);
    }

    void running(int count) {
        primary().put("runningCount", count);
    }

    void complete() {
        primary().put("rolloutState", "COMPLETED").put("runningCount", 2);
        while (deployments().size() > 1) {
            deployments().remove(1);
        }
    }

    /** The service's load balancer can shift traffic from one revision to another. */
    void canShift(String strategy) {
        ((ObjectNode) service.path("loadBalancers").path(0))
                .putObject("advancedConfiguration")
                .put("alternateTargetGroupArn", GROUP + "2")
                .put("productionListenerRule", "rule");
        ((ObjectNode) service.path("deploymentConfiguration")).put("strategy", strategy);
        service.put("currentServiceDeployment", "going");
    }

    /** A task of the newest deployment stops. */
    void taskStops(String id, String stopCode, String stoppedReason, Integer exit, String reason) {
        ObjectNode task =
                Json.object()
                        .put("taskArn", "arn:aws:ecs:us-east-1:000000000000:task/demo/" + id)
                        .put("lastStatus", "STOPPED")
                        .put("startedBy", primary().path("id").asText())
                        .put("stoppedAt", 4e9 + stoppedTasks.size())
                        .put("stopCode", stopCode)
                        .put("stoppedReason", stoppedReason);
        ObjectNode container = task.putArray("containers").addObject().put("name", "web");
        if (exit != null) {
            container.put("exitCode", exit);
        }
        if (reason != null) {
            container.put("reason", reason);
        }
        stoppedTasks.add(task);
        primary().put("failedTasks", primary().path("failedTasks").asInt() + 1);
    }

    /** A task runs. */
    void runningTask(String id, String deployment, String health) {
        ObjectNode task =
                Json.object()
                        .put("taskArn", "arn:aws:ecs:us-east-1:000000000000:task/demo/" + id)
                        .put("lastStatus", "RUNNING")
                        .put("startedBy", deployment)
                        .put("healthStatus", health);
        deployments().forEach(
                it -> {
                    if (it.path("id").asText().equals(deployment)) {
                        task.put("taskDefinitionArn", it.path("taskDefinition").asText());
                    }
                });
        task.putArray("containers").addObject().put("name", "web");
        runningTasks.add(task);
    }

    /** The circuit breaker brings the deployment before this one back. */
    void breakerRollsBack() {
        ObjectNode bad = primary();
        bad.put("status", "ACTIVE").put("rolloutState", "FAILED").put("runningCount", 0);
        ObjectNode good = (ObjectNode) deployments().path(1);
        good.put("status", "PRIMARY").put("rolloutState", "IN_PROGRESS");
        good.put(
                "rolloutStateReason",
                "ECS deployment circuit breaker: rolling back to deploymentId "
                        + good.path("id").asText());
        deployments().removeAll();
        deployments().add(good).add(bad);
        service.put("taskDefinition", good.path("taskDefinition").asText());
        event("(deployment " + bad.path("id").asText() + ") deployment failed: tasks failed to start.");
    }

    /** Somebody else deploys. */
    String foreignDeployment(String taskDefinition) {
        String id = "ecs-svc/" + ++deployments;
        if (!deployments().isEmpty()) {
            primary().put("status", "ACTIVE");
        }
        deployments().insert(0, deployment(id, taskDefinition, "IN_PROGRESS", 0));
        service.put("taskDefinition", taskDefinition);
        return id;
    }

    /** Answers the next call of an action with an error. */
    void fault(String action, int status, String type, String message) {
        faults.computeIfAbsent(action, it -> new ArrayDeque<>())
                .add(
                        body ->
                                new Answer(
                                        status,
                                        Json.object().put("__type", type).put("message", message)));
    }

    /** Denies an action, each time. */
    void deny(String action) {
        denied.add(action);
    }

    /** Drops the connection of the next call of an action, after or before doing it. */
    void drop(String action, boolean done) {
        faults.computeIfAbsent(action, it -> new ArrayDeque<>())
                .add(
                        body -> {
                            if (done) {
                                act(action, body);
                            }
                            return new Answer(0, null);
                        });
    }

    // ---- what was done

    List<JsonNode> called(String action) {
        return calls.stream()
                .filter(it -> it.action().equals(action))
                .map(Call::body)
                .toList();
    }

    /** Actions that change something. */
    List<String> changes() {
        return calls.stream()
                .map(Call::action)
                .filter(
                        it ->
                                it.matches(
                                        "RegisterTaskDefinition|(Create|Update|Delete)Service|(Stop|Continue).*|RunTask|Deregister.*|PUT .*"))
                .toList();
    }

    // ---- serving

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
            String path = exchange.getRequestURI().getPath();
            if (target != null) {
                String action = target.substring(target.indexOf('.') + 1);
                JsonNode json = body.length == 0 ? Json.object() : Json.read(body);
                Answer answer;
                synchronized (this) {
                    calls.add(new Call(action, json));
                    Deque<Function<JsonNode, Answer>> queued = faults.get(action);
                    String signature = exchange.getRequestHeaders().getFirst("Authorization");
                    boolean expired =
                            expiredKey != null
                                    && signature.contains("Credential=" + expiredKey + "/");
                    answer = expired ? error("ExpiredTokenException", "The security token included in the request is expired") :
                            queued == null || queued.isEmpty()
                                    ? act(action, json)
                                    : queued.poll().apply(json);
                }
                if (answer.body() != null) {
                    send(
                            exchange,
                            answer.status(),
                            "application/x-amz-json-1.1",
                            Json.bytes((JsonNode) answer.body()));
                }
            } else if (path.startsWith("/v2/")) {
                byte[] blob = blobs.get(path.substring(path.lastIndexOf('/') + 1));
                send(exchange, blob == null ? 404 : 200, "application/json", blob);
            } else if (exchange.getRequestMethod().equals("POST") && path.equals("/")) {
                query(exchange, new String(body, StandardCharsets.UTF_8));
            } else {
                s3(exchange, path.substring(1), body);
            }
        }
    }

    private Answer act(String action, JsonNode body) {
        if (denied.contains(action)) {
            return error(
                    "AccessDeniedException", "User: x is not authorized to perform: " + action);
        }
        return switch (action) {
            case "DescribeServices" -> describeServices(body);
            case "DescribeTaskDefinition" -> describeTaskDefinition(body);
            case "RegisterTaskDefinition" ->
                    ok(taskDefinitions.get(register((ObjectNode) body.deepCopy())));
            case "UpdateService" -> update(body);
            case "CreateService" -> create(body);
            case "ListTasks" -> {
                ObjectNode answer = Json.object();
                ArrayNode arns = answer.putArray("taskArns");
                boolean stopped = body.path("desiredStatus").asText().equals("STOPPED");
                (stopped ? stoppedTasks : runningTasks)
                        .stream()
                        .filter(
                                it ->
                                        !body.has("serviceName")
                                                || it.path("startedBy").asText().startsWith("ecs-svc"))
                        .forEach(it -> arns.add(it.path("taskArn").asText()));
                yield ok(answer);
            }
            case "RunTask" -> {
                runningTask("run1", "model-to-ecs", "UNKNOWN");
                ObjectNode answer = Json.object();
                answer.putArray("tasks").add(runningTasks.remove(runningTasks.size() - 1));
                yield ok(answer);
            }
            case "StopTask" -> ok(Json.object());
            case "ListTaskDefinitions" -> {
                ObjectNode answer = Json.object();
                ArrayNode arns = answer.putArray("taskDefinitionArns");
                taskDefinitions.entrySet().stream()
                        .filter(it -> it.getValue().at("/taskDefinition/status").asText().equals("ACTIVE"))
                        .map(Map.Entry::getKey)
                        .filter(it -> it.contains("/" + body.path("familyPrefix").asText() + ":"))
                        .forEach(it -> arns.insert(0, it));
                yield ok(answer);
            }
            case "DeregisterTaskDefinition" -> {
                taskDefinitions
                        .get(body.path("taskDefinition").asText())
                        .withObject("/taskDefinition")
                        .put("status", "INACTIVE");
                yield ok(Json.object());
            }
            case "DescribeTasks" -> {
                if (body.path("tasks").path(0).asText().endsWith("/run1")) {
                    yield ok(ranTask());
                }
                ObjectNode answer = Json.object();
                ArrayNode tasks = answer.putArray("tasks");
                Stream.concat(stoppedTasks.stream(), runningTasks.stream())
                        .filter(it -> body.path("tasks").toString().contains(it.path("taskArn").asText()))
                        .forEach(tasks::add);
                yield ok(answer);
            }
            case "ListServiceDeployments" -> listServiceDeployments(body);
            case "DescribeServiceRevisions" -> {
                ObjectNode answer = Json.object();
                ArrayNode revisions = answer.putArray("serviceRevisions");
                body.path("serviceRevisionArns")
                        .forEach(
                                arn ->
                                        revisions
                                                .addObject()
                                                .put("serviceRevisionArn", arn.asText())
                                                .put(
                                                        "taskDefinition",
                                                        arn.asText().replaceFirst("revision-of-", "")));
                yield ok(answer);
            }
            case "DescribeServiceDeployments" -> {
                ObjectNode answer = Json.object();
                ObjectNode deployment =
                        answer.putArray("serviceDeployments")
                                .addObject()
                                .put(
                                        "serviceDeploymentArn",
                                        body.path("serviceDeploymentArns").path(0).asText())
                                .put("status", "IN_PROGRESS")
                                .put("lifecycleStage", "POST_TEST_TRAFFIC_SHIFT");
                if (waiting != null) {
                    deployment
                            .putArray("lifecycleHookDetails")
                            .addObject()
                            .put("hookId", waiting)
                            .put("targetType", "PAUSE")
                            .put("status", "AWAITING_ACTION")
                            .put("expiresAt", 4e9)
                            .put("timeoutAction", "ROLLBACK");
                }
                yield ok(answer);
            }
            case "ContinueServiceDeployment" -> {
                waiting = null;
                if (body.path("action").asText().equals("ROLLBACK")) {
                    breakerRollsBack();
                }
                yield ok(Json.object());
            }
            case "StopServiceDeployment" -> {
                breakerRollsBack();
                yield ok(Json.object());
            }
            case "BatchGetImage" -> batchGetImage(body);
            case "DescribeImages" -> describeImages(body);
            case "PutImage" -> putImage(body);
            case "GetAuthorizationToken" -> {
                ObjectNode answer = Json.object();
                answer.putArray("authorizationData")
                        .addObject()
                        .put(
                                "authorizationToken",
                                Base64.getEncoder().encodeToString("AWS:secret".getBytes(StandardCharsets.UTF_8)))
                        .put("proxyEndpoint", endpoint());
                yield ok(answer);
            }
            case "GetLogEvents" -> {
                ObjectNode answer = Json.object();
                ArrayNode events = answer.putArray("events");
                logLines.forEach(it -> events.addObject().put("message", it));
                yield ok(answer);
            }
            case "DescribeSecret" -> {
                String id = body.path("SecretId").asText();
                ObjectNode answer = Json.object().put("ARN", id);
                if (secretsBeingDeleted.contains(id)) {
                    answer.put("DeletedDate", 1.7e9);
                }
                yield secrets.contains(id)
                        ? ok(answer)
                        : error("ResourceNotFoundException", "Secrets Manager can't find it.");
            }
            case "DescribeParameters" -> {
                ObjectNode answer = Json.object();
                ArrayNode found = answer.putArray("Parameters");
                body.at("/ParameterFilters/0/Values")
                        .forEach(
                                it -> {
                                    if (parameters.contains(it.asText())) {
                                        found.addObject().put("Name", it.asText());
                                    }
                                });
                yield ok(answer);
            }
            case "DescribeLogGroups" -> {
                ObjectNode answer = Json.object();
                ArrayNode found = answer.putArray("logGroups");
                logGroups.stream()
                        .filter(it -> it.startsWith(body.path("logGroupNamePrefix").asText()))
                        .forEach(it -> found.addObject().put("logGroupName", it));
                yield ok(answer);
            }
            default -> error("ClientException", "the test knows no " + action);
        };
    }

    private ObjectNode ranTask() {
        ObjectNode answer = Json.object();
        ObjectNode task = answer.putArray("tasks").addObject();
        task.put("taskArn", "arn:aws:ecs:us-east-1:000000000000:task/demo/run1");
        task.put("lastStatus", runExit == null ? "RUNNING" : "STOPPED");
        ObjectNode container = task.putArray("containers").addObject().put("name", "web");
        if (runExit != null) {
            task.put("stopCode", "EssentialContainerExited");
            task.put("stoppedReason", "Essential container in task exited");
            container.put("exitCode", runExit);
        }
        return answer;
    }

    private Answer describeServices(JsonNode body) {
        if (!body.path("cluster").asText().equals("demo")) {
            return error("ClusterNotFoundException", "Cluster not found.");
        }
        if (!script.isEmpty() && service != null && !called("UpdateService").isEmpty()
                || !script.isEmpty() && !called("CreateService").isEmpty()) {
            script.poll().run();
        }
        ObjectNode answer = Json.object();
        ArrayNode services = answer.putArray("services");
        boolean wanted = false;
        for (JsonNode name : body.path("services")) {
            wanted |= name.asText().equals("iris");
        }
        if (service != null && wanted) {
            services.add(service.deepCopy());
        }
        return ok(answer);
    }

    private Answer describeTaskDefinition(JsonNode body) {
        String wanted = body.path("taskDefinition").asText();
        return taskDefinitions.entrySet().stream()
                .filter(
                        it ->
                                it.getKey().equals(wanted)
                                        || it.getKey().endsWith("/" + wanted)
                                        || it.getKey().contains("/" + wanted + ":"))
                .reduce((first, second) -> second)
                .map(it -> ok(it.getValue()))
                .orElseGet(
                        () -> error("ClientException", "Unable to describe task definition."));
    }

    private String register(ObjectNode definition) {
        int revision = taskDefinitions.size() + 1;
        String arn =
                "arn:aws:ecs:us-east-1:000000000000:task-definition/%s:%d"
                        .formatted(definition.path("family").asText(), revision);
        ObjectNode answer = Json.object();
        JsonNode tags = definition.remove("tags");
        definition.put("taskDefinitionArn", arn).put("revision", revision).put("status", "ACTIVE");
        definition.put("registeredAt", 1.7e9);
        definition.putArray("compatibilities").add("EC2");
        answer.set("taskDefinition", definition);
        answer.set("tags", tags == null ? Json.MAPPER.createArrayNode() : tags);
        taskDefinitions.put(arn, answer);
        return arn;
    }

    private Answer update(JsonNode body) {
        String taskDefinition = body.path("taskDefinition").asText(null);
        if (body.has("desiredCount")) {
            service.set("desiredCount", body.path("desiredCount"));
        }
        boolean other =
                taskDefinition != null
                        && !taskDefinition.equals(service.path("taskDefinition").asText());
        if (other || body.path("forceNewDeployment").asBoolean()) {
            foreignDeployment(taskDefinition);
        }
        return ok(Json.object().set("service", service.deepCopy()));
    }

    private Answer create(JsonNode body) {
        service = (ObjectNode) body.deepCopy();
        service.put("status", "ACTIVE");
        service.putArray("events");
        service.putArray("deployments");
        foreignDeployment(body.path("taskDefinition").asText());
        return ok(Json.object().set("service", service.deepCopy()));
    }

    private Answer listServiceDeployments(JsonNode body) {
        ObjectNode answer = Json.object();
        ArrayNode all = answer.putArray("serviceDeployments");
        boolean going = body.path("status").toString().contains("IN_PROGRESS");
        if (going && stopOffered) {
            all.addObject().put("serviceDeploymentArn", "going").put("createdAt", 4e9);
        } else if (!going) {
            for (int i = 0; i < completed.size(); i++) {
                all.addObject()
                        .put("serviceDeploymentArn", "done" + i)
                        .put("createdAt", 1.6e9 + i)
                        .put("startedAt", 1.6e9 + i)
                        .put("finishedAt", 1.6e9 + i + 60)
                        .put("targetServiceRevisionArn", "revision-of-" + completed.get(i));
            }
        }
        return ok(answer);
    }

    private Answer batchGetImage(JsonNode body) {
        String repository = body.path("repositoryName").asText();
        JsonNode id = body.path("imageIds").path(0);
        String manifest =
                images.get(
                        id.has("imageDigest")
                                ? repository + "@" + id.path("imageDigest").asText()
                                : repository + ":" + id.path("imageTag").asText());
        if (images.keySet().stream().noneMatch(it -> it.startsWith(repository + ":"))) {
            return error(
                    "RepositoryNotFoundException",
                    "The repository with name '%s' does not exist".formatted(repository));
        }
        ObjectNode answer = Json.object();
        ArrayNode found = answer.putArray("images");
        ArrayNode failures = answer.putArray("failures");
        if (manifest == null) {
            failures.addObject()
                    .put("failureCode", "ImageNotFound")
                    .put("failureReason", "Requested image not found");
        } else {
            found.addObject()
                    .put("imageManifest", manifest)
                    .putObject("imageId")
                    .put("imageDigest", sha256(manifest.getBytes(StandardCharsets.UTF_8)));
        }
        return ok(answer);
    }

    /** What is asked by a form and answered by XML: load balancers, IAM and STS. */
    private void query(HttpExchange exchange, String form) throws IOException {
        ObjectNode fields = Json.object();
        for (String field : form.split("&")) {
            String[] parts = field.split("=", 2);
            fields.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        String action = fields.path("Action").asText();
        synchronized (this) {
            calls.add(new Call(action, fields));
        }
        if (denied.contains(action)) {
            send(
                    exchange,
                    403,
                    "text/xml",
                    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>"
                            .getBytes(StandardCharsets.UTF_8));
            return;
        }
        String members =
                switch (action) {
                    case "GetCallerIdentity" -> "<Arn>" + caller + "</Arn>";
                    case "SimulatePrincipalPolicy" -> simulated(fields);
                    case "DescribeTargetHealth" ->
                            "<TargetHealthDescriptions><member><TargetHealth>" + targetHealth
                                    + "</TargetHealth></member></TargetHealthDescriptions>";
                    case "DescribeTargetGroups" ->
                            "<TargetGroups><member><LoadBalancerArns><member>lb</member>"
                                    + "</LoadBalancerArns></member></TargetGroups>";
                    case "DescribeLoadBalancers" ->
                            "<LoadBalancers><member><DNSName>127.0.0.1</DNSName></member>"
                                    + "</LoadBalancers>";
                    default ->
                            "<Listeners><member><Port>" + listenerPort + "</Port><Protocol>HTTP</Protocol>"
                                    + "<DefaultActions><member><Type>forward</Type><TargetGroupArn>"
                                    + GROUP
                                    + "</TargetGroupArn></member></DefaultActions></member>"
                                    + "</Listeners>";
                };
        String xml =
                "<%1$sResponse><%1$sResult>%2$s</%1$sResult></%1$sResponse>"
                        .formatted(action, members);
        send(exchange, 200, "text/xml", xml.getBytes(StandardCharsets.UTF_8));
    }

    private String simulated(JsonNode fields) {
        String action = fields.path("ActionNames.member.1").asText();
        String asked = action + " " + fields.path("ResourceArns.member.1").asText();
        boolean no = simulationDenies.contains(asked);
        return "<EvaluationResults><member><EvalActionName>%s</EvalActionName><EvalDecision>%s</EvalDecision></member></EvaluationResults>"
                .formatted(action, no ? "implicitDeny" : "allowed");
    }

    private void s3(HttpExchange exchange, String key, byte[] body) throws IOException {
        synchronized (this) {
            calls.add(new Call(exchange.getRequestMethod() + " " + key, Json.object()));
            if (exchange.getRequestMethod().equals("PUT")) {
                objects.put(key, body);
            }
        }
        byte[] object = objects.get(key);
        if (object == null) {
            send(
                    exchange,
                    404,
                    "application/xml",
                    "<Error><Code>NoSuchKey</Code></Error>".getBytes(StandardCharsets.UTF_8));
            return;
        }
        exchange.getResponseHeaders().set("ETag", "\"" + sha256(object) + "\"");
        send(
                exchange,
                200,
                "application/octet-stream",
                exchange.getRequestMethod().equals("PUT") ? null : object);
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body)
            throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body == null || body.length == 0 ? -1 : body.length);
        if (body != null && body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    private static Answer ok(JsonNode body) {
        return new Answer(200, body.deepCopy());
    }

    private static Answer error(String type, String message) {
        return new Answer(400, Json.object().put("__type", type).put("message", message));
    }

    static String sha256(byte[] bytes) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
