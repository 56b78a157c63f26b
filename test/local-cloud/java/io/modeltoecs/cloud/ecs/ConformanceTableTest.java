package io.modeltoecs.cloud.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each test that the conformance table names is there. */
class ConformanceTableTest {
    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*Test)\\.(\\w+)`");

    @Test
    void namesTestsThatAreThere() throws IOException {
        String table = Files.readString(ROOT.resolve("src/local-cloud/CONFORMANCE.md"));
        List<MatchResult> named = NAMED.matcher(table).results().toList();
        assertThat(named).hasSizeGreaterThan(50);
        for (MatchResult test : named) {
            assertThat(source(test.group(1)))
                    .as(test.group())
                    .contains("void " + test.group(2) + "(");
        }
    }

    private static String source(String type) throws IOException {
        try (Stream<Path> files = Files.walk(ROOT.resolve("test/local-cloud/java"))) {
            Path file =
                    files.filter(f -> f.endsWith(type + ".java"))
                            .findFirst()
                            .orElseThrow(() -> new AssertionError("There is no " + type));
            return Files.readString(file);
        }
    }
}
