package io.modeltoecs.runner.steps;

import io.modeltoecs.runner.step.StepRegistry;

/** All that the runner has. */
public final class AllSteps {
    private AllSteps() {}

    /** The steps of Jenkins and those of this project. */
    public static StepRegistry with(ModelSteps model) {
        StepRegistry registry = new StepRegistry();
        registry.add(BasicSteps.all());
        registry.add(Blocks.all());
        registry.add(FlowBlocks.all());
        registry.add(CredentialsBlock.all());
        registry.add(ShellStep.all());
        registry.add(FileSteps.all());
        registry.add(JunitStep.all());
        registry.add(InputStep.all());
        registry.add(CheckoutStep.all());
        registry.add(model.all());
        return registry;
    }
}
