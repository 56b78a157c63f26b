package io.modeltoecs.runner.steps;

import com.cloudbees.groovy.cps.Outcome;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.runner.step.Block;
import io.modeltoecs.runner.step.BlockContext;
import io.modeltoecs.runner.step.Scope;
import io.modeltoecs.runner.step.Step;
import io.modeltoecs.runner.step.StepContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Steps that run their body once, in other surroundings. */
final class Blocks {
    private Blocks() {}

    static List<Step> all() {
        return List.of(
                Step.block(
                        "stage",
                        () -> Block.scoped(c -> c.scope().inStage(c.required("name"))),
                        "name",
                        "concurrency"),
                Step.block("node", Node::new, "label"),
                Step.block("dir", () -> Block.scoped(Blocks::directory), "path").needsNode(),
                Step.block("withEnv", () -> Block.scoped(Blocks::environment), "overrides"),
                Step.block("timestamps", () -> Block.scoped(StepContext::scope)),
                Step.block("ansiColor", () -> Block.scoped(StepContext::scope), "colorMapName"));
    }

    private static Scope directory(StepContext context) throws Exception {
        Path path = context.path(context.required("path"));
        Files.createDirectories(path);
        context.say("Running in " + path);
        return context.scope().in(path.toString());
    }

    private static Scope environment(StepContext context) {
        if (!(context.value("overrides") instanceof Collection<?> overrides)) {
            throw new StepException("withEnv: takes a list of texts, as withEnv(['NAME=value'])");
        }
        Map<String, String> now = context.environment();
        Map<String, String> variables = new LinkedHashMap<>();
        for (Object override : new ArrayList<>(overrides)) {
            String text = String.valueOf(override);
            int equals = text.indexOf('=');
            if (equals < 1) {
                throw new StepException("withEnv: '%s' should be NAME=value".formatted(text));
            }
            String name = text.substring(0, equals);
            String value = text.substring(equals + 1);
            int plus = name.indexOf('+');
            if (plus > 0) { // PATH+X=/x puts /x before what PATH has
                name = name.substring(0, plus);
                String before = variables.getOrDefault(name, now.get(name));
                value = before == null ? value : value + ":" + before;
            }
            variables.put(name, value);
        }
        return context.scope().with(variables);
    }

    /** {@code node}: this machine, whatever the label says. */
    private static final class Node extends Block {
        private static final long serialVersionUID = 1L;
        private String workspace;

        @Override
        public void start(BlockContext context) throws Exception {
            Path folder = context.step().build().workspace().toAbsolutePath();
            workspace = folder.toString();
            Files.createDirectories(folder);
            Files.createDirectories(Path.of(workspace + "@tmp"));
            context.step().say("Running on this machine in " + workspace);
            context.run(context.step().scope().at(workspace));
        }

        @Override
        public void ended(BlockContext context, String body, Outcome outcome) throws Exception {
            context.step().build().home().release(Path.of(workspace));
            context.end(outcome);
        }
    }
}
