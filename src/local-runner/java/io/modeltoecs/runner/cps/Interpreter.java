package io.modeltoecs.runner.cps;

import com.cloudbees.groovy.cps.Continuable;
import com.cloudbees.groovy.cps.Continuation;
import com.cloudbees.groovy.cps.Envs;
import com.cloudbees.groovy.cps.Outcome;
import com.cloudbees.groovy.cps.impl.CpsCallableInvocation;
import groovy.lang.Closure;
import groovy.lang.Script;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.runner.build.Build;
import io.modeltoecs.runner.step.BlockContext;
import io.modeltoecs.runner.step.Scope;
import io.modeltoecs.runner.step.Step;
import io.modeltoecs.runner.step.StepContext;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.codehaus.groovy.runtime.InvokerHelper;

/**
 * Runs a program: one thread executes all strands, in turns, from step to step; what steps do runs
 * on other threads, which only post what came of it. Between two steps nothing but the serialised
 * program is kept.
 */
public final class Interpreter {
    private static final ThreadLocal<Strand> CURRENT = new ThreadLocal<>();

    private final Build build;
    private final Snapshot snapshot;
    private final BlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
    private final Map<Integer, Thread> running = new HashMap<>();
    private final ScheduledThreadPoolExecutor alarms =
            new ScheduledThreadPoolExecutor(
                    1,
                    work -> {
                        Thread thread = new Thread(work, "alarms");
                        thread.setDaemon(true);
                        return thread;
                    });
    private Program program = new Program();
    private int main;
    private Outcome result;

    /**
     * @param classes the loader of the compiled scripts
     */
    public Interpreter(Build build, ClassLoader classes) {
        this.build = build;
        this.snapshot = new Snapshot(classes, build);
    }

    /** The strand that the current thread executes. */
    static Strand current() {
        return CURRENT.get();
    }

    /**
     * Runs a compiled script to its end.
     *
     * @return what it threw, or null
     */
    public Throwable run(Class<?> type) throws InterruptedException {
        Script script = ScriptCompiler.instance(type, build);
        main = program.add(null, "", Scope.TOP, new Continuable(script, Envs.empty())).id;
        while (result == null) {
            Strand strand = program.runnable();
            if (strand == null) {
                events.take().run();
            } else {
                advance(strand);
            }
        }
        alarms.shutdownNow();
        return result.getAbnormal();
    }

    /** Stops the program from another thread: what it does throws the cause. */
    public void stop(Throwable cause) {
        events.add(
                () -> {
                    Strand strand = program.get(main);
                    if (strand != null) {
                        build.log().line("Stopping what runs: " + cause.getMessage());
                        stop(strand, cause);
                    }
                });
    }

    /** Executes a strand up to its next step, or to its end. */
    private void advance(Strand strand) {
        Outcome resume = strand.resume;
        strand.resume = null;
        CURRENT.set(strand);
        CpsCallableInvocation.registerMismatchHandler(this::warn);
        Outcome outcome;
        try {
            outcome = strand.program.run0(resume, Iterators.categories());
        } finally {
            CURRENT.remove();
        }
        if (strand.program.isResumable()) {
            call(strand, (StepCall) outcome.getNormal());
        } else {
            program.remove(strand);
            if (strand.parent == null) {
                result = outcome;
            } else {
                ended(program.get(strand.parent), strand, outcome);
            }
        }
    }

    /**
     * What Jenkins warns of too: plain code called a closure or a step, and lost the rest of
     * itself.
     */
    private void warn(Object receiver, String expected, Object actualReceiver, String actual) {
        String where =
                receiver == null ? "" : InvokerHelper.getMetaClass(receiver).getTheClass() + ".";
        build.log()
                .line(
                        "WARNING: expected to call %s%s but wound up catching %s: a closure with a step was given to a method that can't be suspended"
                                .formatted(where.replace("class ", ""), expected, actual));
    }

    private void call(Strand caller, StepCall call) {
        caller.call = call;
        caller.calls++;
        try {
            program = snapshot.renew(program);
        } catch (IOException e) {
            build.log().line(caller.scope.branch(), "[Pipeline] " + call.step());
            caller.call = null;
            caller.resume = new Outcome(null, at(caller, e));
            return;
        }
        Strand strand = program.get(caller.id);
        Step step = build.registry().step(call.step());
        say(strand, call.step() + label(call));
        strand.startedAt = System.nanoTime();
        if (step.onNode() && strand.scope.directory() == null) {
            resume(
                    strand,
                    new Outcome(
                            null,
                            new StepException(
                                    call.step()
                                            + ": needs a workspace; surround it with node { ... }")));
        } else if (step.block() != null) {
            strand.block = step.block().get();
            guarded(strand, () -> strand.block.start(new Control(strand)));
        } else if (step.immediate()) {
            resume(strand, outcome(step, context(strand)));
        } else {
            start(step, strand);
        }
    }

