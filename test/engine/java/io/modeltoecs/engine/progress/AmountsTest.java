package io.modeltoecs.engine.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AmountsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B", "999, 999 B", "1000, 1.0 kB", "999949, 999.9 kB", "999950, 1.0 MB",
        "1234567890, 1.2 GB", "5000000000000000, 5000.0 TB"
    })
    void bytes(long bytes, String text) {
        assertThat(Amounts.bytes(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0.0 s", "9949, 9.9 s", "9950, 10 s", "59499, 59 s", "59500, 1 min 00 s", "185000, 3 min 05 s"})
    void durations(long millis, String text) {
        assertThat(Amounts.seconds(Duration.ofMillis(millis))).isEqualTo(text);
    }

    @Test
    void anActivityThatEndsAtOnceSaysOneLine() {
        List<String> said = new ArrayList<>();
        Activity activity = new Activity(said::add, "upload m.pkl", 3000);
        activity.done(1000);
        activity.done(2000);
        activity.end();

        assertThat(said).singleElement().asString().startsWith("upload m.pkl: 3.0 kB in ");
    }
}
