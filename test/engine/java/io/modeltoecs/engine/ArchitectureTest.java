package io.modeltoecs.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.modeltoecs.engine.image.ImageWorkplace;
import io.modeltoecs.engine.model.Workplace;
import java.io.Serializable;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses ENGINE =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("io.modeltoecs.engine");

    @Test
    void theEngineKnowsNobodyWhoUsesIt() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "hudson..",
                        "jenkins..",
                        "org.jenkinsci..",
                        "io.jenkins..",
                        "groovy..",
                        "io.modeltoecs.cloud..",
                        "io.modeltoecs.runner..")
                .check(ENGINE);
    }

    /** Classes that an agent loads one by one from its controller, and that see no key of AWS. */
    @Test
    void whatRunsOnAgentsLinksToNoAws() {
        noClasses()
                .that()
                .areAssignableTo(Workplace.class)
                .or()
                .areAssignableTo(ImageWorkplace.class)
                .should()
                .transitivelyDependOnClassesThat()
                .resideInAPackage("software.amazon..")
                .check(ENGINE);
    }

    /**
     * jackson-databind is large, and publishing doesn't need it there. Scanning needs
     * commons-compress, which is loaded where something is packed.
     */
    @Test
    void publishingOnAgentsParsesNoJson() {
        noClasses()
                .that()
                .areAssignableTo(Workplace.class)
                .should()
                .transitivelyDependOnClassesThat()
                .resideInAPackage("com.fasterxml..")
                .check(ENGINE);
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("io.modeltoecs.engine.(*)..").should().beFreeOfCycles().check(ENGINE);
    }

    @Test
    void optionsKnowNoAws() {
        noClasses()
                .that()
                .resideInAnyPackage("..options..", "..progress..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("software.amazon..", "com.fasterxml..")
                .check(ENGINE);
    }

    /** JBoss Marshalling, by which Jenkins keeps a running build, knows no records. */
    @Test
    void whatABuildKeepsIsNoRecord() {
        classes()
                .that()
                .haveSimpleNameEndingWith("State")
                .and()
                .areAssignableTo(Serializable.class)
                .should()
                .notBeAssignableTo(Record.class)
                .andShould()
                .notHaveModifier(JavaModifier.ABSTRACT)
                .check(ENGINE);
    }
}
