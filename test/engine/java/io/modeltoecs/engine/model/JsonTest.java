package io.modeltoecs.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.StepException;
import java.math.BigDecimal;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @Test
    void whatIsNotJsonIsToldWithItsLine() {
        assertThatThrownBy(() -> Json.object("{\n \"a\": NaN\n}", "the metrics file 'metrics.json'"))
                .isInstanceOf(StepException.class)
                .hasMessageStartingWith(
                        "the metrics file 'metrics.json' is not JSON: Non-standard token 'NaN' (line 2, column ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[1]", "0.97", "{\"a\": 1} x", "{\"a\": 1, \"a\": 2}", "accuracy=0.9"})
    void onlyAnObjectWillDo(String text) {
        assertThatThrownBy(() -> Json.object(text, "it")).isInstanceOf(StepException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e400", "-1e400", "[1, 1e400]", "1DIGITS"})
    void aNumberThatWouldBeInfiniteIsRefused(String number) {
        String json = "{\"a\": {\"b\": " + number.replace("DIGITS", "0".repeat(400)) + "}}";
        assertThatThrownBy(() -> Json.object(json, "it"))
                .isInstanceOf(StepException.class)
                .hasMessageStartingWith("it: 'a': 'b' is a number that is too large");
    }

    @Test
    void valuesBecomeTheFewTypesThatABuildKeeps() {
        assertThat(Json.simple(Map.of("a", new BigDecimal("1.5"))))
                .isInstanceOf(java.util.LinkedHashMap.class)
                .isEqualTo(Map.of("a", 1.5));
        assertThat(Json.simple(new StringBuilder("text"))).isEqualTo("text");
        assertThat(Json.object("{\"a\": 123456789012345678901234567890}", "it").get("a"))
                .isInstanceOf(Double.class);
    }
}
