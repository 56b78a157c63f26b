package io.modeltoecs.runner.step;

import java.util.List;
import java.util.function.Supplier;

/**
 * A step as a Jenkinsfile calls it.
 *
 * @param name what it is called
 * @param parameters its parameters; the first is the one that may be given without its name
 * @param open whether it takes parameters beside those listed, which it then checks itself
 * @param onNode whether it needs an enclosing {@code node}
 * @param immediate whether it ends at once, so that {@code @NonCPS} code may call it, as in Jenkins
 * @param leaf what it does, or null for a step with a body
 * @param block makes what runs the body, or null for a step without one
 */
public record Step(
        String name,
        List<String> parameters,
        boolean open,
        boolean onNode,
        boolean immediate,
        Leaf leaf,
        Supplier<Block> block) {

    /** What a step without a body does. */
    @FunctionalInterface
    public interface Leaf {
        /**
         * Runs on a thread of its own, which is interrupted when the step is to stop.
         *
         * @return the step's value, which has to be serializable
         */
        Object run(StepContext context) throws Exception;
    }

    /** A step without a body. */
    public static Step leaf(String name, Leaf leaf, String... parameters) {
        return new Step(name, List.of(parameters), false, false, false, leaf, null);
    }

    /** A step without a body that runs where the build's files are. */
    public static Step onNode(String name, Leaf leaf, String... parameters) {
        return new Step(name, List.of(parameters), false, true, false, leaf, null);
    }

    /** A step without a body that ends at once. */
    public static Step immediate(String name, Leaf leaf, String... parameters) {
        return new Step(name, List.of(parameters), false, false, true, leaf, null);
    }

    /** A step without a body whose parameters are checked by what it calls. */
    public static Step open(String name, Leaf leaf) {
        return new Step(name, List.of(), true, false, false, leaf, null);
    }

    /** A step with a body. */
    public static Step block(String name, Supplier<Block> block, String... parameters) {
        return new Step(name, List.of(parameters), false, false, false, null, block);
    }

    /** This step, where it needs an enclosing {@code node}. */
    public Step needsNode() {
        return new Step(name, parameters, open, true, immediate, leaf, block);
    }

    /** This step, where its parameters have names that the Jenkinsfile chooses. */
    public Step takesAnything() {
        return new Step(name, parameters, true, onNode, immediate, leaf, block);
    }
}
