package io.modeltoecs.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.options.BuildInfo;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;

class RetentionTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

    private TestS3 s3;
    private AwsAccess aws;
    private ModelStore store;
    private Retention retention;
    private final List<String> log = new ArrayList<>();

    @BeforeEach
    void setUp() throws IOException {
        s3 = new TestS3();
        aws = s3.access();
        Bucket bucket = new Bucket(aws.s3(), s3.bucket);
        Layout layout = new Layout("models");
        store = new ModelStore(bucket, layout);
        retention = new Retention(bucket, layout, store, Clock.fixed(NOW, ZoneOffset.UTC));
    }

    @AfterEach
    void tearDown() {
        aws.close();
        s3.close();
    }

    @Test
    void keepsTheNewestTheYoungAndWhatIsUsed() throws Exception {
        List<String> old = IntStream.rangeClosed(1, 8).mapToObj(i -> version(1, i)).toList();
        String young = version(11, 9);
        String newest = version(11, 20);
        store.promote("iris", old.get(1), "prod", build(1), log::add);
        store.promote("iris", old.get(2), "prod", build(2), log::add);
        store.recordUse("iris", "000000000000.us-east-1.demo.iris", List.of(old.get(4)));

        retention.apply("iris", 1, log::add);

        // prod holds the third and can go back to the second; the service runs the fifth
        assertThat(store.versions("iris"))
                .containsExactly(newest, young, old.get(4), old.get(2), old.get(1));
        assertThat(s3.keys()).noneMatch(key -> key.contains(old.get(0)));
        assertThat(s3.keys()).noneMatch(key -> key.endsWith("removing.json"));
        assertThat(s3.keys()).noneMatch(key -> key.endsWith("by-sha256/1-1.json"));
        assertThat(s3.keys()).anyMatch(key -> key.endsWith("by-sha256/1-3.json"));
        assertThat(log).contains("keep 1: 5 of 10 versions removed");
    }

    @Test
    void whatAKilledBuildLeftIsNoVersion() throws Exception {
        String one = version(1, 1);
        String two = version(1, 2);
        put("models/iris/versions/20260103T000000Z-00000003/m.bin", "half");

        retention.apply("iris", 2, log::add);

        assertThat(store.describe("iris", store.versions("iris")))
                .extracting(StoredModel::version)
                .containsExactly(two, one);
    }

    @Test
    void nothingGoesWhereAnAliasCannotBeRead() throws Exception {
        version(1, 1);
        version(1, 2);
        put("models/iris/aliases/prod.json", "{}");

        retention.apply("iris", 1, log::add);

        assertThat(store.versions("iris")).hasSize(2);
        assertThat(log)
                .singleElement()
                .asString()
                .contains("nothing is removed", "aliases/prod.json");
    }

    @Test
    void withoutListBucketItSaysWhatIsMissing() throws Exception {
        version(1, 1);
        s3.answer("GET .*list-type", 403, "AccessDenied", 1);

        retention.apply("iris", 1, log::add);

        assertThat(log).singleElement().asString().contains("access denied to s3:ListBucket");
    }

    @Test
    void aVersionThatGoesIsNotPromoted() throws Exception {
        String one = version(1, 1);
        put("models/iris/versions/" + one + "/removing.json", "{}");

        assertThatThrownBy(() -> store.promote("iris", one, "prod", build(1), log::add))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("is being removed by 'keep'");
        assertThatThrownBy(() -> store.recordUse("iris", "a", List.of(one)))
                .isInstanceOf(StepException.class);
    }

    @Test
    void aVersionedBucketNeedsALifecycleRule() throws Exception {
        s3.client()
                .putBucketVersioning(
                        request ->
                                request.bucket(s3.bucket)
                                        .versioningConfiguration(
                                                it -> it.status(BucketVersioningStatus.ENABLED)));
        version(1, 1);
        version(1, 2);

        retention.apply("iris", 1, log::add);

        assertThat(log.get(log.size() - 1))
                .contains("is versioned", "NoncurrentVersionExpiration")
                .contains("AbortIncompleteMultipartUpload", "\"models/\"");
    }

    @Test
    void listingReadsNoVersion() {
        IntStream.rangeClosed(1, 9).forEach(i -> version(2, i));
        s3.requests.clear();

        assertThat(store.versions("iris")).hasSize(9);
        assertThat(s3.requests).hasSize(1);
    }

    @Test
    void retentionReadsOnlyWhatItKeepsAndWhatGoes() throws Exception {
        for (int month = 1; month <= 2; month++) {
            for (int day = 1; day <= 6; day++) {
                version(month, day);
            }
        }
        String goes = version(1, 1);
        store.promote("iris", goes, "prod", build(1), log::add);
        s3.requests.clear();

        retention.apply("iris", 11, log::add);

        // the 11 that are kept, and who uses the other one
        assertThat(s3.requests.stream().filter(line -> line.startsWith("HEAD"))).hasSize(11);
        assertThat(s3.requests).hasSizeLessThan(16);
        assertThat(s3.writes()).isEmpty();
    }

    private String version(int month, int number) {
        String version = "2026%02d%02dT000000Z-0000000%d".formatted(month, number, number % 10);
        String content = month + "-" + number;
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schemaVersion", 1);
        json.put("name", "iris");
        json.put("version", version);
        json.put("artifact", "m.bin");
        json.put("files", List.of(Map.of("path", "m.bin", "sha256", content, "bytes", 1)));
        put("models/iris/versions/" + version + "/m.bin", "m");
        put("models/iris/versions/" + version + "/model.json", Json.pretty(json));
        put("models/iris/by-sha256/" + content + ".json", Json.pretty(Map.of("version", version)));
        return version;
    }

    private void put(String key, String text) {
        s3.client()
                .putObject(
                        request -> request.bucket(s3.bucket).key(key), RequestBody.fromString(text));
    }

    private static BuildInfo build(int number) {
        return new BuildInfo("release", number, null, NOW.plusSeconds(number));
    }
}
