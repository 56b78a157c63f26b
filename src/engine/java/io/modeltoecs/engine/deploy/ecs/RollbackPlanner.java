package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.deploy.ecs.EcsApi.Found;
import io.modeltoecs.engine.progress.Progress;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.ecs.model.DeploymentRolloutState;

/** Plans {@code rollbackEcs}: an earlier revision as it was, with its image and its model. */
final class RollbackPlanner implements Planner {
    private final EcsApi ecs;
    private final String to;
    private final Progress progress;

    /**
     * @param to ARN or {@code family:revision}, or null for the one that completed before
     */
    RollbackPlanner(EcsApi ecs, String to, Progress progress) {
        this.ecs = ecs;
        this.to = to;
        this.progress = progress;
    }

    @Override
    public Plan plan(Optional<Found> running) {
        Found found =
                running.orElseThrow(() -> new StepException("service not found: " + ecs.label()));
        ServiceKind.refuseUnlessOfEcs(ecs.label(), found.service());
        String current = found.service().taskDefinition();
        JsonNode target = ecs.taskDefinition(to == null ? before(current) : to);
        JsonNode definition = target.path("taskDefinition");
        String arn = definition.path("taskDefinitionArn").asText();
        if (!"ACTIVE".equals(definition.path("status").asText("ACTIVE"))) {
            throw new StepException(
                    "%s is %s: it was deregistered, and can't be deployed again"
                            .formatted(Names.last(arn), definition.path("status").asText()));
        }
        refuseAnotherService(arn, current);
        boolean rolls = !arn.equals(current);
        TaskDefinition now = TaskDefinition.registered(ecs.taskDefinition(current));
        TaskDefinition then = TaskDefinition.registered(target);
        progress.say(
                rolls
                        ? "%s: back from %s to %s:"
                                .formatted(ecs.label(), Names.last(current), Names.last(arn))
                        : "%s is on %s already".formatted(ecs.label(), Names.last(arn)));
        Diff.between(now, then).forEach(line -> progress.say("  " + line));
        Pins pins = new Pins(then);
        boolean good = found.primary().rolloutState() == DeploymentRolloutState.COMPLETED;
        return new Plan(
                null,
                arn,
                null,
                Json.object(),
                rolls,
                current,
                good ? current : null,
                found.primary().id(),
                pins.model(),
                pins.image(),
                pins.container(),
                ImageName.digestsOf(pins.image()),
                List.copyOf(Pins.versions(then, now)),
                List.copyOf(Pins.images(then, now)));
    }

    /** A slip in 'to' would put another program into this service. */
    private void refuseAnotherService(String arn, String current) {
        if (!family(arn).equals(family(current)) && !ecs.completed().contains(arn)) {
            throw new StepException(
                    "'to' is %s, but %s runs the family '%s', and no deployment of it to %s has ever completed"
                            .formatted(
                                    Names.last(arn),
                                    ecs.label(),
                                    family(current),
                                    Names.last(arn)));
        }
    }

    private static String family(String arn) {
        String last = Names.last(arn);
        return last.substring(0, last.indexOf(':'));
    }

    /** The revision that completed last before the current one. */
    private String before(String current) {
        List<String> completed = ecs.completed();
        int from = completed.indexOf(current) + 1;
        if (from >= completed.size()) {
            throw new StepException(
                    ("ECS knows no revision of %s that completed before %s: give 'to', as"
                                    + " 'family:revision'")
                            .formatted(ecs.label(), Names.last(current)));
        }
        return completed.get(from);
    }
}
