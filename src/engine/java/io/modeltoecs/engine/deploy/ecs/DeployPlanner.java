package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.deploy.ecs.EcsApi.Found;
import io.modeltoecs.engine.model.ModelStore;
import io.modeltoecs.engine.model.StoredModel;
import io.modeltoecs.engine.options.DeployOptions;
import io.modeltoecs.engine.options.ModelRef;
import io.modeltoecs.engine.progress.Progress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import software.amazon.awssdk.services.ecs.model.DeploymentRolloutState;
import software.amazon.awssdk.services.ecs.model.SchedulingStrategy;
import software.amazon.awssdk.services.ecs.model.Service;

/** Plans {@code deployToEcs}: the revision that the service runs, with another image and model. */
final class DeployPlanner implements Planner {
    /** Of a service that is created behind a load balancer without saying: a model has to load. */
    private static final int GRACE_SECONDS = 60;

    private final DeployOptions options;
    private final AwsAccess access;
    private final EcsApi ecs;
    private final Images images;
    private final SpecFile spec;
    private final Progress progress;

    /**
     * @param spec or null
     */
    DeployPlanner(
            DeployOptions options, AwsAccess access, EcsApi ecs, SpecFile spec, Progress progress) {
        this.options = options;
        this.access = access;
        this.ecs = ecs;
        this.images = new Images(access, options.aws().endpoint() != null, progress);
        this.spec = spec;
        this.progress = progress;
    }

    @Override
    public Plan plan(Optional<Found> found) {
        Optional<Found> running = found.filter(it -> !isGone(it.service()));
        if (running.isEmpty()) {
            return create();
        }
        Found service = running.get();
        refuse(service.service());
        if (spec != null) {
            progress.say(
                    "%s is there: its own task definition stays the base, not the spec's"
                            .formatted(ecs.label()));
        }
        return update(service);
    }

    private boolean isGone(Service service) {
        if (!"INACTIVE".equals(service.status())) {
            return false;
        }
        if (spec == null) {
            throw new StepException(
                    "service not found: %s is INACTIVE, it was deleted; create it again, or give 'spec'"
                            .formatted(ecs.label()));
        }
        return true;
    }

    private void refuse(Service service) {
        ServiceKind.refuseUnlessOfEcs(ecs.label(), service);
        ServiceKind.refuseUnlessShiftable(ecs.label(), service, options.strategy());
        if (service.schedulingStrategy() == SchedulingStrategy.DAEMON
                && options.desiredCount() != null) {
            throw new StepException(
                    "the service %s is a DAEMON, which has no 'desiredCount'"
                            .formatted(ecs.label()));
        }
    }

    private Plan update(Found found) {
        Service service = found.service();
        TaskDefinition before =
                TaskDefinition.registered(ecs.taskDefinition(service.taskDefinition()));
        TaskDefinition after = before.copy();
        boolean balanced = LoadBalancing.targetGroup(service).isPresent();
        List<String> balancedContainers =
                service.loadBalancers().stream().map(it -> it.containerName()).distinct().toList();
        Change change = change(after, balancedContainers, balanced);

        ObjectNode update = Json.object();
        if (options.desiredCount() != null
                && !options.desiredCount().equals(service.desiredCount())) {
            update.put("desiredCount", options.desiredCount());
        }
        configuration(update, found.json());

        boolean changed = !after.equals(before);
        // The same again is a new attempt where the last one failed
        boolean failed = found.primary().rolloutState() == DeploymentRolloutState.FAILED;
        boolean rolls = changed || options.force() || failed;
        if (rolls && !changed) {
            update.put("forceNewDeployment", true);
        }
        if (changed) {
            progress.say("changes to " + Names.last(service.taskDefinition()) + ":");
            Diff.between(before, after).forEach(line -> progress.say("  " + line));
        } else {
            progress.say(
                    "nothing changes in %s: no revision is registered"
                            .formatted(Names.last(service.taskDefinition())));
        }
        if (!update.isEmpty()) {
            progress.say("changes to the service: " + update);
        }
        if (rolls) {
            check(after, change);
            new HealthRules(progress)
                    .warn(
                            found.json().deepCopy().setAll(update),
                            after.container(change.container()),
                            balanced,
                            LoadTime.of(
                                    ecs,
                                    new LogTail(access),
                                    before.container(change.container())));
        }
        String lastCompleted = lastCompleted(found);
        TaskDefinition last = last(before, lastCompleted, service.taskDefinition());
        return new Plan(
                changed ? after : null,
                changed ? null : service.taskDefinition(),
                null,
                update,
                rolls,
                service.taskDefinition(),
                lastCompleted,
                found.primary().id(),
                change.model(),
                change.image(),
                change.container(),
                change.digests(),
                List.copyOf(Pins.versions(after, before, last)),
                List.copyOf(Pins.images(after, before, last)));
    }

