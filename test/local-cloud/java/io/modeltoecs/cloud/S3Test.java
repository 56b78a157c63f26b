package io.modeltoecs.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.services.s3.presigner.model.PresignedUploadPartRequest;

/** S3's promises that the model store is built on. */
@ExtendWith(CloudFixture.class)
class S3Test {
    private static final String BUCKET = LocalCloud.BUCKET;
    private static final int RACERS = 20;

    @Test
    void exactlyOneOfRacingFirstWritesWins() throws Exception {
        try (S3Client s3 = CloudFixture.s3()) {
            for (int round = 0; round < 5; round++) {
                String key = "race/first-" + round;
                List<Integer> answers =
                        race(
                                n -> {
                                    s3.putObject(
                                            b -> b.bucket(BUCKET).key(key).ifNoneMatch("*"),
                                            RequestBody.fromString("writer " + n));
                                    return n;
                                });
                assertThat(answers).filteredOn(a -> a >= 0).hasSize(1);
                assertThat(answers).filteredOn(a -> a < 0).containsOnly(-412);
                assertThat(text(s3, key)).isEqualTo("writer " + winner(answers));
            }
        }
    }

    @Test
    void racingCompareAndSwapsLoseNoUpdate() throws Exception {
        try (S3Client s3 = CloudFixture.s3()) {
            String key = "race/counter";
            s3.putObject(b -> b.bucket(BUCKET).key(key), RequestBody.fromString("0"));
            List<Integer> answers = race(n -> increment(s3, key));
            assertThat(answers).allMatch(a -> a > 0);
            assertThat(text(s3, key)).isEqualTo(Integer.toString(RACERS));
        }
    }

    /** Reads and writes until the write is the one that it was read for. */
    private static int increment(S3Client s3, String key) {
        while (true) {
            var current = s3.getObjectAsBytes(b -> b.bucket(BUCKET).key(key));
            int next = Integer.parseInt(current.asUtf8String()) + 1;
            try {
                s3.putObject(
                        b -> b.bucket(BUCKET).key(key).ifMatch(current.response().eTag()),
                        RequestBody.fromString(Integer.toString(next)));
                return next;
            } catch (S3Exception e) {
                if (e.statusCode() != 412) {
                    throw e;
                }
            }
        }
    }

    @Test
    void ifMatchRefusesAnotherContentAndAMissingKey() {
        try (S3Client s3 = CloudFixture.s3()) {
            s3.putObject(b -> b.bucket(BUCKET).key("match/a"), RequestBody.fromString("x"));
            assertStatus(412, () -> putIfMatch(s3, "match/a", "\"00000000000000000000000000000000\""));
            assertStatus(404, () -> putIfMatch(s3, "match/none", "\"00000000000000000000000000000000\""));
            assertThat(text(s3, "match/a")).isEqualTo("x");
        }
    }

    private static void putIfMatch(S3Client s3, String key, String tag) {
        s3.putObject(b -> b.bucket(BUCKET).key(key).ifMatch(tag), RequestBody.fromString("y"));
    }

    @Test
    void presignedPartsWithChecksumsMakeOneObject() throws Exception {
        byte[] content = new byte[24 << 20];
        new Random(7).nextBytes(content);
        int part = 8 << 20;
        String key = "parts/model with spaces ü.pkl";
        try (S3Client s3 = CloudFixture.s3();
                S3Presigner presigner = presigner()) {
            String upload =
                    s3.createMultipartUpload(
                                    b ->
                                            b.bucket(BUCKET)
                                                    .key(key)
                                                    .checksumAlgorithm(ChecksumAlgorithm.SHA256))
                            .uploadId();
            List<CompletedPart> parts = new ArrayList<>();
            for (int n = 1; n <= content.length / part; n++) {
                byte[] bytes = Arrays.copyOfRange(content, (n - 1) * part, n * part);
                String sum = sha256(bytes);
                HttpResponse<String> answer = put(presign(presigner, key, upload, n, sum), bytes);
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                parts.add(
                        CompletedPart.builder()
                                .partNumber(n)
                                .eTag(answer.headers().firstValue("ETag").orElseThrow())
                                .checksumSHA256(sum)
                                .build());
            }
            byte[] other = new byte[part];
            HttpResponse<String> wrong =
                    put(presign(presigner, key, upload, 1, sha256(content)), other);
            assertThat(wrong.statusCode()).isEqualTo(400);

            s3.putObject(b -> b.bucket(BUCKET).key("parts/taken"), RequestBody.fromString("x"));
            s3.completeMultipartUpload(
                    b ->
                            b.bucket(BUCKET)
                                    .key(key)
                                    .uploadId(upload)
                                    .ifNoneMatch("*")
                                    .multipartUpload(m -> m.parts(parts)));
            try (InputStream stored = s3.getObject(b -> b.bucket(BUCKET).key(key))) {
                assertThat(sha256(stored.readAllBytes())).isEqualTo(sha256(content));
            }
        }
    }

