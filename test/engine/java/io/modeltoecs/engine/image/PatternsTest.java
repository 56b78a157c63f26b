package io.modeltoecs.engine.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatternsTest {
    @ParameterizedTest
    @CsvSource({
        "docs, docs, true",
        "docs, docs/a/b.txt, true",
        "docs/, docs/a, true",
        "/docs, docs/a, true",
        "docs, src/docs, false",
        "*.md, README.md, true",
        "*.md, docs/README.md, false",
        "**/*.md, README.md, true",
        "**/*.md, a/b/README.md, true",
        "a/**, a/b/c, true",
        "a/**/c, a/c, true",
        "a/**/c, a/x/y/c, true",
        "a?c, abc, true",
        "a?c, a/c, false",
        "[a-c].py, b.py, true",
        "[^a-c].py, b.py, false",
        "a+b(1).txt, a+b(1).txt, true",
        "a\\*b, a*b, true",
        "a\\*b, axb, false",
    })
    void matches(String pattern, String path, boolean expected) {
        assertThat(new Patterns(List.of(pattern)).match(path)).isEqualTo(expected);
    }

    @Test
    void theLastOneThatMatchesDecides() {
        Patterns patterns = new Patterns(List.of("# all but one", "", "*", "!keep.py", "keep.pyc"));
        assertThat(patterns.match("drop.py")).isTrue();
        assertThat(patterns.match("keep.py")).isFalse();
        assertThat(patterns.match("keep.pyc")).isTrue();
    }
}
