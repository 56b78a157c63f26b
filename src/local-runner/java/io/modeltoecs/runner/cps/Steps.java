package io.modeltoecs.runner.cps;

import com.cloudbees.groovy.cps.Continuable;
import edu.umd.cs.findbugs.annotations.SuppressFBWarnings;
import groovy.lang.GroovyClassLoader;
import groovy.lang.GroovyObjectSupport;
import io.modeltoecs.engine.options.Nearest;
import io.modeltoecs.runner.build.Build;
import io.modeltoecs.runner.step.Described;
import io.modeltoecs.runner.step.Step;
import io.modeltoecs.runner.step.StepContext;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.codehaus.groovy.runtime.InvokerHelper;
import org.codehaus.groovy.runtime.InvokerInvocationException;

/** The variable {@code steps}: {@code steps.x(...)} is always the step, never a var of its name. */
public final class Steps extends GroovyObjectSupport implements Serializable {
    private static final long serialVersionUID = 1L;

    @SuppressFBWarnings(value = "SE_BAD_FIELD", justification = "a snapshot leaves the build out")
    private final Build build;

    Steps(Build build) {
        this.build = build;
    }

    /** Suspends the program with a call of the step; its value is what the program goes on with. */
    @Override
    public Object invokeMethod(String name, Object arguments) {
        Object[] given = InvokerHelper.asArray(arguments);
        Step step = build.registry().step(name);
        if (step == null) {
            if (build.registry().isSymbol(name)) {
                return Described.of(name, given);
            }
            throw unknown(name);
        }
        StepCall call = StepCall.of(step, given);
        if (!calledFromPlainGroovy()) {
            Continuable.suspend(name, call);
        }
        if (!step.immediate()) {
            throw new IllegalStateException(
                    name
                            + " can't be called from @NonCPS code, from a constructor, or from a"
                            + " closure that such code calls: Jenkins can't suspend it there");
        }
        try {
            return step.leaf()
                    .run(
                            new StepContext(
                                    name, call.arguments(), Interpreter.current().scope, build));
        } catch (Exception e) {
            throw new InvokerInvocationException(e);
        }
    }

    /** Whether there is code of a script on the stack that the CPS transform left as it was. */
    private static boolean calledFromPlainGroovy() {
        return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
                .walk(
                        frames ->
                                frames.takeWhile(
                                                frame ->
                                                        frame.getDeclaringClass()
                                                                != Continuable.class)
                                        .anyMatch(
                                                frame ->
                                                        frame.getDeclaringClass().getClassLoader()
                                                                instanceof GroovyClassLoader));
    }

    private NoSuchMethodError unknown(String name) {
        if (name.equals("pipeline")) {
            return new NoSuchMethodError(
                    "this is a Declarative Pipeline, which the local runner can't execute yet; a"
                            + " scripted Jenkinsfile (node { stage(...) { ... } }) or one call of"
                            + " the library's modelPipeline or servicePipeline works");
        }
        if (build.library().has(name)) {
            return new NoSuchMethodError(
                    ("no step '%s'; it is a step of the shared library: begin the Jenkinsfile with"
                                    + " @Library('%s') _")
                            .formatted(name, build.library().name()));
        }
        List<String> known = new ArrayList<>(build.registry().names());
        known.addAll(build.library().loadedVars());
        return new NoSuchMethodError(
                "no step '%s'%s"
                        .formatted(
                                name,
                                Nearest.to(name, known)
                                        .map(nearest -> "; did you mean '" + nearest + "'?")
                                        .orElse(
                                                "; the local runner has "
                                                        + String.join(", ", known))));
    }
}
