package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.Strategy;
import software.amazon.awssdk.services.ecs.model.DeploymentControllerType;
import software.amazon.awssdk.services.ecs.model.Service;

/** Which services can be deployed to. */
final class ServiceKind {
    private ServiceKind() {}

    /**
     * @param label cluster and service
     * @throws StepException naming what the service is, if ECS doesn't deploy it
     */
    static void refuseUnlessOfEcs(String label, Service service) {
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
    }

    /**
     * @throws StepException if traffic can't be shifted little by little, as a strategy other than
     *     rolling needs it
     */
    static void refuseUnlessShiftable(String label, Service service, Strategy strategy) {
        boolean balanced = service.hasLoadBalancers() && !service.loadBalancers().isEmpty();
        if (strategy != null
                && strategy.kind() != Strategy.Kind.ROLLING
                && balanced
                && service.loadBalancers().stream()
                        .noneMatch(it -> it.advancedConfiguration() != null)) {
            throw new StepException(
                    "the load balancer of %s can't shift traffic, which the strategy %s needs: its"
                                    .formatted(label, strategy.kind())
                            + " advancedConfiguration names no second target group and no listener"
                            + " rule; give it both, or use 'rolling'");
        }
    }
}
