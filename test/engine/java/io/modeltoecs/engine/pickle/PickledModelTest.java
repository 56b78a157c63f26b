package io.modeltoecs.engine.pickle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that scikit-learn 1.7.2 saved; {@code models/make.py} made them. */
class PickledModelTest {
    private static final Path MODELS = Path.of("../../test/engine/resources/models");
    private static final List<String> NAMES = List.of("age", "größe", "price per m²");

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "protocol0.pkl, sklearn.linear_model._logistic.LogisticRegression, false",
        "protocol2.pkl, sklearn.linear_model._logistic.LogisticRegression, true",
        "protocol5.pkl, sklearn.linear_model._logistic.LogisticRegression, true",
        "plain.joblib, sklearn.linear_model._logistic.LogisticRegression, true",
        "packed.joblib, sklearn.linear_model._logistic.LogisticRegression, true",
        "pipeline.pkl, sklearn.pipeline.Pipeline, true",
        "columns.pkl, sklearn.pipeline.Pipeline, true",
        "search.pkl, sklearn.model_selection._search.GridSearchCV, true",
        "unnamed.pkl, sklearn.linear_model._base.LinearRegression, false",
    })
    void showsClassAndFeatures(String file, String type, boolean named) throws Exception {
        PickledModel model = PickledModel.of(MODELS.resolve(file));

        assertThat(model.type()).isEqualTo(type);
        assertThat(model.inputs()).isEqualTo(3);
        assertThat(model.features()).isEqualTo(named ? NAMES : null);
    }

    @Test
    void whatIsNoObjectShowsNothing() throws Exception {
        assertThat(PickledModel.of(MODELS.resolve("dict.pkl"))).isNull();
        assertThat(PickledModel.of(MODELS.resolve("array.pkl"))).isNull();
        assertThat(PickledModel.of(MODELS.resolve("make.py"))).isNull();
        assertThat(PickledModel.of(Files.createFile(folder.resolve("empty")))).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"protocol0.pkl", "protocol5.pkl", "plain.joblib", "packed.joblib"})
    void whatIsDamagedShowsNoMoreThanThere(String file) throws Exception {
        byte[] whole = Files.readAllBytes(MODELS.resolve(file));
        for (int length = 0; length < whole.length; length += 7) {
            ByteArrayOutputStream damaged = new ByteArrayOutputStream();
            damaged.write(whole, 0, length);
            PickledModel model = PickledModel.of(Files.write(folder.resolve("cut"), damaged.toByteArray()));
            if (model != null) {
                assertThat(model.features()).isIn(null, NAMES);
                assertThat(model.inputs()).isIn(null, 3);
            }
        }
    }
}