    private static String label(StepCall call) {
        Object label = call.arguments().get("label");
        return call.body() != null || label == null ? "" : " (" + label + ")";
    }

    private void start(Step step, Strand strand) {
        int id = strand.id;
        StepContext context = context(strand);
        Thread thread =
                new Thread(
                        () -> {
                            Outcome outcome = outcome(step, context);
                            events.add(
                                    () -> {
                                        running.remove(id);
                                        resume(program.get(id), outcome);
                                    });
                        },
                        step.name());
        running.put(id, thread);
        thread.start();
    }

    /** Whatever a step throws goes to its caller in the Jenkinsfile. */
    private static Outcome outcome(Step step, StepContext context) {
        try {
            return new Outcome(step.leaf().run(context), null);
        } catch (Throwable e) {
            return new Outcome(null, e);
        }
    }

    /** The step of a strand has ended. */
    private void resume(Strand strand, Outcome outcome) {
        strand.call = null;
        strand.block = null;
        Throwable stopped = strand.stopped;
        strand.stopped = null;
        Outcome told = stopped == null ? outcome : new Outcome(null, stopped);
        strand.resume = told.isSuccess() ? told : new Outcome(null, at(strand, told.getAbnormal()));
    }

    /**
     * An error that a user can act on tells where in the scripts it happened, not where in Java.
     */
    private static Throwable at(Strand strand, Throwable error) {
        boolean known =
                Arrays.stream(error.getStackTrace())
                        .anyMatch(frame -> String.valueOf(frame.getFileName()).endsWith(".groovy"));
        if (!known && (error instanceof StepException || error instanceof IOException)) {
            error.setStackTrace(strand.program.getStackTrace().toArray(new StackTraceElement[0]));
        }
        return error;
    }

    private void ended(Strand caller, Strand body, Outcome outcome) {
        say(body, "}");
        guarded(caller, () -> caller.block.ended(new Control(caller), body.key, outcome));
    }

    private void guarded(Strand strand, Action action) {
        try {
            action.run();
        } catch (Exception e) {
            if (program.bodiesOf(strand).isEmpty()) {
                resume(strand, new Outcome(null, e));
            } else {
                stop(strand, e);
            }
        }
    }

    @FunctionalInterface
    private interface Action {
        void run() throws Exception;
    }

    private void stop(Strand strand, Throwable cause) {
        if (strand.block != null) {
            program.bodiesOf(strand).forEach(body -> stop(body, cause));
        } else if (strand.call != null) {
            strand.stopped = cause;
            running.get(strand.id).interrupt();
        } else {
            strand.resume = new Outcome(null, cause);
        }
    }

    private StepContext context(Strand strand) {
        return new StepContext(strand.call.step(), strand.call.arguments(), strand.scope, build);
    }

    private void say(Strand strand, String what) {
        build.log().line(strand.scope.branch(), "[Pipeline] " + what);
    }

    /** What a block can do; refers to its strand by id, since strands are renewed at each step. */
    private final class Control implements BlockContext {
        private final int id;

        Control(Strand strand) {
            this.id = strand.id;
        }

        private Strand strand() {
            return program.get(id);
        }

        @Override
        public StepContext step() {
            return context(strand());
        }

        @Override
        public void run(Scope scope) {
            run("", strand().call.body(), scope);
        }

        @Override
        public void run(String key, Closure<?> body, Scope scope) {
            String label = step().text("name", key);
            build.log()
                    .line(
                            scope.branch(),
                            "[Pipeline] {" + (label.isEmpty() ? "" : " (" + label + ")"));
            Continuable start;
            try {
                Object value = body.call();
                throw new IllegalStateException("not CPS-transformed: " + value);
            } catch (CpsCallableInvocation call) {
                start = new Continuable(call.invoke(Envs.empty(), null, Continuation.HALT));
            }
            program.add(id, key, scope, start);
        }

        @Override
        public void stopBodies(Throwable cause) {
            program.bodiesOf(strand()).forEach(body -> stop(body, cause));
        }

        @Override
        public int running() {
            return program.bodiesOf(strand()).size();
        }

        @Override
        public void alarmIn(Duration time) {
            int call = strand().calls;
            alarms.schedule(
                    () ->
                            events.add(
                                    () -> {
                                        Strand strand = strand();
                                        if (strand != null
                                                && strand.calls == call
                                                && strand.block != null) {
                                            strand.block.alarm(this);
                                        }
                                    }),
                    time.toMillis(),
                    TimeUnit.MILLISECONDS);
        }

        @Override
        public void end(Outcome outcome) {
            Strand strand = strand();
            say(
                    strand,
                    "// %s %s"
                            .formatted(
                                    strand.call.step(),
                                    Amounts.seconds(
                                            Duration.ofNanos(
                                                    System.nanoTime() - strand.startedAt))));
            resume(strand, outcome);
        }
    }
}
