package io.modeltoecs.runner.cps;

import java.util.List;
import org.codehaus.groovy.ast.AnnotatedNode;
import org.codehaus.groovy.ast.AnnotationNode;
import org.codehaus.groovy.ast.ClassCodeVisitorSupport;
import org.codehaus.groovy.ast.ClassNode;
import org.codehaus.groovy.ast.expr.ConstantExpression;
import org.codehaus.groovy.ast.expr.Expression;
import org.codehaus.groovy.ast.expr.ListExpression;
import org.codehaus.groovy.classgen.GeneratorContext;
import org.codehaus.groovy.control.CompilePhase;
import org.codehaus.groovy.control.SourceUnit;
import org.codehaus.groovy.control.customizers.CompilationCustomizer;

/** Collects what scripts give to {@code @Library}, before names are resolved. */
final class LibraryAnnotations extends CompilationCustomizer {
    private final List<String> found;

    LibraryAnnotations(List<String> found) {
        super(CompilePhase.CONVERSION);
        this.found = found;
    }

    @Override
    public void call(SourceUnit source, GeneratorContext context, ClassNode type) {
        new ClassCodeVisitorSupport() {
            @Override
            protected SourceUnit getSourceUnit() {
                return source;
            }

            @Override
            public void visitAnnotations(AnnotatedNode node) {
                super.visitAnnotations(node);
                for (AnnotationNode annotation : node.getAnnotations()) {
                    String name = annotation.getClassNode().getName();
                    if (name.equals(Library.class.getSimpleName())) {
                        collect(annotation.getMember("value"));
                    }
                }
            }
        }.visitClass(type);
    }

    private void collect(Expression value) {
        if (value instanceof ListExpression list) {
            list.getExpressions().forEach(this::collect);
        } else if (value instanceof ConstantExpression constant) {
            found.add(constant.getText());
        }
    }
}
