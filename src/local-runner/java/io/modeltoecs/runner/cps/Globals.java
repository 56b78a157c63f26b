package io.modeltoecs.runner.cps;

import groovy.lang.Script;
import io.modeltoecs.runner.build.Build;
import io.modeltoecs.runner.build.CurrentBuild;
import io.modeltoecs.runner.step.Described;

/**
 * Global variables: {@code env}, {@code params}, {@code currentBuild}, {@code scm} and the vars.
 */
final class Globals {
    private Globals() {}

    /** The variable as a script sees it, or null if there is none of this name. */
    static Object get(Build build, Script script, String name) {
        return switch (name) {
            case "env" -> new EnvVariable(build);
            case "params" -> build.parameters().values();
            case "currentBuild" -> new CurrentBuild(build);
            case "scm" -> Described.of("scm", new Object[0]);
            default -> instance(build, script, name);
        };
    }

    /** A var is one object for each script, kept in the script's binding, as in Jenkins. */
    private static Object instance(Build build, Script script, String name) {
        Class<?> type = build.library().load(name);
        if (type == null) {
            return null;
        }
        PipelineScript instance = ScriptCompiler.instance(type, build);
        script.getBinding().setVariable(name, instance);
        return instance;
    }
}
