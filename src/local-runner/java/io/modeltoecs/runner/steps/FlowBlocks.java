package io.modeltoecs.runner.steps;

import com.cloudbees.groovy.cps.Outcome;
import groovy.lang.Closure;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.runner.step.Block;
import io.modeltoecs.runner.step.BlockContext;
import io.modeltoecs.runner.step.Step;
import io.modeltoecs.runner.step.StepContext;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException;

/** Steps that decide how often, how long, how many at once, or what a failure means. */
final class FlowBlocks {
    private static final String ABORTED = "ABORTED";

    private FlowBlocks() {}

    static List<Step> all() {
        return List.of(
                Step.block("parallel", Parallel::new).takesAnything(),
                Step.block("retry", Retry::new, "count", "conditions"),
                Step.block("timeout", Timeout::new, "time", "unit", "activity"),
                Step.block(
                        "catchError",
                        () -> new CatchError("FAILURE"),
                        "message",
                        "buildResult",
                        "stageResult",
                        "catchInterruptions"),
                Step.block(
                        "warnError",
                        () -> new CatchError("UNSTABLE"),
                        "message",
                        "catchInterruptions"));
    }

    private static String message(Throwable error) {
        return error.getMessage() == null ? error.toString() : error.getMessage();
    }

    private static final class Parallel extends Block {
        private static final long serialVersionUID = 1L;
        private static final String FAIL_FAST = "failFast";
        private final Map<String, Object> values = new LinkedHashMap<>();
        private Throwable failure;

        @Override
        public void start(BlockContext context) {
            Map<String, Object> branches = new LinkedHashMap<>(context.step().arguments());
            branches.remove(FAIL_FAST);
            branches.forEach(
                    (name, body) -> {
                        if (!(body instanceof Closure<?>)) {
                            throw new StepException(
                                    "parallel: '%s' should be a closure, as %1$s: { ... }"
                                            .formatted(name));
                        }
                    });
            branches.forEach(
                    (name, body) ->
                            context.run(
                                    name,
                                    (Closure<?>) body,
                                    context.step().scope().onBranch(name)));
            endIfDone(context);
        }

        @Override
        public void ended(BlockContext context, String branch, Outcome outcome) {
            values.put(branch, outcome.getNormal());
            if (outcome.isFailure() && failure == null) {
                failure = outcome.getAbnormal();
                context.step().say("Failed in branch " + branch);
                if (context.step().flag(FAIL_FAST)) {
                    context.stopBodies(
                            new FlowInterruptedException(ABORTED, "Failed in branch " + branch));
                }
            }
            endIfDone(context);
        }

        private void endIfDone(BlockContext context) {
            if (context.running() == 0) {
                context.end(
                        failure == null ? new Outcome(values, null) : new Outcome(null, failure));
            }
        }
    }

    private static final class Retry extends Block {
        private static final long serialVersionUID = 1L;
        private long left;

        @Override
        public void start(BlockContext context) {
            left = context.step().number("count", 0);
            if (left < 1) {
                throw new StepException("retry: 'count' should be 1 or more");
            }
            again(context);
        }

        private void again(BlockContext context) {
            left--;
            context.run(context.step().scope());
        }

        @Override
        public void ended(BlockContext context, String body, Outcome outcome) {
            Throwable error = outcome.getAbnormal();
            boolean interrupted =
                    error instanceof FlowInterruptedException interruption
                            && interruption.isActualInterruption();
            if (error == null || left == 0 || interrupted) {
                context.end(outcome);
            } else {
                context.step().say("ERROR: " + message(error));
                context.step().say("Retrying");
                again(context);
            }
        }
    }

    private static final class Timeout extends Block {
        private static final long serialVersionUID = 1L;
        private FlowInterruptedException death;

        @Override
        public void start(BlockContext context) {
            StepContext step = context.step();
            TimeUnit unit = TimeUnit.valueOf(step.text("unit", "MINUTES").toUpperCase(Locale.ROOT));
            Duration time = Duration.of(step.number("time", 0), unit.toChronoUnit());
            if (time.isZero() || time.isNegative()) {
                throw new StepException("timeout: 'time' should be 1 or more");
            }
            context.alarmIn(time);
            context.run(step.scope());
        }

        @Override
        public void alarm(BlockContext context) {
            death = new FlowInterruptedException(ABORTED, "Timeout has been exceeded");
            context.step().say("Cancelling nested steps due to timeout");
            context.stopBodies(death);
        }

        @Override
        public void ended(BlockContext context, String body, Outcome outcome) {
            if (death != null && outcome.getAbnormal() == death) {
                death.setActualInterruption(false);
            }
            context.end(outcome);
        }
    }

    private static final class CatchError extends Block {
        private static final long serialVersionUID = 1L;
        private final String otherwise;

        CatchError(String otherwise) {
            this.otherwise = otherwise;
        }

        @Override
        public void start(BlockContext context) {
            context.run(context.step().scope());
        }

        @Override
        public void ended(BlockContext context, String body, Outcome outcome) {
            StepContext step = context.step();
            Throwable error = outcome.getAbnormal();
            boolean interrupted = error instanceof FlowInterruptedException;
            if (error == null || interrupted && "false".equals(step.text("catchInterruptions"))) {
                context.end(outcome);
                return;
            }
            if (step.has("message")) {
                step.say(step.text("message"));
            }
            step.say("ERROR: " + message(error));
            step.build()
                    .worsen(
                            interrupted
                                    ? ((FlowInterruptedException) error).getResult()
                                    : step.text("buildResult", otherwise));
            context.end(new Outcome(null, null));
        }
    }
}
