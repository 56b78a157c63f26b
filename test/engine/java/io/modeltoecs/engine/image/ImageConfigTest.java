package io.modeltoecs.engine.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageConfigTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'rootfs': {'diff_ids': ['sha256:a', 'sha256:b']}}",
                "{'rootfs': {'diff_ids': ['sha256:a', 'sha256:b']}, 'history': [{}, {'empty_layer': true}]}",
                "{'rootfs': {'diff_ids': ['sha256:a', 'sha256:b']}, 'history': [{}, {'empty_layer': true}, {}]}",
            })
    void eachLayerHasAnEntryInTheHistory(String base) throws Exception {
        ObjectMapper json = new ObjectMapper();
        ObjectNode config = (ObjectNode) json.readTree(base.replace('\'', '"'));

        JsonNode made =
                json.readTree(
                        new ImageConfig(config, "1970-01-01T00:00:00Z")
                                .layer("application", "sha256:c")
                                .toJson());

        int layers = 0;
        for (JsonNode entry : made.path("history")) {
            layers += entry.path("empty_layer").asBoolean() ? 0 : 1;
        }
        assertThat(made.path("rootfs").path("diff_ids")).hasSize(3);
        assertThat(layers).isEqualTo(3);
        assertThat(made.path("history").path(made.path("history").size() - 1).path("created_by"))
                .hasToString("\"model-to-ecs: application\"");
    }
}
