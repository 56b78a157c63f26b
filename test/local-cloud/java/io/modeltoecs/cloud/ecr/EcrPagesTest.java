package io.modeltoecs.cloud.ecr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.state.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The pages of ECR's lists. */
class EcrPagesTest {
    private static final List<Integer> ALL = IntStream.range(0, 250).boxed().toList();

    private final List<Integer> seen = new ArrayList<>();

    private ObjectNode page(ObjectNode in) {
        ObjectNode out = Json.object();
        EcrPages.of(in, out, ALL, seen::add);
        return out;
    }

    @Test
    void aHundredUnasked() {
        ObjectNode page = page(Json.object());
        assertThat(seen).hasSize(100);
        page(Json.object().put("nextToken", page.path("nextToken").asText()).put("maxResults", 99));
        assertThat(seen).hasSize(199);
    }

    @Test
    void allOfThemOnce() {
        ObjectNode in = Json.object().put("maxResults", 125);
        ObjectNode page = page(in);
        page = page(in.put("nextToken", page.path("nextToken").asText()));
        assertThat(page.has("nextToken")).isFalse();
        assertThat(seen).isEqualTo(ALL);
    }

    @Test
    void wrongSizesAndTokensAreRefused() {
        for (int size : new int[] {0, 1001}) {
            assertThatThrownBy(() -> page(Json.object().put("maxResults", size)))
                    .hasMessageContaining("'maxResults'");
        }
        assertThatThrownBy(() -> page(Json.object().put("nextToken", "x")))
                .hasMessageContaining("'nextToken'");
    }
}
