package io.modeltoecs.engine.image;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What runs on an agent has no way to AWS: neither its keys nor its classes are there. */
class AgentSideTest {
    @Test
    void onlyTheControllersClassesKnowAws() {
        JavaClasses classes =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.modeltoecs.engine.image");
        noClasses()
                .that()
                .doNotBelongToAnyOf(ServingImage.class, EcrRepository.class, ScanFindings.class)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "software.amazon..",
                        "io.modeltoecs.engine.aws..",
                        "io.modeltoecs.engine.model..",
                        "io.modeltoecs.engine.deploy..")
                .check(classes);
    }
}