    private Plan create() {
        if (spec == null) {
            throw new StepException("service not found: " + ecs.label());
        }
        ObjectNode service = spec.service().deepCopy();
        service.put("cluster", ecs.cluster()).put("serviceName", ecs.name());
        TaskDefinition definition = spec.taskDefinition().copy();
        if (definition.text("family") == null) {
            definition.text("family", ecs.name());
        }
        boolean balanced = !service.path("loadBalancers").isEmpty();
        List<String> balancedContainers =
                Stream.iterate(0, i -> i + 1)
                        .limit(service.path("loadBalancers").size())
                        .map(i -> service.path("loadBalancers").path(i).path("containerName"))
                        .map(it -> it.asText())
                        .distinct()
                        .toList();
        Change change = change(definition, balancedContainers, balanced);
        boolean daemon = service.path("schedulingStrategy").asText().equals("DAEMON");
        if (options.desiredCount() != null) {
            service.put("desiredCount", options.desiredCount());
        } else if (!daemon && !service.has("desiredCount")) {
            service.put("desiredCount", 1);
        }
        configuration(service, service.deepCopy());
        if (service.path("deploymentController").path("type").asText("ECS").equals("ECS")) {
            ObjectNode configuration = service.withObject("/deploymentConfiguration");
            if (!configuration.has("deploymentCircuitBreaker")) {
                configuration
                        .putObject("deploymentCircuitBreaker")
                        .put("enable", true)
                        .put("rollback", true);
            }
        } else {
            throw new StepException(
                    "spec '%s': the deployment controller has to be ECS".formatted(options.spec()));
        }
        if (balanced && !service.has("healthCheckGracePeriodSeconds")) {
            service.put("healthCheckGracePeriodSeconds", GRACE_SECONDS);
        }
        progress.say(
                "the service %s is created from the spec '%s', task definition %s"
                        .formatted(ecs.label(), options.spec(), definition.family()));
        progress.say("  service: " + service);
        Diff.between(spec.taskDefinition(), definition).forEach(line -> progress.say("  " + line));
        check(definition, change);
        new HealthRules(progress)
                .warn(
                        service,
                        definition.container(change.container()),
                        balanced,
                        Optional.empty());
        return new Plan(
                definition,
                null,
                service,
                Json.object(),
                true,
                null,
                null,
                null,
                change.model(),
                change.image(),
                change.container(),
                change.digests(),
                List.copyOf(Pins.versions(definition)),
                List.copyOf(Pins.images(definition)));
    }

    private record Change(
            String container, String image, List<String> digests, String model, String files) {}

    /** Puts image, model, environment and so on into a task definition. */
    private Change change(
            TaskDefinition definition, List<String> balancedContainers, boolean balanced) {
        TaskDefinition.Container container =
                definition.container(servingContainer(definition, balancedContainers));
        if (container.image() == null && options.image() == null) {
            throw new StepException(
                    "no image: give 'image', or name one for the container '%s' in the spec"
                            .formatted(container.name()));
        }
        ImageFacts image = null;
        if (options.image() != null || options.model() != null) {
            String wanted = options.image() == null ? container.image() : options.image();
            image = images.find(wanted, architecture(definition));
            checkArchitecture(definition, image);
        }
        if (options.image() != null) {
            container.image(image.reference());
        }
        String model = null;
        if (options.model() != null) {
            StoredModel stored = new ModelStore(access, options.aws()).resolve(options.model());
            if (!ModelFit.check(stored, image)) {
                progress.say(
                        "note: the image doesn't say which Python and libraries it has; whether"
                                + " the model fits shows when it is loaded");
            }
            model = stored.ref().toString();
            new ServingEnvironment(container).model(options, access.region().id(), stored);
        }
        if (options.model() == null && image != null) {
            checkPinned(container, image);
        }
        new ServingEnvironment(container).rest(options, image);
        if (options.taskRoleArn() != null) {
            definition.text("taskRoleArn", options.taskRoleArn());
        }
        if (options.executionRoleArn() != null) {
            definition.text("executionRoleArn", options.executionRoleArn());
        }
        HealthRules.addCheck(container, options.readiness(), image, balanced);
        if (container.env("MODEL") != null) {
            checkTaskRole(definition);
        }
        return new Change(
                container.name(),
                container.image(),
                image == null ? ImageName.digestsOf(container.image()) : image.digests(),
                model == null ? container.env("MODEL") : model,
                model == null
                        ? null
                        : "%s/%s/%s/versions/%s/"
                                .formatted(
                                        options.aws().bucket(),
                                        options.aws().prefix(),
                                        options.model().name(),
                                        model.substring(model.indexOf('@') + 1)));
    }

