package io.modeltoecs.runner.cps;

import com.cloudbees.groovy.cps.CpsTransformer;
import com.cloudbees.groovy.cps.NonCPS;
import com.cloudbees.groovy.cps.TransformerConfiguration;
import groovy.lang.GroovyClassLoader;
import groovy.lang.GroovyCodeSource;
import io.modeltoecs.runner.build.Build;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import org.codehaus.groovy.control.CompilerConfiguration;
import org.codehaus.groovy.control.customizers.ImportCustomizer;

/** Compiles the Jenkinsfile and the vars with the CPS transform, as Jenkins does. */
public final class ScriptCompiler {
    /** The class that a Jenkinsfile becomes; Jenkins' stack traces show this name too. */
    public static final String JENKINSFILE = "WorkflowScript";

    private final List<String> libraries = new ArrayList<>();
    private final GroovyClassLoader loader;

    public ScriptCompiler() {
        CpsTransformer cps = new CpsTransformer();
        cps.setConfiguration(new TransformerConfiguration().withClosureType(PipelineClosure.class));
        CompilerConfiguration configuration = new CompilerConfiguration();
        configuration.setScriptBaseClass(PipelineScript.class.getName());
        configuration.addCompilationCustomizers(
                new ImportCustomizer()
                        .addStarImports(NonCPS.class.getPackageName())
                        .addImports(Library.class.getName()),
                new LibraryAnnotations(libraries),
                cps);
        loader = new GroovyClassLoader(ScriptCompiler.class.getClassLoader(), configuration);
    }

    /**
     * @param name of the class that the script becomes
     * @throws org.codehaus.groovy.control.CompilationFailedException with the place of each error
     */
    public Class<?> compile(String name, String text) {
        return loader.parseClass(new GroovyCodeSource(text, name + ".groovy", "/groovy/script"));
    }

    /** The names that the compiled scripts gave to {@code @Library}. */
    public List<String> libraries() {
        return libraries;
    }

    /** The loader of all compiled classes. */
    public ClassLoader loader() {
        return loader;
    }

    /** A new script, tied to its build. */
    static PipelineScript instance(Class<?> type, Build build) {
        try {
            PipelineScript script = (PipelineScript) type.getDeclaredConstructor().newInstance();
            script.initialize(build);
            return script;
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
