package io.modeltoecs.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.ModelRef;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.sync.RequestBody;

class ModelStoreTest {
    private static final String ONE = "20261123T100000Z-00000001";
    private static final String TWO = "20261123T110000Z-00000002";

    private static final String THREE = "20261123T120000Z-00000003";

    private TestS3 s3;
    private AwsAccess aws;
    private ModelStore store;
    private final List<String> log = new ArrayList<>();

    @BeforeEach
    void setUp() throws IOException {
        s3 = new TestS3();
        aws = s3.access();
        store = new ModelStore(aws, s3.options());
        version(ONE);
        version(TWO);
    }

    @AfterEach
    void tearDown() {
        aws.close();
        s3.close();
    }

    @Test
    void resolvesAnAliasAndAVersion() {
        store.promote("iris", ONE, "prod", build(1), log::add);

        StoredModel model = store.resolve(new ModelRef("iris", "prod"));

        assertThat(model.version()).isEqualTo(ONE);
        assertThat(model.sha256())
                .isEqualTo(
                        Digests.sha256(
                                s3.text("models/iris/versions/" + ONE + "/model.json").getBytes()));
        assertThat(model.python()).isEqualTo("3.11.7");
        assertThat(model.libraries()).containsExactly(Map.entry("numpy", "2.1.3"));
        assertThat(model.sizeBytes()).isEqualTo(12);
        assertThat(store.resolve(new ModelRef("iris", TWO)).version()).isEqualTo(TWO);
    }

    @Test
    void saysWhatIsMissing() {
        assertThatThrownBy(() -> store.resolve(new ModelRef("iris", "nope")))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("the model 'iris' has no alias 'nope'");
        assertThatThrownBy(() -> store.resolve(new ModelRef("iris", "20200101T000000Z-00000000")))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("the model 'iris' has no version '20200101T000000Z-00000000'");
        s3.withoutListBucket = true;
        assertThatThrownBy(() -> store.resolve(new ModelRef("other", "latest")))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("or the credentials of this step may not read it");
        assertThatThrownBy(
                        () ->
                                store.promote(
                                        "iris",
                                        "20200101T000000Z-00000000",
                                        "prod",
                                        build(1),
                                        log::add))
                .isInstanceOf(StepException.class);
        assertThat(s3.keys()).noneMatch(key -> key.contains("/aliases/"));
    }

    @Test
    void aModelJsonThatWasChangedIsRefused() {
        store.promote("iris", ONE, "prod", build(1), log::add);
        put(
                "models/iris/versions/" + ONE + "/model.json",
                Json.pretty(Map.of("schemaVersion", 1)));

        assertThatThrownBy(() -> store.resolve(new ModelRef("iris", "prod")))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("is not what the alias 'prod' names: its sha256 is");
    }

    @Test
    void anAliasThatSomebodyWroteByHandIsRefusedByItsName() {
        put("models/iris/aliases/mine.json", "{\"version\": \"" + ONE + "\"}");

        assertThatThrownBy(() -> store.resolve(new ModelRef("iris", "mine")))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("models/iris/aliases/mine.json isn't an alias")
                .hasMessageContaining("'order' a number");
    }

    @Test
    void promotesAndRollsBack() {
        store.promote("iris", ONE, "prod", build(1), log::add);

        Map<String, Object> promoted = store.promote("iris", TWO, "prod", build(2), log::add);
        Map<String, Object> back = store.rollback("iris", "prod", build(3), log::add);

        assertThat(promoted)
                .containsEntry("version", TWO)
                .containsEntry("alias", "prod")
                .containsEntry("previous", ONE);
        assertThat(back).containsEntry("version", ONE).containsEntry("previous", TWO);
        assertThat(store.resolve(new ModelRef("iris", "prod")).version()).isEqualTo(ONE);
    }

    @Test
    void aSecondRollbackGoesBackFurther() {
        version(THREE);
        store.promote("iris", ONE, "prod", build(1), log::add);
        store.promote("iris", TWO, "prod", build(2), log::add);
        store.promote("iris", THREE, "prod", build(3), log::add);

        store.rollback("iris", "prod", build(4), log::add);
        Map<String, Object> back = store.rollback("iris", "prod", build(5), log::add);

        assertThat(back).containsEntry("version", ONE).containsEntry("previous", TWO);
        assertThatThrownBy(() -> store.rollback("iris", "prod", build(6), log::add))
                .hasMessageContaining("it held no other version before " + ONE);
        Map<String, Object> alias = Json.object(s3.text("models/iris/aliases/prod.json"), "alias");
        assertThat(((List<?>) alias.get("history")))
                .extracting(entry -> ((Map<?, ?>) entry).get("version"))
                .isEqualTo(List.of(TWO, THREE, TWO, ONE));
    }

    @Test
    void thereIsNothingToRollBackToAtFirst() {
        store.promote("iris", ONE, "prod", build(1), log::add);

        assertThatThrownBy(() -> store.rollback("iris", "prod", build(2), log::add))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("it held no other version before " + ONE);
    }

    @Test
    void anOlderBuildDoesNotUndoAPromotion() {
        Aliases aliases =
                new Aliases(new Bucket(aws.s3(), s3.bucket), new Layout("models"), Bucket.Storage.PLAIN);
        store.promote("iris", ONE, "prod", build(5), log::add);

        Aliases.Move late = aliases.publish("iris", "prod", TWO, "x", Aliases.Mover.of(build(4)));
        // a promotion moves even what a newer build has moved
        store.promote("iris", TWO, "prod", build(3), log::add);

        assertThat(late.moved()).isFalse();
        Aliases.Alias alias = aliases.read("iris", "prod").orElseThrow();
        assertThat(alias.version()).isEqualTo(TWO);
        assertThat(alias.order()).isEqualTo(build(5).startedAt().toEpochMilli());
    }

    @Test
    void recordsWhoUsesAModel() {
        store.recordUse("iris", "000000000000.us-east-1.demo.iris", List.of(ONE, TWO));

        assertThat(
                        Json.object(
                                s3.text("models/iris/uses/000000000000.us-east-1.demo.iris.json"),
                                "use"))
                .containsEntry("versions", List.of(ONE, TWO));
    }

    private void version(String version) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schemaVersion", 1);
        json.put("name", "iris");
        json.put("version", version);
        json.put("files", List.of(Map.of("path", "m", "sha256", "0", "bytes", 12)));
        json.put("python", "3.11.7");
        json.put("libraries", Map.of("numpy", "2.1.3"));
        put("models/iris/versions/" + version + "/model.json", Json.pretty(json));
    }

    private void put(String key, String text) {
        s3.client()
                .putObject(
                        request -> request.bucket(s3.bucket).key(key), RequestBody.fromString(text));
    }

    private static BuildInfo build(int number) {
        return new BuildInfo(
                "release", number, null, Instant.parse("2026-11-23T12:00:00Z").plusSeconds(number));
    }
}
