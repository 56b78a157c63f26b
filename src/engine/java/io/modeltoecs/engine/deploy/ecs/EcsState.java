package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.deploy.RolloutState;
import java.util.ArrayList;
import java.util.Optional;
import software.amazon.awssdk.services.ecs.model.Deployment;
import software.amazon.awssdk.services.ecs.model.Service;

/** A rollout on ECS between two looks at it. Jenkins stores it: simple types only. */
final class EcsState extends RolloutState {
    private static final long serialVersionUID = 1L;

    /** Where a rollout is. */
    enum Phase {
        /** Looks and plans, again where AWS had too much to do for an answer. */
        PLAN,
        /** Another deployment is in progress; plans when it has ended. */
        WAIT,
        /** Registers the task definition. */
        REGISTER,
        /** What comes before the service is touched. */
        RUN_TASK,
        /** Creates or updates the service. */
        START,
        /** Looks at the deployment. */
        WATCH,
        /** The deployment has completed: looks whether what it brought serves. */
        VERIFY,
        /** All is well: puts old revisions away. */
        KEEP,
        /** Goes back. */
        UNDO,
        /** Looks at the way back. */
        WATCH_UNDO,
        /** Ended badly: {@link #failure} is thrown. */
        FAILED,
        /** Ended well. */
        DONE
    }

    private String phase = Phase.WAIT.name();

    /**
     * A stored state as this one.
     *
     * @throws IllegalArgumentException if it is another target's
     */
    static EcsState of(RolloutState state) {
        if (state instanceof EcsState ecs) {
            return ecs;
        }
        throw new IllegalArgumentException("not a rollout on ECS: " + state);
    }

    /** The plan: see {@link Plan}. */
    String register;

    String taskDefinition;
    String create;
    String update;
    boolean rolls;
    String previous;
    String lastCompleted;
    String primaryBefore;
    String model;
    String image;

    /** The serving container. */
    String container;

    /** Digests by which its image may show itself in a task; empty where none is known. */
    ArrayList<String> digests = new ArrayList<>();

    /** Models that the service's revisions pin. */
    ArrayList<String> uses = new ArrayList<>();

    /** Images that they pin. */
    ArrayList<String> images = new ArrayList<>();

    /** All times are milliseconds since 1970. */
    long startedAt;

    long deadline;
    long undoDeadline;
    long watchedSince;
    long failedSince;

    /** ARN of the service, once it is known. */
    String service;

    /** Our deployment, once it has begun. */
    String deploymentId;

    /** ARN of its service deployment, where that is known. */
    String serviceDeployment;

    /** The stage of its traffic shift that was seen last, or null. */
    String stage;

    /** How long the service's rollouts took before, in milliseconds; 0 where that isn't known. */
    long usual;

    /** The deployments that were there before. */
    ArrayList<String> deploymentsBefore = new ArrayList<>();

    /** How often something was tried in this phase, and not answered in a row. */
    long attempts;

    long unanswered;

    /** What was said last, and the newest event that was seen. */
    String said;

    String event;

    /** The newest event of before. */
    String eventBefore;

    boolean lookAgain;
    ArrayList<String> stoppedTasks = new ArrayList<>();

    /** The first sign of what went wrong, or null. */
    String cause;

    /** Why the rollout was given up, or null. */
    String failure;

    boolean undoAsked;

    /** Request of RunTask without a task definition, or null; then its task. */
    String run;

    String runArn;
    long runSince;

    /** Which request of {@code verify} is due, since when, and what came of it so far. */
    long verifying;

    long verifyingSince;
    long asked;
    long wrong;
    String wrongFirst;

    /** The service's address, which {@code verify} takes where none is given. */
    String url;

    /** Tasks that have answered for themselves. */
    ArrayList<String> answered = new ArrayList<>();

    Phase phase() {
        return Phase.valueOf(phase);
    }

    void phase(Phase next) {
        phase = next.name();
        attempts = 0;
    }

    /** Ends it badly. */
    StepException failed(String message) {
        failure = message;
        phase(Phase.FAILED);
        return new StepException(message);
    }

    /** The deployment that was begun without there being time to note it, if there is one. */
    Optional<String> ours(Service service) {
        return service.deployments().stream()
                .filter(it -> rolls && taskDefinition.equals(it.taskDefinition()))
                .map(Deployment::id)
                .filter(it -> !deploymentsBefore.contains(it))
                .findFirst();
    }
}
