package io.modeltoecs.runner.steps;

import hudson.AbortException;
import io.modeltoecs.runner.build.Parameters;
import io.modeltoecs.runner.step.Described;
import io.modeltoecs.runner.step.Step;
import io.modeltoecs.runner.step.StepContext;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Steps that touch no file. */
final class BasicSteps {
    private BasicSteps() {}

    static List<Step> all() {
        return List.of(
                Step.immediate("echo", BasicSteps::echo, "message"),
                Step.immediate("error", BasicSteps::error, "message"),
                Step.immediate("unstable", BasicSteps::unstable, "message"),
                Step.immediate("isUnix", context -> true),
                Step.immediate("pwd", BasicSteps::pwd, "tmp").needsNode(),
                Step.immediate("properties", BasicSteps::properties, "properties"),
                Step.immediate("library", BasicSteps::library, "identifier", "changelog"),
                Step.leaf("sleep", BasicSteps::sleep, "time", "unit"));
    }

    private static Object echo(StepContext context) {
        context.say(String.valueOf(context.value("message")));
        return null;
    }

    private static Object error(StepContext context) throws AbortException {
        throw new AbortException(context.text("message", ""));
    }

    private static Object unstable(StepContext context) {
        context.say("WARNING: " + context.required("message"));
        context.build().worsen("UNSTABLE");
        return null;
    }

    private static Object pwd(StepContext context) {
        return context.flag("tmp")
                ? context.scope().workspace() + "@tmp"
                : context.scope().directory();
    }

    /** Of a job's properties only its parameters mean something here. */
    private static Object properties(StepContext context) {
        for (Object property : (Collection<?>) context.value("properties")) {
            Map<?, ?> described = (Map<?, ?>) property;
            Object definitions =
                    switch (String.valueOf(described.get(Described.CLASS))) {
                        case "parameters" -> described.get(Described.SOLE);
                        case "ParametersDefinitionProperty" ->
                                described.get("parameterDefinitions");
                        default -> List.of();
                    };
            Parameters parameters = context.build().parameters();
            parameters.declare((Collection<?>) definitions).forEach(context::say);
        }
        return null;
    }

    private static Object library(StepContext context) {
        context.build().library().require(List.of(context.required("identifier")));
        return null;
    }

    private static Object sleep(StepContext context) throws InterruptedException {
        TimeUnit unit = TimeUnit.valueOf(context.text("unit", "SECONDS").toUpperCase(Locale.ROOT));
        unit.sleep(context.number("time", 0));
        return null;
    }
}