    /** On Fargate a container has no other way to get credentials; a machine may have its own. */
    private void checkTaskRole(TaskDefinition definition) {
        if (definition.text("taskRoleArn") != null) {
            return;
        }
        if (definition.isForFargate()) {
            throw new StepException(
                    "the task definition '%s' has no task role, so that the container can't read the model: give 'taskRoleArn'"
                            .formatted(definition.family()));
        }
        progress.say(
                "warning: the task definition has no task role, so that the container may not be able to"
                        + " read the model: give 'taskRoleArn'");
    }

    /** What only a look at other services of AWS can tell. */
    private void check(TaskDefinition definition, Change change) {
        new Preflight(access, progress).check(definition);
        new Permissions(access, progress).check(definition, change.files());
    }

    /** The model that stays has to fit the new image as well, where its model.json can be read. */
    private void checkPinned(TaskDefinition.Container container, ImageFacts image) {
        String pinned = Pins.exact(container);
        String bucket = options.aws().bucket();
        if (pinned == null || bucket == null || !bucket.equals(container.env("MODEL_BUCKET"))) {
            return;
        }
        String[] parts = pinned.split("@", 2);
        StoredModel stored;
        try {
            stored =
                    new ModelStore(access, options.aws()).resolve(new ModelRef(parts[0], parts[1]));
        } catch (StepException e) {
            progress.say(
                    "note: whether %s fits the image isn't known: %s"
                            .formatted(pinned, e.getMessage()));
            return;
        }
        ModelFit.check(stored, image);
    }

    private String servingContainer(TaskDefinition definition, List<String> balanced) {
        List<String> names = definition.containers();
        if (options.container() != null) {
            return options.container();
        }
        List<String> serving = balanced.stream().filter(names::contains).toList();
        if (serving.size() == 1) {
            return serving.get(0);
        }
        if (names.size() == 1) {
            return names.get(0);
        }
        throw new StepException(
                "which container serves? Give 'container': the task definition '%s' has %s"
                        .formatted(definition.family(), String.join(", ", names)));
    }

    private static String architecture(TaskDefinition definition) {
        boolean arm =
                "ARM64"
                        .equals(
                                definition
                                        .json()
                                        .path("runtimePlatform")
                                        .path("cpuArchitecture")
                                        .asText());
        return arm ? "arm64" : "amd64";
    }

    /** Where the task definition says nothing and runs on machines, those decide. */
    private static void checkArchitecture(TaskDefinition definition, ImageFacts image) {
        boolean said = definition.json().path("runtimePlatform").has("cpuArchitecture");
        boolean fargate = definition.isForFargate();
        String wanted = architecture(definition);
        if ((said || fargate)
                && image.architecture() != null
                && !image.architecture().equals(wanted)) {
            throw new StepException(
                    "the image '%s' is built for linux/%s, but the service runs on linux/%s"
                            .formatted(image.reference(), image.architecture(), wanted));
        }
    }

    private void configuration(ObjectNode body, JsonNode service) {
        // All of it is sent, so that none of the service's own settings is lost
        ObjectNode before =
                service.path("deploymentConfiguration").isObject()
                        ? service.path("deploymentConfiguration").deepCopy()
                        : Json.object();
        ObjectNode after = before.deepCopy();
        if (options.minimumHealthyPercent() != null) {
            after.put("minimumHealthyPercent", options.minimumHealthyPercent());
        }
        if (options.maximumPercent() != null) {
            after.put("maximumPercent", options.maximumPercent());
        }
        if (options.strategy() != null) {
            Shifting.apply(options.strategy(), after);
        }
        if (!after.equals(before)) {
            body.set("deploymentConfiguration", after);
        }
    }

    /** The revision that served last without a doubt. */
    private String lastCompleted(Found found) {
        return found.service().deployments().stream()
                .filter(it -> it.rolloutState() == DeploymentRolloutState.COMPLETED)
                .map(it -> it.taskDefinition())
                .findFirst()
                .or(() -> ecs.completed().stream().findFirst())
                .orElse(null);
    }

    private TaskDefinition last(TaskDefinition before, String lastCompleted, String running) {
        return lastCompleted == null || lastCompleted.equals(running)
                ? before
                : TaskDefinition.registered(ecs.taskDefinition(lastCompleted));
    }
}
