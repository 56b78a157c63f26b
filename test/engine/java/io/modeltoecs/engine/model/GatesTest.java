package io.modeltoecs.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GatesTest {
    private final List<String> log = new ArrayList<>();

    @Test
    void aMissingMetricNamesThoseThatExist() {
        Map<String, Object> metrics =
                Map.of("accuracy", 0.9, "val", Map.of("loss", 1), "name", "no number");

        Gates.Verdict verdict = check("f1 > 0.5", metrics, null);

        assertThat(verdict.problem())
                .isEqualTo(
                        "gate not met: 'f1 > 0.5': there is no metric 'f1' that is a number; there are accuracy, val.loss");
        assertThat(verdict.rows())
                .containsExactly(
                        new ArrayList<>(List.of("f1 > 0.5", "-", "-", "NOT MET: there is no 'f1'")));
        assertThat(check("f1 > 0.5", Map.of(), null).problem()).contains("there are none");
    }

    @Test
    void namesWithDotsAreFound() {
        check("val.f1 > 0.5", Map.of("val.f1", 0.6), null);
        assertThat(log).anyMatch(line -> line.endsWith("met"));
    }

    @Test
    void aChampionWithoutThatMetricSetsNoLimit() {
        check("f1 > champion.f1", Map.of("f1", 0.6), Map.of("accuracy", 0.5));
        assertThat(log).anyMatch(line -> line.contains("met: the champion has no 'f1'"));
    }

    @Test
    void aMetricThatNoModelHasIsNotMetSilently() {
        // without spaces the hyphen belongs to the name
        Gates.Verdict squeezed =
                check("f1 >= champion.f1-0.005", Map.of("f1", 0.1), Map.of("f1", 0.9));
        Gates.Verdict first = check("rmse <= champion.rsme", Map.of("rmse", 2), null);

        assertThat(squeezed.problem())
                .isEqualTo(
                        "gate not met: 'f1 >= champion.f1-0.005': neither the champion nor this model"
                                + " has a metric 'f1-0.005' that is a number; there are f1."
                                + " Put spaces around * + -");
        assertThat(first.problem()).contains("'rsme'").contains("there are rmse");
    }

    @Test
    void allGatesThatFailAreNamed() {
        Gates.Verdict verdict =
                new Gates(List.of("a > 1", "b > champion.b", "c > 0"))
                        .check(
                                Map.of("a", 0, "b", 2, "c", 3),
                                model(Map.of("b", 2.5)),
                                log::add);

        assertThat(verdict.problem())
                .isEqualTo(
                        "gate not met: 'a > 1': a is 0, the limit is 1;"
                                + " 'b > champion.b': b is 2, the limit is 2.5");
        assertThat(verdict.rows()).extracting(row -> row.get(3)).containsExactly("NOT MET", "NOT MET", "met");
    }

    private Gates.Verdict check(
            String gate, Map<String, Object> metrics, Map<String, Object> champion) {
        return new Gates(List.of(gate)).check(metrics, model(champion), log::add);
    }

    private static Optional<StoredModel> model(Map<String, Object> metrics) {
        if (metrics == null) {
            return Optional.empty();
        }
        LinkedHashMap<String, Object> json = new LinkedHashMap<>();
        json.put("metrics", metrics);
        return Optional.of(new StoredModel("iris", "20261123T100000Z-00000001", "0", json));
    }
}
