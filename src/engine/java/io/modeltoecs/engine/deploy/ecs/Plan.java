package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * What a rollout is going to do to a service.
 *
 * @param register the revision to register, or null to take {@code taskDefinition} as it is
 * @param taskDefinition ARN of the revision where none is registered, else null
 * @param create body of CreateService without a task definition, or null to update the service
 * @param update body of UpdateService without cluster, service and task definition
 * @param rolls whether a new deployment begins
 * @param previous ARN of the revision that the service runs now, or null
 * @param lastCompleted ARN of the revision to go back to if this fails, or null
 * @param primary id of the deployment that is the newest now, or null
 * @param model {@code name@version}, or null
 * @param image the image of the serving container
 * @param container the serving container
 * @param digests by which the image may show itself in a task; empty where none is known
 * @param uses models that the service's revisions pin, as {@code name@version}
 * @param images that they pin, by digest
 */
record Plan(
        TaskDefinition register,
        String taskDefinition,
        ObjectNode create,
        ObjectNode update,
        boolean rolls,
        String previous,
        String lastCompleted,
        String primary,
        String model,
        String image,
        String container,
        List<String> digests,
        List<String> uses,
        List<String> images) {}
