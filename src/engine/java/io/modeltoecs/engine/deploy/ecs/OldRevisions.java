package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.deploy.ecs.EcsApi.Found;
import io.modeltoecs.engine.progress.Progress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.services.ecs.model.Deployment;
import software.amazon.awssdk.services.ecs.model.Task;

/**
 * Deregisters a family's old revisions. What is in use stays, and so does what a rollback may want:
 * a revision that was deregistered can't be deployed again. The rollout has ended well whatever
 * comes of this.
 */
final class OldRevisions implements Stage {
    /** How many of the revisions that completed last always stay. */
    private static final int COMPLETED = 3;

    /** At most so many in one look: ECS lets 20 pass at once, and then one in a second. */
    private static final int BATCH = 10;

    private static final Duration PAUSE = Duration.ofSeconds(BATCH);

    private final int keep;
    private final EcsApi ecs;
    private final Progress progress;

    /**
     * @param keep how many of the newest revisions stay
     */
    OldRevisions(int keep, EcsApi ecs, Progress progress) {
        this.keep = keep;
        this.ecs = ecs;
        this.progress = progress;
    }

    @Override
    public Optional<Duration> look(EcsState state) {
        try {
            List<String> old = old(state);
            List<String> some = old.subList(0, Math.min(BATCH, old.size()));
            some.forEach(ecs::deregister);
            if (!some.isEmpty()) {
                progress.say(
                        "keep %d: deregistered %s"
                                .formatted(
                                        keep,
                                        String.join(
                                                ", ", some.stream().map(Names::last).toList())));
            }
            return old.size() > some.size() ? Optional.of(PAUSE) : Optional.empty();
        } catch (StepException e) {
            progress.say("warning: old revisions stay (keep): " + e.getMessage());
            return Optional.empty();
        }
    }

    /** Those that may go, newest first. */
    private List<String> old(EcsState state) {
        String family = Names.last(state.taskDefinition).replaceFirst(":\\d+$", "");
        List<String> revisions = ecs.revisions(family);
        if (revisions.size() <= keep) {
            return List.of();
        }
        Set<String> needed = new HashSet<>(revisions.subList(0, keep));
        needed.add(state.taskDefinition);
        needed.add(state.previous);
        needed.add(state.lastCompleted);
        Found found = ecs.get();
        found.service().deployments().stream().map(Deployment::taskDefinition).forEach(needed::add);
        ecs.completed().stream().limit(COMPLETED).forEach(needed::add);
        // another service or a schedule may run the same family
        ecs.tasksOfFamily(family).stream().map(Task::taskDefinitionArn).forEach(needed::add);
        return revisions.stream().filter(it -> !needed.contains(it)).toList();
    }
}
