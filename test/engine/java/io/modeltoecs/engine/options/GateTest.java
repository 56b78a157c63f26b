package io.modeltoecs.engine.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.StepException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GateTest {
    @ParameterizedTest
    @CsvSource({
        "accuracy >= 0.92, 0.92, 0, true",
        "accuracy > 0.92, 0.92, 0, false",
        "rmse <= champion.rmse * 1.02, 10.2, 10, true",
        "rmse <= champion.rmse * 1.02, 10.3, 10, false",
        "f1 >= champion.f1 - 0.005, 0.795, 0.8, true",
        "f1 >= champion.f1 - 0.005, 0.79, 0.8, false",
        "f1 >= champion.f1 + .01, 0.805, 0.8, false",
        "test.f1-score >= champion.test.f1-score, 0.8, 0.8, true",
        "loss < 1e-3, 0.0001, 0, true",
        "bias == -1.5, -1.5, 0, true",
        "bias != 0, 0, 0, false",
    })
    void compares(String text, double value, double champion, boolean met) {
        Gate gate = Gate.parse(text);
        assertThat(gate.met(value, gate.limit(champion))).isEqualTo(met);
    }

    @Test
    void takesDottedPaths() {
        Gate gate = Gate.parse(" val.loss.mean<=champion.val.loss.mean ");
        assertThat(gate.metric()).isEqualTo("val.loss.mean");
        assertThat(gate.champion()).isEqualTo("val.loss.mean");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "accuracy", "accuracy >", "accuracy = 0.9", "0.9 < accuracy", "accuracy >= x",
                "a >= champion.a / 2", "a >= champion", "a >= 0.9 * champion.a", "a >= 1 + 1",
                "a >= 1; b >= 2", "a..b >= 1"
            })
    void refusesAllElse(String text) {
        assertThatThrownBy(() -> Gate.parse(text))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("accuracy >= 0.92");
    }
}
