package io.jenkins.plugins.modeltoecs;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a Pipeline keeps and a script touches is of a few types of the JDK. */
class PlainValuesTest {

    @Test
    void mapsAndListsAreCopiedAllTheWayDown() {
        Map<String, Object> plain =
                PlainValues.of(Map.of("a", List.of(Map.of("b", Set.of("c"))), "n", 1L));
        assertThat(plain).isExactlyInstanceOf(LinkedHashMap.class);
        assertThat(plain.get("a")).isExactlyInstanceOf(ArrayList.class);
        assertThat(plain).isEqualTo(Map.of("a", List.of(Map.of("b", List.of("c"))), "n", 1L));
    }

    @Test
    void otherNumbersAreDoublesAndOtherThingsTexts() {
        assertThat(PlainValues.of(Map.of("C", new BigDecimal("0.5"), "s", new StringBuilder("x"))))
                .isEqualTo(Map.of("C", 0.5, "s", "x"));
    }
}
