package io.modeltoecs.runner.step;

import com.cloudbees.groovy.cps.Outcome;
import java.io.Serializable;

/**
 * A step with a body while it runs. It is a part of the program: serialised and restored with it at
 * each step, and called on the interpreter's thread only.
 */
public abstract class Block implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Starts the body, or several. */
    public abstract void start(BlockContext context) throws Exception;

    /** A body has ended. */
    public void ended(BlockContext context, String body, Outcome outcome) throws Exception {
        context.end(outcome);
    }

    /** The time of {@link BlockContext#alarmIn} is over. */
    public void alarm(BlockContext context) {}

    /** A block that runs its body once, in a scope that it makes from the arguments. */
    public static Block scoped(ScopeMaker maker) {
        return new Scoped(maker);
    }

    /** Makes the scope of a body. */
    @FunctionalInterface
    public interface ScopeMaker extends Serializable {
        Scope scope(StepContext context) throws Exception;
    }

    private static final class Scoped extends Block {
        private static final long serialVersionUID = 1L;
        private final ScopeMaker maker;

        Scoped(ScopeMaker maker) {
            this.maker = maker;
        }

        @Override
        public void start(BlockContext context) throws Exception {
            context.run(maker.scope(context.step()));
        }
    }
}
