package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import software.amazon.awssdk.services.ecs.model.DeploymentControllerType;
import software.amazon.awssdk.services.ecs.model.Service;

/** Which services can be rolled. */
final class ServiceKind {
    private ServiceKind() {}

    /**
     * @param label cluster and service
     * @throws StepException naming what the service is, if ECS doesn't roll it
     */
    static void refuseUnlessRolling(String label, Service service) {
        if (!"ACTIVE".equals(service.status())) {
            throw new StepException(
                    "the service %s is %s, but has to be ACTIVE"
                            .formatted(label, service.status()));
        }
        if (service.deploymentController() != null
                && service.deploymentController().type() != DeploymentControllerType.ECS) {
            throw new StepException(
                    "the service %s has the deployment controller %s; only ECS's own (ECS) can be used"
                            .formatted(label, service.deploymentController().typeAsString()));
        }
        if (service.deploymentConfiguration() != null
                && service.deploymentConfiguration().strategy() != null
                && !"ROLLING".equals(service.deploymentConfiguration().strategyAsString())) {
            throw new StepException(
                    "the service %s deploys by %s, which is not supported yet; ROLLING is"
                            .formatted(
                                    label, service.deploymentConfiguration().strategyAsString()));
        }
    }
}
