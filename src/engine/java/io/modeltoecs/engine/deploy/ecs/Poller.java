package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.deploy.ecs.EcsApi.Found;
import java.time.Clock;
import software.amazon.awssdk.services.ecs.model.ServiceDeployment;

/**
 * All watching of a cluster's services by those who ask as the same.
 *
 * @param services by name
 * @param deployments service deployments by ARN
 * @param budget of both, and of what else is asked again and again
 */
record Poller(Shared<Found> services, Shared<ServiceDeployment> deployments, Budget budget) {
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html and
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html
    private static final int SERVICES = 10;
    private static final int DEPLOYMENTS = 20;

    static Poller by(Clock clock) {
        Budget budget = new Budget(clock);
        return new Poller(
                new Shared<>(SERVICES, budget, clock),
                new Shared<>(DEPLOYMENTS, budget, clock),
                budget);
    }
}
