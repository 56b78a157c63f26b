package io.modeltoecs.jenkinsapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import hudson.AbortException;
import hudson.Extension;
import hudson.model.FreeStyleBuild;
import hudson.model.Result;
import hudson.model.TaskListener;
import hudson.util.FormValidation;
import java.lang.reflect.ParameterizedType;
import java.nio.file.Path;
import java.util.Set;
import net.java.sezpoz.Indexable;
import org.jenkinsci.Symbol;
import org.jenkinsci.plugins.durabletask.BourneShellScript;
import org.jenkinsci.plugins.workflow.steps.StepDescriptor;
import org.junit.jupiter.api.Test;
import org.kohsuke.stapler.DataBoundConstructor;

/** The classes written from the table are what a compiler, a processor and a mock need. */
class RecordedClassesTest {

    @Test
    void everyRecordedClassCanBeLoaded() throws Exception {
        Set<String> names = RecordedClass.readTable(Path.of("jenkins-2.516.2.tsv.gz")).keySet();
        int loaded = 0;
        for (String name : names) {
            try {
                Class.forName(name.replace('/', '.'), false, getClass().getClassLoader());
                loaded++;
            } catch (NoClassDefFoundError e) {
                // Its superclass is in a library that nothing here compiles against.
                assertThat(names).doesNotContain(e.getMessage());
            }
        }
        assertThat(loaded).isGreaterThan(4000);
    }

    @Test
    void genericsExceptionsNestedClassesAndConstantsAreKept() throws Exception {
        ParameterizedType superclass =
                (ParameterizedType) FreeStyleBuild.class.getGenericSuperclass();
        assertThat(superclass.getActualTypeArguments())
                .extracting(Object::toString)
                .containsExactly(
                        "class hudson.model.FreeStyleProject", "class hudson.model.FreeStyleBuild");
        assertThat(FormValidation.Kind.class.getDeclaringClass()).isEqualTo(FormValidation.class);
        assertThat(FormValidation.Kind.class.isEnum()).isTrue();
        assertThat(hudson.Proc.class.getMethod("kill").getExceptionTypes())
                .containsExactly(java.io.IOException.class, InterruptedException.class);
        assertThat(hudson.model.Queue.Item.class.getEnclosingClass())
                .isEqualTo(hudson.model.Queue.class);
    }

    @Test
    void annotationsThatProcessorsActOnAreKept() throws Exception {
        assertThat(Extension.class.getAnnotation(Indexable.class)).isNotNull();
        assertThat(Extension.class.getMethod("ordinal").getDefaultValue()).isEqualTo(0.0);
        assertThat(Symbol.class.getMethod("value").getReturnType()).isEqualTo(String[].class);
        assertThat(
                        BourneShellScript.class
                                .getConstructor(String.class)
                                .getAnnotation(DataBoundConstructor.class))
                .isNotNull();
        assertThat(Result.class.getField("SUCCESS")).isNotNull();
    }

    @Test
    void subclassesCanBeMadeAndMethodsSayThatTheyAreSignaturesOnly() {
        assertThat(new AbortException("stopped"))
                .isInstanceOf(java.io.IOException.class)
                .hasMessage("stopped");
        BourneShellScript script = new BourneShellScript("true");
        assertThatThrownBy(script::getScript)
                .isInstanceOf(UnsatisfiedLinkError.class)
                .hasMessageContaining("BourneShellScript.getScript");
        TaskListener listener = () -> System.out;
        assertThatThrownBy(() -> listener.fatalError("full"))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("TaskListener.fatalError");
        assertThat(StepDescriptor.class.getConstructors()).isNotEmpty();
    }
}
