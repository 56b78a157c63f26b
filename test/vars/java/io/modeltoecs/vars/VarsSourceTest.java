package io.modeltoecs.vars;

import static org.assertj.core.api.Assertions.assertThat;

import io.modeltoecs.engine.options.Arguments;
import io.modeltoecs.engine.options.BuildOptions;
import io.modeltoecs.engine.options.DeployOptions;
import io.modeltoecs.engine.options.PromoteOptions;
import io.modeltoecs.engine.options.PublishOptions;
import io.modeltoecs.engine.options.RollbackEcsOptions;
import io.modeltoecs.engine.options.RollbackModelOptions;
import io.modeltoecs.runner.Rehearsal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.codehaus.groovy.ast.ASTNode;
import org.codehaus.groovy.ast.ClassCodeVisitorSupport;
import org.codehaus.groovy.ast.ClassHelper;
import org.codehaus.groovy.ast.ClassNode;
import org.codehaus.groovy.ast.MethodNode;
import org.codehaus.groovy.ast.Parameter;
import org.codehaus.groovy.ast.expr.BinaryExpression;
import org.codehaus.groovy.ast.expr.CastExpression;
import org.codehaus.groovy.ast.expr.Expression;
import org.codehaus.groovy.ast.expr.MethodCallExpression;
import org.codehaus.groovy.ast.expr.PropertyExpression;
import org.codehaus.groovy.ast.expr.SpreadExpression;
import org.codehaus.groovy.ast.expr.SpreadMapExpression;
import org.codehaus.groovy.ast.stmt.ExpressionStatement;
import org.codehaus.groovy.control.CompilationUnit;
import org.codehaus.groovy.control.Phases;
import org.codehaus.groovy.control.SourceUnit;
import org.codehaus.groovy.syntax.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The vars as text: what they avoid, and what their help pages name. */
class VarsSourceTest {
    private static final Path VARS = Rehearsal.LIBRARY.resolve("vars");

    private static final Map<String, Class<? extends Record>> STEPS =
            Map.of(
                    PublishOptions.STEP, PublishOptions.class,
                    BuildOptions.STEP, BuildOptions.class,
                    DeployOptions.STEP, DeployOptions.class,
                    PromoteOptions.STEP, PromoteOptions.class,
                    RollbackModelOptions.STEP, RollbackModelOptions.class,
                    RollbackEcsOptions.STEP, RollbackEcsOptions.class);

    /**
     * Methods of objects that script-security's generic whitelist allows: a library at folder level
     * runs in the sandbox.
     */
    private static final Set<String> ALLOWED =
            Set.of(
                    "add", "charAt", "contains", "isEmpty", "join", "keySet", "length", "min",
                    "startsWith", "toLowerCase", "toString");

    static List<Path> vars() throws IOException {
        try (Stream<Path> files = Files.list(VARS)) {
            return files.filter(file -> file.toString().endsWith(".groovy")).sorted().toList();
        }
    }

    private static String name(Path var) {
        return var.getFileName().toString().replace(".groovy", "");
    }

    private static String help(String var) throws IOException {
        return Files.readString(VARS.resolve(var + ".txt"));
    }

    @Test
    void thereIsAVarForEachStep() throws Exception {
        assertThat(vars().stream().map(VarsSourceTest::name)).containsAll(STEPS.keySet());
    }

    @ParameterizedTest
    @MethodSource("vars")
    void eachHasAHelpPage(Path var) throws Exception {
        assertThat(help(name(var))).startsWith("<p>");
    }

    @Test
    void theHelpPageOfAStepNamesItsParametersAndNoOthers() throws Exception {
        for (var step : STEPS.entrySet()) {
            assertThat(listed(help(step.getKey())))
                    .as(step.getKey())
                    .containsExactlyElementsOf(Arguments.namesOf(step.getValue()));
        }
    }

    private static List<String> listed(String help) {
        return help.lines()
                .filter(line -> line.startsWith("<li><code>"))
                .map(line -> line.replaceFirst("<li><code>(.*?)</code>.*", "$1"))
                .toList();
    }

    @Test
    void theHelpPagesOfThePipelinesNameAllTheirParameters() throws Exception {
        for (String parameter : Arguments.namesOf(PublishOptions.class)) {
            assertThat(help("modelPipeline")).contains("<code>" + parameter + "</code>");
        }
        List<String> both = new ArrayList<>(Arguments.namesOf(BuildOptions.class));
        both.addAll(Arguments.namesOf(DeployOptions.class));
        for (String parameter : both) {
            assertThat(help("servicePipeline")).contains("<code>" + parameter + "</code>");
        }
        for (String pipeline : List.of("modelPipeline", "servicePipeline")) {
            assertThat(help(pipeline))
                    .contains("<code>agent</code>", "<code>triggers</code>", "<code>notify</code>");
        }
        assertThat(help("modelPipeline")).contains("<code>deploy</code>");
    }