    @Test
    void completingAnUploadHonoursIfNoneMatch() {
        try (S3Client s3 = CloudFixture.s3()) {
            String key = "parts/exists";
            s3.putObject(b -> b.bucket(BUCKET).key(key), RequestBody.fromString("first"));
            String upload =
                    s3.createMultipartUpload(b -> b.bucket(BUCKET).key(key)).uploadId();
            String tag =
                    s3.uploadPart(
                                    b ->
                                            b.bucket(BUCKET)
                                                    .key(key)
                                                    .uploadId(upload)
                                                    .partNumber(1),
                                    RequestBody.fromString("second"))
                            .eTag();
            assertStatus(
                    412,
                    () ->
                            s3.completeMultipartUpload(
                                    b ->
                                            b.bucket(BUCKET)
                                                    .key(key)
                                                    .uploadId(upload)
                                                    .ifNoneMatch("*")
                                                    .multipartUpload(
                                                            m ->
                                                                    m.parts(
                                                                            p ->
                                                                                    p.partNumber(1)
                                                                                            .eTag(
                                                                                                    tag)))));
            assertThat(text(s3, key)).isEqualTo("first");
        }
    }

    @Test
    void requestsWithoutCredentialsOrWithOthersAreRefused() {
        try (S3Client anonymous =
                S3Client.builder()
                        .endpointOverride(endpoint())
                        .region(Region.US_EAST_1)
                        .forcePathStyle(true)
                        .credentialsProvider(AnonymousCredentialsProvider.create())
                        .build()) {
            assertStatus(403, () -> anonymous.listObjectsV2(b -> b.bucket(BUCKET)));
        }
    }

    @Test
    void listsByPrefixAndDelimiterAndCopiesAndDeletes() {
        try (S3Client s3 = CloudFixture.s3()) {
            for (String key : List.of("list/a/1", "list/a/2", "list/b/1")) {
                s3.putObject(b -> b.bucket(BUCKET).key(key), RequestBody.fromString(key));
            }
            var page = s3.listObjectsV2(b -> b.bucket(BUCKET).prefix("list/").delimiter("/"));
            assertThat(page.commonPrefixes()).extracting(p -> p.prefix())
                    .containsExactly("list/a/", "list/b/");
            s3.copyObject(
                    b ->
                            b.sourceBucket(BUCKET)
                                    .sourceKey("list/a/1")
                                    .destinationBucket(BUCKET)
                                    .destinationKey("list/c/1"));
            assertThat(text(s3, "list/c/1")).isEqualTo("list/a/1");
            s3.deleteObject(b -> b.bucket(BUCKET).key("list/c/1"));
            assertStatus(404, () -> text(s3, "list/c/1"));
        }
    }

    private static URI endpoint() {
        return URI.create(CloudFixture.environment().get("AWS_ENDPOINT_URL"));
    }

    private static S3Presigner presigner() {
        return S3Presigner.builder()
                .endpointOverride(endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(CloudFixture.credentials())
                .serviceConfiguration(
                        S3Configuration.builder().pathStyleAccessEnabled(true).build())
                .build();
    }

    private static PresignedUploadPartRequest presign(
            S3Presigner presigner, String key, String upload, int part, String sum) {
        return presigner.presignUploadPart(
                p ->
                        p.signatureDuration(Duration.ofMinutes(5))
                                .uploadPartRequest(
                                        b ->
                                                b.bucket(BUCKET)
                                                        .key(key)
                                                        .uploadId(upload)
                                                        .partNumber(part)
                                                        .checksumSHA256(sum)));
    }

    private static HttpResponse<String> put(PresignedUploadPartRequest signed, byte[] body)
            throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(signed.url().toURI())
                        .PUT(HttpRequest.BodyPublishers.ofByteArray(body));
        signed.signedHeaders()
                .forEach(
                        (name, values) -> {
                            if (!name.equalsIgnoreCase("host")) {
                                values.forEach(v -> request.header(name, v));
                            }
                        });
        return HttpClient.newHttpClient()
                .send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String sha256(byte[] bytes) throws Exception {
        return Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private static String text(S3Client s3, String key) {
        return s3.getObjectAsBytes(b -> b.bucket(BUCKET).key(key))
                .asString(StandardCharsets.UTF_8);
    }

    private static int winner(List<Integer> answers) {
        return answers.stream().filter(a -> a >= 0).findFirst().orElseThrow();
    }

    private static void assertStatus(int status, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(status));
    }

    private interface Racer {
        int run(int number) throws Exception;
    }

    /** All at the same time; an S3 error is told as its negative status. */
    private static List<Integer> race(Racer racer) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(RACERS);
        try {
            List<Callable<Integer>> calls = new ArrayList<>();
            for (int i = 0; i < RACERS; i++) {
                int number = i;
                calls.add(
                        () -> {
                            try {
                                return racer.run(number);
                            } catch (S3Exception e) {
                                return -e.statusCode();
                            }
                        });
            }
            List<Integer> answers = new ArrayList<>();
            for (Future<Integer> answer : threads.invokeAll(calls)) {
                answers.add(answer.get());
            }
            return answers;
        } finally {
            threads.shutdown();
        }
    }
}
