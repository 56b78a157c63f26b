package io.modeltoecs.engine.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrategyOptionTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "rolling|ROLLING|-|-|-",
                "blue/green|BLUE_GREEN|-|-|-",
                "blue/green, bake 10 min|BLUE_GREEN|-|-|10",
                "canary|CANARY|-|-|-",
                "canary 0.5%|CANARY|0.5|-|-",
                "canary 10% for 5 min, bake 10 min|CANARY|10|5|10",
                "linear 20% every 5 min|LINEAR|20|5|-",
            })
    void readsWhatTheHelpPageSays(
            String text, Strategy.Kind kind, Double percent, Integer step, Integer bake) {
        assertThat(strategy(text)).isEqualTo(new Strategy(kind, percent, step, bake));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bluegreen",
                "rolling, bake 5 min",
                "canary 10% every 5 min",
                "linear 20% for 5 min",
                "linear 2%",
                "canary 101%",
                "canary 0%",
                "canary 5% for 1441 min",
                "blue/green, bake 9999 min",
            })
    void refusesTheRestAndSaysWhatWouldBeRight(String text) {
        assertThatThrownBy(() -> strategy(text))
                .hasMessageContaining("'strategy' is '" + text + "'")
                .hasMessageContaining("linear 20% every 5 min");
    }

    private static Strategy strategy(String text) {
        return DeployOptions.from(
                        Map.of("cluster", "c", "service", "s", "image", "i", "strategy", text),
                        Settings.of(Map.of("region", "us-east-1"), Map.of()))
                .strategy();
    }
}