    @ParameterizedTest
    @MethodSource("vars")
    void itAvoidsWhatGroovyCpsOrTheSandboxCannot(Path var) throws Exception {
        List<String> found = Collections.synchronizedList(new ArrayList<>());
        Check check = new Check(Files.readString(var), found);
        check.run(name(var));

        assertThat(found).isEmpty();
    }

    /** Looks for what JENKINS.md's section on the library forbids. */
    private static final class Check extends ClassCodeVisitorSupport {
        private final String source;
        private final List<String> found;
        private final Set<BinaryExpression> statements =
                Collections.newSetFromMap(new java.util.IdentityHashMap<>());
        private boolean transformed = true;

        Check(String source, List<String> found) {
            this.source = source;
            this.found = found;
        }

        void run(String name) {
            CompilationUnit unit = new CompilationUnit();
            unit.addSource(name + ".groovy", source);
            unit.compile(Phases.CONVERSION);
            ClassNode type = unit.getFirstClassNode();
            visitClass(type);
        }

        @Override
        protected SourceUnit getSourceUnit() {
            return null;
        }

        /** What the CPS transform gets wrong is fine in @NonCPS code. */
        private void found(String what, ASTNode node) {
            if (transformed) {
                report(what, node);
            }
        }

        private void report(String what, ASTNode node) {
            found.add("line " + node.getLineNumber() + ": " + what);
        }

        @Override
        public void visitMethod(MethodNode method) {
            transformed =
                    method.getAnnotations().stream()
                            .noneMatch(a -> a.getClassNode().getName().equals("NonCPS"));
            for (Parameter parameter : method.getParameters()) {
                if (parameter.hasInitialExpression()
                        && !parameter.getInitialExpression().getText().matches("\\[:?]|null")) {
                    found("a default value that is more than an empty map or list", parameter);
                }
            }
            super.visitMethod(method);
        }

        @Override
        public void visitExpressionStatement(ExpressionStatement statement) {
            if (statement.getExpression() instanceof BinaryExpression expression) {
                statements.add(expression);
            }
            super.visitExpressionStatement(statement);
        }

        @Override
        public void visitBinaryExpression(BinaryExpression expression) {
            boolean assignment =
                    Types.ofType(expression.getOperation().getType(), Types.ASSIGNMENT_OPERATOR);
            if (assignment && !statements.contains(expression)) {
                found("an assignment used as a value", expression);
            }
            super.visitBinaryExpression(expression);
        }

        @Override
        public void visitCastExpression(CastExpression cast) {
            if (cast.getType().equals(ClassHelper.boolean_TYPE)
                    || cast.getType().equals(ClassHelper.make("Boolean"))
                    || cast.getType().equals(ClassHelper.Boolean_TYPE)) {
                found("a boolean cast", cast);
            }
            super.visitCastExpression(cast);
        }

        @Override
        protected void visitListOfExpressions(List<? extends Expression> expressions) {
            expressions.stream()
                    .filter(SpreadExpression.class::isInstance)
                    .forEach(expression -> found("spread", expression));
            super.visitListOfExpressions(expressions);
        }

        @Override
        public void visitSpreadMapExpression(SpreadMapExpression expression) {
            found("spread of a map", expression);
        }

        @Override
        public void visitPropertyExpression(PropertyExpression expression) {
            if (expression.isSpreadSafe()) {
                found("spread", expression);
            }
            super.visitPropertyExpression(expression);
        }

        @Override
        public void visitMethodCallExpression(MethodCallExpression call) {
            if (call.isSpreadSafe()) {
                found("spread", call);
            }
            Expression receiver = call.getObjectExpression();
            boolean ofAScript =
                    call.isImplicitThis()
                            || receiver.getText().equals("steps")
                            || receiver.getText().equals("pipelineDecision")
                            || receiver.getText().equals("pipelineKeys");
            if (!ofAScript && !ALLOWED.contains(call.getMethodAsString())) {
                report("a method that the sandbox may refuse: " + call.getMethodAsString(), call);
            }
            super.visitMethodCallExpression(call);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "def call(a = sh('ls')) { }",
                "def call() { def a; def b = (a = 1) }",
                "def call(a) { echo(a = 1) }",
                "def call(a) { (boolean) a }",
                "def call(a) { a as boolean }",
                "def call(a) { a*.size }",
                "def call(a) { a*.size() }",
                "def call(a) { echo(*a) }",
                "def call(a) { echo([*: a]) }",
                "def call(a) { a.execute() }"
            })
    void theCheckFindsWhatItLooksFor(String source) {
        assertThat(findings(source)).isNotEmpty();
    }

    @Test
    void theCheckLeavesTheRestAlone() {
        assertThat(findings("def call(Map a = [:]) { def b = 1; b = a.c; steps.x(a) }")).isEmpty();
        assertThat(findings("@NonCPS def call(a) { for (int i = 0; i < 1; i++) { } }")).isEmpty();
    }

    private static List<String> findings(String source) {
        List<String> found = new ArrayList<>();
        new Check(source, found).run("x");
        return found;
    }
}
