package io.modeltoecs.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.ModelRef;
import io.modeltoecs.engine.options.PublishOptions;
import io.modeltoecs.engine.options.Settings;
import io.modeltoecs.engine.progress.Progress;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublisherTest {
    private static final Instant START = Instant.parse("2026-11-23T10:00:00Z");

    @TempDir Path workspace;
    private TestS3 s3;
    private final List<String> log = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void setUp() throws IOException {
        s3 = new TestS3();
        write("model.bin", "a model");
        write("metrics.json", "{\"accuracy\": 0.9, \"loss\": {\"val\": 3}}");
    }

    @AfterEach
    void tearDown() {
        s3.close();
    }

    @Test
    void aVersionIsWhatTheContractSays() throws Exception {
        Map<String, Object> result =
                publish(
                        1,
                        "params",
                        Map.of("C", 1.5, "deep", List.of(1, "x")),
                        "python",
                        "python3");

        String version = (String) result.get("version");
        assertThat(version).matches(ModelRef.VERSION);
        String folder = "models/iris/versions/" + version + "/";
        assertThat(s3.keys())
                .containsExactly(
                        "models/iris/aliases/latest.json",
                        "models/iris/by-sha256/" + sha256("a model") + ".json",
                        folder + "model.bin",
                        folder + "model.json");
        assertThat(s3.text(folder + "model.bin")).isEqualTo("a model");
        assertThat(version).endsWith("-" + sha256("a model").substring(0, 8));
        String modelJson = s3.text(folder + "model.json");
        Map<String, Object> json = Json.object(modelJson, "model.json");
        assertThat(json)
                .containsEntry("schemaVersion", 1)
                .containsEntry("name", "iris")
                .containsEntry("version", version)
                .containsEntry("artifact", "model.bin")
                .containsEntry("metrics", Map.of("accuracy", 0.9, "loss", Map.of("val", 3)))
                .containsEntry("params", Map.of("C", 1.5, "deep", List.of(1, "x")))
                .containsEntry("parent", null)
                .containsEntry(
                        "files",
                        List.of(
                                Map.of(
                                        "path", "model.bin",
                                        "sha256", sha256("a model"),
                                        "bytes", 7)));
        assertThat((String) json.get("python")).matches("3\\.\\d+\\.\\d+.*");
        assertThat(result)
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(
                                "name", "iris",
                                "version", version,
                                "uri", "s3://" + s3.bucket + "/" + folder,
                                "sha256", Digests.sha256(modelJson.getBytes("UTF-8")),
                                "sizeBytes", 7L,
                                "metrics", Map.of("accuracy", 0.9, "loss", Map.of("val", 3)),
                                "aliases", List.of("latest"),
                                "reused", false));
        assertThat(Schema.problems(modelJson)).isEmpty();
        Map<String, Object> alias = alias("latest");
        assertThat(alias)
                .containsEntry("version", version)
                .containsEntry("sha256", result.get("sha256"))
                .containsEntry("order", START.plusSeconds(1).toEpochMilli())
                .containsEntry("previous", null)
                .containsEntry("by", "iris-model #1");
    }

    @Test
    void modelJsonTellsWhatThePickleShows() throws Exception {
        Files.copy(
                Path.of("../../test/engine/resources/models/pipeline.pkl"),
                workspace.resolve("model.pkl"));

        Object version = publish(1, "artifact", "model.pkl").get("version");

        String text = s3.text("models/iris/versions/" + version + "/model.json");
        Map<String, Object> model = Json.map(Json.object(text, "model.json").get("model"));
        assertThat(model)
                .containsEntry("class", "sklearn.pipeline.Pipeline")
                .containsEntry("nFeatures", 3)
                .containsEntry("features", List.of("age", "größe", "price per m²"));
        assertThat(Schema.problems(text)).isEmpty();
        assertThat(Schema.problems(text.replace("\"class\"", "\"klass\""))).isNotEmpty();
        assertThat(Schema.problems(text.replaceFirst("\"sha256\" : \"..", "\"sha256\" : \"XY"))).isNotEmpty();
        assertThat(Schema.problems(text.replaceFirst("\"createdAt\" : \"..", "\"createdAt\" : \"at"))).isNotEmpty();
    }

    @Test
    void theSameBytesInTheSameEnvironmentAreUploadedOnce() throws Exception {
        Object first = publish(1).get("version");
        s3.requests.clear();

        Map<String, Object> again = publish(2);

        assertThat(again).containsEntry("version", first).containsEntry("reused", true);
        assertThat(s3.writes()).allMatch(line -> line.contains("/aliases/"));
        // a build between the two must not take the alias although it ends later
        assertThat(alias("latest")).containsEntry("order", START.plusSeconds(2).toEpochMilli());
    }

    @Test
    void aNewerBuildMayMoveAnAliasToAnOlderVersion() throws Exception {
        Object first = publish(1).get("version");
        write("model.bin", "another model");
        Object second = publish(2).get("version");
        write("model.bin", "a model");

        Map<String, Object> reverted = publish(3);

        assertThat(reverted).containsEntry("version", first).containsEntry("reused", true);
        assertThat(alias("latest")).containsEntry("version", first).containsEntry("previous", second);
    }

    @Test
    void anOlderBuildThatEndsLateLeavesTheAlias() throws Exception {
        Object newer = publish(9).get("version");
        write("model.bin", "another model");

        Map<String, Object> late = publish(8);

        assertThat(late).containsEntry("reused", false).containsEntry("aliases", List.of());
        assertThat(s3.keys()).contains("models/iris/versions/" + late.get("version") + "/model.json");
        assertThat(alias("latest")).containsEntry("version", newer);
        assertThat(log).anyMatch(line -> line.contains("iris-model #9 began after this build"));
    }

    @Test
    void racingBuildsLoseNoMove() throws Exception {
        int builds = 8;
        CountDownLatch ready = new CountDownLatch(builds);
        List<Callable<Map<String, Object>>> tasks = new ArrayList<>();
        for (int i = 1; i <= builds; i++) {
            int number = i;
            Path folder = Files.createDirectory(workspace.resolve("build" + i));
            Files.writeString(folder.resolve("model.bin"), "model " + i);
            Files.writeString(folder.resolve("metrics.json"), "{}");
            tasks.add(
                    () -> {
                        ready.countDown();
                        ready.await();
                        return publish(number, folder, new PublicationState(null), Map.of());
                    });
        }

        List<Map<String, Object>> results = Parallel.all(builds, tasks);

        assertThat(alias("latest")).containsEntry("version", results.get(builds - 1).get("version"));
        assertThat(results)
                .allSatisfy(
                        result ->
                                assertThat(s3.keys())
                                        .contains(
                                                "models/iris/versions/"
                                                        + result.get("version")
                                                        + "/model.json"));
    }

    @Test
    void racingBuildsOfTheSameBytesAllSucceed() throws Exception {
        List<Callable<Map<String, Object>>> tasks = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            int number = i;
            tasks.add(() -> publish(number, workspace, new PublicationState(null), Map.of()));
        }

        List<Map<String, Object>> results = Parallel.all(4, tasks);

        assertThat(results).allSatisfy(result -> assertThat(result.get("version")).isNotNull());
        assertThat(alias("latest")).containsEntry("version", results.get(3).get("version"));
        assertThat(s3.openUploads()).isZero();
    }

    @Test
    void aGateThatIsNotMetChangesNothing() {
        assertThatThrownBy(() -> publish(1, "gates", List.of("accuracy >= 0.92", "loss.val < 5")))
                .isInstanceOf(StepException.class)
                .hasMessage(
                        "gate not met: 'accuracy >= 0.92': accuracy is 0.9, the limit is 0.92");
        assertThat(s3.writes()).isEmpty();
        assertThat(log).anyMatch(line -> line.matches(" *accuracy >= 0.92 +0.9 +0.92 +NOT MET"));
        assertThat(log).anyMatch(line -> line.matches(" *loss.val < 5 +3 +5 +met"));
    }

    @Test
    void gatesCompareWithTheChampion() throws Exception {
        Map<String, Object> gates = Map.of("gates", List.of("accuracy >= champion.accuracy + 0.05"));
        publish(1, workspace, new PublicationState(null), gates);
        assertThat(log).anyMatch(line -> line.contains("there is no champion yet"));
        write("model.bin", "another model");
        write("metrics.json", "{\"accuracy\": 0.94}");

        assertThatThrownBy(() -> publish(2, workspace, new PublicationState(null), gates))
                .hasMessageContaining("accuracy is 0.94, the limit is 0.95");
        write("metrics.json", "{\"accuracy\": 0.96}");
        publish(3, workspace, new PublicationState(null), gates);
    }

    @Test
    void theCardShowsTheChampionTheGatesAndNoMarkupOfOthers() throws Exception {
        publish(1);
        write("model.bin", "another model");
        write("metrics.json", "{\"accuracy\": 0.94}");
        PublicationState state = new PublicationState(null);
        Map<String, Object> arguments =
                Map.of(
                        "gates", List.of("accuracy >= champion.accuracy"),
                        "params", Map.of("note", "<script>alert(1)</script>"));
        publish(2, workspace, state, arguments);

        assertThat(Publisher.card(state).orElseThrow())
                .contains("<td valign=\"top\">accuracy<td valign=\"top\">0.94<td valign=\"top\">0.9")
                .contains("+0.04", "accuracy &gt;= champion.accuracy", "&lt;script&gt;")
                .contains("<title>iris@" + state.result().get("version"))
                .doesNotContain("<script", "<style", "style=", "onload", "color=", "Failed");
    }

    @Test
    void theCardOfARefusedModelShowsWhichGateItDoesNotMeet() throws Exception {
        publish(1);
        write("model.bin", "another model");
        write("metrics.json", "{\"accuracy\": 0.8}");
        PublicationState state = new PublicationState(null);
        Map<String, Object> arguments =
                Map.of("gates", List.of("accuracy >= champion.accuracy", "accuracy > 0.5", "f1 > 0"));

        assertThatThrownBy(() -> publish(2, workspace, state, arguments))
                .isInstanceOf(StepException.class);

        assertThat(Publisher.card(state).orElseThrow())
                .contains("<title>iris, failed", "<strong>Failed: gate not met: ")
                .contains("accuracy &gt;= champion.accuracy<td valign=\"top\">0.8<td valign=\"top\">0.9<td valign=\"top\">NOT MET")
                .contains("accuracy &gt; 0.5<td valign=\"top\">0.8<td valign=\"top\">0.5<td valign=\"top\">met")
                .contains("NOT MET: there is no &#39;f1&#39;", "-0.1", "iris-model")
                .doesNotContain("s3://");
        assertThat(Publisher.card(new PublicationState(null))).isEmpty();
    }

    @Test
    void worksWithoutListBucket() throws Exception {
        s3.withoutListBucket = true;

        Object version = publish(1).get("version");

        assertThat(alias("latest")).containsEntry("version", version);
        assertThat(publish(2)).containsEntry("reused", true);
    }

    @Test
    void aMissingBucketIsAClearError() {
        assertThatThrownBy(() -> publish(1, "bucket", "not-there"))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("the bucket 'not-there' doesn't exist");
    }

    @Test
    void refusedCredentialsAreAClearError() {
        s3.answer("GET", 403, "InvalidAccessKeyId", 1);
        assertThatThrownBy(() -> publish(1))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("doesn't know the credentials");
        s3.answer("GET", 400, "ExpiredToken", 1);
        assertThatThrownBy(() -> publish(1))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("have expired");
        s3.answer("POST", 403, "AccessDenied", 1);
        assertThatThrownBy(() -> publish(1))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("access denied to s3:PutObject on s3://" + s3.bucket);
        assertThat(s3.keys()).isEmpty();
    }

    @Test
    void anEndpointThatIsNotThereIsAClearError() {
        assertThatThrownBy(() -> publish(1, "endpoint", "http://127.0.0.1:1"))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("S3 can't be reached");
    }

    @Test
    void partsAreTriedAgain() throws Exception {
        byte[] big = new byte[(int) (2.5 * (8 << 20))];
        new Random(1).nextBytes(big);
        Files.write(workspace.resolve("model.bin"), big);
        s3.answer("PUT .*partNumber=1&", 503, "SlowDown", 1);
        s3.fail("PUT .*partNumber=2&", TestS3.Kind.DROP, 1);
        s3.fail("PUT .*partNumber=3&", TestS3.Kind.DAMAGE, 1);

        Map<String, Object> result = publish(1);

        String key = "models/iris/versions/" + result.get("version") + "/model.bin";
        assertThat(
                        s3.client()
                                .getObjectAsBytes(request -> request.bucket(s3.bucket).key(key))
                                .asByteArrayUnsafe())
                .isEqualTo(big);
        assertThat(log).anyMatch(line -> line.contains("BadDigest"));
        assertThat(log).anyMatch(line -> line.contains("503 SlowDown"));
    }

    @Test
    void aPartThatIsRefusedEndsThePublication() {
        s3.answer("PUT .*partNumber=1&", 403, "AccessDenied", 1);

        assertThatThrownBy(() -> publish(1))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("refused by S3: HTTP 403 AccessDenied");
        assertThat(s3.keys()).isEmpty();
        assertThat(s3.openUploads()).isZero();
    }

    @Test
    void lostAnswersOfConditionalWritesAreReadBack() throws Exception {
        s3.fail("PUT .*model\\.json", TestS3.Kind.LOSE_ANSWER, 1);
        s3.fail("PUT .*aliases", TestS3.Kind.LOSE_ANSWER, 1);

        Object version = publish(1).get("version");

        assertThat(alias("latest")).containsEntry("version", version);
    }

    @Test
    void aConflictIsTriedAgain() throws Exception {
        s3.answer("PUT .*model\\.json", 409, "ConditionalRequestConflict", 2);
        s3.answer("PUT .*aliases", 409, "ConditionalRequestConflict", 2);

        Object version = publish(1).get("version");

        assertThat(alias("latest")).containsEntry("version", version);
    }

    @Test
    void anAbortInMidUploadLeavesNothing() throws Exception {
        s3.fail("PUT .*partNumber=1&", TestS3.Kind.HANG, 1);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        PublicationState state = new PublicationState(null);
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                publish(1, workspace, state, Map.of());
                            } catch (Throwable e) {
                                thrown.set(e);
                            }
                        });
        thread.start();
        while (s3.requests.stream().noneMatch(line -> line.contains("partNumber=1&"))) {
            Thread.sleep(20);
        }

        thread.interrupt();
        thread.join(20_000);

        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
        assertThat(s3.keys()).isEmpty();
        assertThat(s3.openUploads()).isZero();
        assertThat(publish(2)).containsEntry("reused", false);
    }

    @Test
    void aRestartGoesOnWithWhatIsMissing() throws Exception {
        Path folder = Files.createDirectory(workspace.resolve("ordner mit 模型"));
        for (int i = 0; i < 96; i++) {
            Files.writeString(folder.resolve("file %03d ü".formatted(i)), "content " + i);
        }
        // in orders of 16; the machine dies when the first order of parts has been sent
        PublicationState state = new PublicationState(null);
        AtomicReference<byte[]> saved = new AtomicReference<>();
        AtomicInteger orders = new AtomicInteger();
        CountDownLatch stored = new CountDownLatch(1);
        LocalWorkplace here = new LocalWorkplace(workspace, Outbound.of(Map.of()));
        Workplace dying =
                new Workplace() {
                    @Override
                    public Inspection inspect(InspectionOrder order, Progress progress)
                            throws IOException, InterruptedException {
                        return here.inspect(order, progress);
                    }

                    @Override
                    public List<String> send(SendOrder order, Progress progress)
                            throws IOException, InterruptedException {
                        if (orders.getAndIncrement() == 0) {
                            return here.send(order, progress);
                        }
                        stored.await();
                        throw new Death();
                    }
                };
        Runnable save =
                () -> {
                    saved.set(bytes(state));
                    if (state.files().stream().filter(file -> state.etags(file).get(0) != null).count() == 16) {
                        stored.countDown();
                    }
                };
        Map<String, Object> arguments = Map.of("artifact", "ordner mit 模型");
        try (AwsAccess aws = s3.access()) {
            Publisher publisher = new Publisher(options(arguments), build(1), aws);
            assertThatThrownBy(
                            () ->
                                    publisher.publish(dying, state, save, log::add))
                    .isInstanceOf(Death.class);
        }
        s3.requests.clear();

        Map<String, Object> result =
                publish(1, workspace, state(saved.get()), arguments);

        assertThat(s3.requests.stream().filter(line -> line.contains("partNumber"))).hasSize(80);
        String version = "models/iris/versions/" + result.get("version");
        assertThat(s3.keys()).filteredOn(key -> key.startsWith(version + "/ordner mit 模型/")).hasSize(96);
        assertThat(s3.text(version + "/ordner mit 模型/file 095 ü")).isEqualTo("content 95");
        assertThat(result).containsEntry("sizeBytes", 950L);
    }

    @Test
    void aRestartAfterTheCommitEndsWell() throws Exception {
        PublicationState state = new PublicationState(null);
        AtomicReference<byte[]> beforeAliases = new AtomicReference<>();
        try (AwsAccess aws = s3.access()) {
            new Publisher(options(Map.of()), build(1), aws)
                    .publish(
                            new LocalWorkplace(workspace, Outbound.of(Map.of())),
                            state,
                            () -> {
                                if (beforeAliases.get() == null
                                        && state.phase() == PublicationState.Phase.COMMIT) {
                                    beforeAliases.set(bytes(state));
                                }
                            },
                            log::add);
        }

        // uploads are complete and model.json is written, which this state doesn't know
        Map<String, Object> again =
                publish(1, workspace, state(beforeAliases.get()), Map.of());

        assertThat(again).isEqualTo(state.result());
    }

    @Test
    void anAliasThatCannotBeMovedIsToldOfAVersionThatIsThere() throws Exception {
        s3.answer("PUT .*/aliases/", 403, "AccessDenied", 1);

        assertThatThrownBy(() -> publish(1))
                .isInstanceOf(StepException.class)
                .hasMessageContaining(" is published, but the alias 'latest' can't be moved to it:")
                .hasMessageContaining("s3:PutObject");
        assertThat(s3.keys()).anyMatch(key -> key.endsWith("/model.json"));
        assertThat(publish(2)).containsEntry("reused", true);
        assertThat(alias("latest")).isNotEmpty();
    }

    @Test
    void anUrlThatHasExpiredIsSignedAnew() throws Exception {
        s3.fail("PUT .*partNumber=1&", TestS3.Kind.EXPIRED, 2);

        assertThat(publish(1)).containsEntry("reused", false);
        s3.fail("PUT .*partNumber=1&", TestS3.Kind.EXPIRED, 3);
        write("model.bin", "another model");
        assertThatThrownBy(() -> publish(2))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("have expired while it uploaded");
        assertThat(s3.openUploads()).isZero();
    }

    @Test
    void aPublicationSucceedsWhereOneCallOfFiveFails() throws Exception {
        Path folder = Files.createDirectory(workspace.resolve("many"));
        for (int i = 0; i < 8; i++) {
            Files.writeString(folder.resolve("file " + i), "content " + i);
        }
        s3.failOften();

        Object version = publish(1, "artifact", "many").get("version");

        s3.failNoMore();
        assertThat(alias("latest")).containsEntry("version", version);
        assertThat(s3.text("models/iris/versions/" + version + "/many/file 7"))
                .isEqualTo("content 7");
        assertThat(s3.openUploads()).isZero();
    }

    @Test
    void aLostWorkplaceKeepsWhatWasSent() throws Exception {
        PublicationState state = new PublicationState(null);
        LocalWorkplace here = new LocalWorkplace(workspace, Outbound.of(Map.of()));
        Workplace leaving =
                new Workplace() {
                    @Override
                    public Inspection inspect(InspectionOrder order, Progress progress)
                            throws IOException, InterruptedException {
                        return here.inspect(order, progress);
                    }

                    @Override
                    public List<String> send(SendOrder order, Progress progress)
                            throws IOException {
                        throw new WorkplaceLostException(new IOException("channel closed"));
                    }
                };
        try (AwsAccess aws = s3.access()) {
            Publisher publisher = new Publisher(options(Map.of()), build(1), aws);
            assertThatThrownBy(() -> publisher.publish(leaving, state, () -> {}, log::add))
                    .isInstanceOf(WorkplaceLostException.class);
            assertThat(s3.openUploads()).isEqualTo(1);

            publisher.publish(here, state, () -> {}, log::add);
        }

        assertThat(s3.requests.stream().filter(line -> line.matches("POST .*uploads.*"))).hasSize(1);
        assertThat(alias("latest")).containsEntry("version", state.result().get("version"));
        assertThat(s3.openUploads()).isZero();
    }

    @Test
    void aStoreThatCannotBeWrittenIsFoundBeforeATraining() {
        s3.answer("POST", 403, "AccessDenied", 1);
        try (AwsAccess aws = s3.access()) {
            Publisher publisher = new Publisher(options(Map.of()), build(1), aws);
            assertThatThrownBy(publisher::check)
                    .isInstanceOf(StepException.class)
                    .hasMessageContaining("access denied to s3:PutObject on s3://" + s3.bucket);
            publisher.check();
        }
        assertThat(s3.openUploads()).isZero();
        assertThat(s3.keys()).isEmpty();
    }

    @Test
    void anEmptyFileIsAnArtifact() throws Exception {
        write("empty", "");

        Map<String, Object> result = publish(1, "artifact", "./empty");

        assertThat(result).containsEntry("sizeBytes", 0L);
        assertThat(s3.keys()).contains("models/iris/versions/" + result.get("version") + "/empty");
    }

    @Test
    void storageClassAndTagsReachS3() throws Exception {
        Map<String, Object> result =
                publish(
                        1,
                        workspace,
                        new PublicationState(null),
                        Map.of("storageClass", "STANDARD_IA", "tags", Map.of("team", "a-b")));

        String key = "models/iris/versions/" + result.get("version") + "/model.bin";
        assertThat(s3.client().headObject(r -> r.bucket(s3.bucket).key(key)).storageClassAsString())
                .isEqualTo("STANDARD_IA");
        assertThat(s3.client().getObjectTagging(r -> r.bucket(s3.bucket).key(key)).tagSet())
                .singleElement()
                .satisfies(tag -> assertThat(tag.key() + "=" + tag.value()).isEqualTo("team=a-b"));
    }

    @Test
    void theKeyAndTheTagsReachEachWrite() throws Exception {
        publish(1, "kmsKeyId", "alias/models", "tags", Map.of("team", "a b"));

        List<String> made =
                s3.writes().stream().filter(line -> line.matches("(PUT|POST) .*(uploads|json)")).toList();
        assertThat(made).hasSize(4); // the file, model.json, by-sha256, the alias
        assertThat(made)
                .allSatisfy(
                        line ->
                                assertThat(s3.writtenHeaders)
                                        .contains(
                                                line + " x-amz-server-side-encryption: aws:kms",
                                                line + " x-amz-server-side-encryption-aws-kms-key-id: alias/models",
                                                line + " x-amz-tagging: team=a%20b"));
        assertThat(s3.writtenHeaders).noneMatch(line -> line.contains(" x-amz-checksum-"));
    }

    @Test
    void aWorkplaceCannotChooseWhatIsSigned() {
        LocalWorkplace here = new LocalWorkplace(workspace, Outbound.of(Map.of()));
        Workplace cheat =
                new Workplace() {
                    @Override
                    public Inspection inspect(InspectionOrder order, Progress progress)
                            throws IOException, InterruptedException {
                        Inspection found = here.inspect(order, progress);
                        Inspection.ModelFile file = found.files().get(0);
                        return new Inspection(
                                List.of(
                                        new Inspection.ModelFile(
                                                "model.bin/../../x",
                                                file.sha256(),
                                                file.bytes(),
                                                file.partMd5s())),
                                found.metrics(),
                                found.environment(),
                                found.imports(),
                                found.model(),
                                found.git());
                    }

                    @Override
                    public List<String> send(SendOrder order, Progress progress) {
                        throw new AssertionError();
                    }
                };
        try (AwsAccess aws = s3.access()) {
            Publisher publisher = new Publisher(options(Map.of()), build(1), aws);
            assertThatThrownBy(
                            () ->
                                    publisher.publish(
                                            cheat, new PublicationState(null), () -> {}, log::add))
                    .isInstanceOf(StepException.class)
                    .hasMessageContaining("is no file of the artifact");
        }
        assertThat(s3.writes()).isEmpty();
    }

    // ---

    private static final class Death extends Error {
        private static final long serialVersionUID = 1L;
    }

    private void write(String name, String content) throws IOException {
        Files.writeString(workspace.resolve(name), content);
    }

    private Map<String, Object> publish(int build, Object... arguments) throws Exception {
        Map<String, Object> given = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            given.put((String) arguments[i], arguments[i + 1]);
        }
        return publish(build, workspace, new PublicationState(null), given);
    }

    private Map<String, Object> publish(
            int build, Path folder, PublicationState state, Map<String, Object> arguments)
            throws Exception {
        PublishOptions options = options(arguments);
        try (AwsAccess aws =
                new AwsAccess(
                        options.aws(), new io.modeltoecs.engine.aws.AwsKeys("t", "t", null), false)) {
            LinkedHashMap<String, Object> result =
                    new Publisher(options, build(build), aws)
                            .publish(new LocalWorkplace(folder, Outbound.of(Map.of())), state, () -> bytes(state), log::add);
            assertThat(bytes(result)).isNotEmpty();
            return result;
        }
    }

    private PublishOptions options(Map<String, Object> arguments) {
        Map<String, Object> given =
                new HashMap<>(
                        Map.of(
                                "name", "iris",
                                "artifact", "model.bin",
                                "python", "not-asked",
                                "bucket", s3.bucket,
                                "endpoint", s3.endpoint()));
        given.putAll(arguments);
        return PublishOptions.from(given, Settings.of(Map.of(), Map.of("AWS_REGION", "us-east-1")));
    }

    private static BuildInfo build(int number) {
        return new BuildInfo("iris-model", number, "http://ci/" + number, START.plusSeconds(number));
    }

    private Map<String, Object> alias(String alias) {
        return Json.object(s3.text("models/iris/aliases/" + alias + ".json"), alias);
    }

    private static String sha256(String text) {
        return Digests.sha256(text.getBytes());
    }

    private static byte[] bytes(Object state) {
        try (ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(state);
            out.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static PublicationState state(byte[] bytes) throws Exception {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            return (PublicationState) in.readObject();
        }
    }
}
