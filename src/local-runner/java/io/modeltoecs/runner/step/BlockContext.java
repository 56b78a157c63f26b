package io.modeltoecs.runner.step;

import com.cloudbees.groovy.cps.Outcome;
import groovy.lang.Closure;
import java.time.Duration;

/** What a {@link Block} can do. */
public interface BlockContext {

    /** The call's arguments and surroundings. */
    StepContext step();

    /** Runs the step's body. */
    void run(Scope scope);

    /** Runs one of several bodies. */
    void run(String key, Closure<?> body, Scope scope);

    /** Stops all bodies: what they do throws the cause. */
    void stopBodies(Throwable cause);

    /** How many bodies have not ended. */
    int running();

    /** Calls {@link Block#alarm} after a while, unless the block has ended. */
    void alarmIn(Duration time);

    /** Ends the step. */
    void end(Outcome outcome);
}
