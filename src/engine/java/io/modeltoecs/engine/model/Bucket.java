package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.ExpirationStatus;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Tagging;

/**
 * The store's small JSON objects, read and written whole. A write may ask that the object is new,
 * or as it was read: <a
 * href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html">conditional
 * writes</a>.
 */
final class Bucket {
    private static final int ATTEMPTS = 8;
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
    private static final int MOST_DELETED = 1000;

    private final S3Client s3;
    private final String bucket;

    Bucket(S3Client s3, String bucket) {
        this.s3 = s3;
        this.bucket = bucket;
    }

    /** An object as it was read. */
    record Item(byte[] content, String etag) {}

    /** How objects are stored. */
    record Storage(String kmsKeyId, Map<String, String> tags) {
        static final Storage PLAIN = new Storage(null, Map.of());

        Tagging tagging() {
            return tags.isEmpty()
                    ? null
                    : Tagging.builder()
                            .tagSet(
                                    tags.entrySet().stream()
                                            .map(
                                                    tag ->
                                                            Tag.builder()
                                                                    .key(tag.getKey())
                                                                    .value(tag.getValue())
                                                                    .build())
                                            .toList())
                            .build();
        }
    }

    String name() {
        return bucket;
    }

    String uri(String key) {
        return "s3://" + bucket + "/" + key;
    }

    /**
     * Reads an object. An object that may not be read counts as missing: without s3:ListBucket S3
     * doesn't tell the two apart.
     */
    Optional<Item> get(String key) {
        try {
            ResponseBytes<GetObjectResponse> object =
                    s3.getObjectAsBytes(request -> request.bucket(bucket).key(key));
            return Optional.of(new Item(object.asByteArray(), object.response().eTag()));
        } catch (S3Exception e) {
            if (S3Errors.missing(e)) {
                return Optional.empty();
            }
            throw S3Errors.explain("s3:GetObject", uri(key), e);
        } catch (SdkException e) {
            throw S3Errors.explain("s3:GetObject", uri(key), e);
        }
    }

    /** Writes an object, whatever was there. */
    void put(String key, byte[] content, Storage storage) {
        S3Errors.call(
                "s3:PutObject",
                uri(key),
                () -> s3.putObject(request(key, storage).build(), RequestBody.fromBytes(content)));
    }

    /**
     * Writes an object that must be new.
     *
     * @return whether it is there now with this content
     */
    boolean create(String key, byte[] content, Storage storage) {
        return write(key, content, request(key, storage).ifNoneMatch("*").build());
    }

    /**
     * Writes an object that must be as it was read.
     *
     * @return whether it is there now with this content
     */
    boolean replace(String key, byte[] content, String etag, Storage storage) {
        return write(key, content, request(key, storage).ifMatch(etag).build());
    }

    private boolean write(String key, byte[] content, PutObjectRequest request) {
        for (int attempt = 1; ; attempt++) {
            try {
                s3.putObject(request, RequestBody.fromBytes(content));
                return true;
            } catch (S3Exception e) {
                boolean conflict = e.statusCode() == 409;
                boolean differs =
                        e.statusCode() == 412
                                || e.statusCode() == 404
                                        && !"NoSuchBucket".equals(S3Errors.code(e));
                if (!conflict && !differs) {
                    throw S3Errors.explain("s3:PutObject", uri(key), e);
                }
                // an earlier attempt of ours may have arrived although its answer was lost
                Optional<Item> now = get(key);
                if (now.isPresent() && Arrays.equals(now.get().content(), content)) {
                    return true;
                }
                if (differs
                        || attempt == ATTEMPTS
                        || now.isPresent() != (request.ifMatch() != null)) {
                    return false;
                }
                pause(attempt);
            } catch (SdkException e) {
                throw S3Errors.explain("s3:PutObject", uri(key), e);
            }
        }
    }

    /** Whether an object is there and may be read. */
    boolean exists(String key) {
        try {
            s3.headObject(request -> request.bucket(bucket).key(key));
            return true;
        } catch (S3Exception e) {
            if (S3Errors.missing(e)) {
                return false;
            }
            throw S3Errors.explain("s3:GetObject", uri(key), e);
        } catch (SdkException e) {
            throw S3Errors.explain("s3:GetObject", uri(key), e);
        }
    }

    /** The keys that begin so, sorted. */
    List<String> keys(String prefix) {
        return S3Errors.call(
                "s3:ListBucket",
                uri(prefix),
                () ->
                        s3
                                .listObjectsV2Paginator(it -> it.bucket(bucket).prefix(prefix))
                                .contents()
                                .stream()
                                .map(S3Object::key)
                                .toList());
    }

    /** The names of the folders in a folder, sorted; asks once for each thousand. */
    List<String> folders(String prefix) {
        return S3Errors.call(
                "s3:ListBucket",
                uri(prefix),
                () ->
                        s3
                                .listObjectsV2Paginator(
                                        it -> it.bucket(bucket).prefix(prefix).delimiter("/"))
                                .commonPrefixes()
                                .stream()
                                .map(found -> found.prefix().substring(prefix.length()))
                                .map(name -> name.substring(0, name.length() - 1))
                                .toList());
    }

    /** Deletes objects; what isn't there is no error. */
    void delete(List<String> keys) {
        for (int from = 0; from < keys.size(); from += MOST_DELETED) {
            List<ObjectIdentifier> some =
                    keys.subList(from, Math.min(keys.size(), from + MOST_DELETED)).stream()
                            .map(key -> ObjectIdentifier.builder().key(key).build())
                            .toList();
            DeleteObjectsResponse answer =
                    S3Errors.call(
                            "s3:DeleteObject",
                            uri(keys.get(from)),
                            () ->
                                    s3.deleteObjects(
                                            it ->
                                                    it.bucket(bucket)
                                                            .delete(
                                                                    d ->
                                                                            d.objects(some)
                                                                                    .quiet(true))));
            for (S3Error error : answer.errors()) {
                throw new StepException(
                        "s3:DeleteObject on %s failed: %s (%s)"
                                .formatted(uri(error.key()), error.message(), error.code()));
            }
        }
    }

    /** Whether what is deleted stays as an old version; false where that may not be asked. */
    boolean isVersioned() {
        try {
            return s3.getBucketVersioning(it -> it.bucket(bucket)).status() != null;
        } catch (S3Exception e) {
            return false;
        }
    }

    /** Whether a lifecycle rule removes old versions; false where that may not be asked. */
    boolean expiresOldVersions() {
        try {
            return s3.getBucketLifecycleConfiguration(it -> it.bucket(bucket)).rules().stream()
                    .anyMatch(
                            rule ->
                                    rule.status() == ExpirationStatus.ENABLED
                                            && rule.noncurrentVersionExpiration() != null);
        } catch (S3Exception e) {
            return false; // S3 answers 404 where there are no rules
        }
    }

    private PutObjectRequest.Builder request(String key, Storage storage) {
        PutObjectRequest.Builder request =
                PutObjectRequest.builder()
                        .bucket(bucket)
                        .key(key)
                        .contentType("application/json")
                        .tagging(storage.tagging());
        return storage.kmsKeyId() == null
                ? request
                : request.serverSideEncryption("aws:kms").ssekmsKeyId(storage.kmsKeyId());
    }

    /** Waits a little, longer each time, and never as long as somebody else. */
    static void pause(int attempt) {
        long most = Math.min(2_000, 50L << Math.min(attempt, 6));
        try {
            Thread.sleep(ThreadLocalRandom.current().nextLong(most / 2, most));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw AbortedException.create("interrupted", e);
        }
    }

    /** The error for something that can't be changed because others keep changing it. */
    static StepException busy(String what) {
        return new StepException(what + " is being changed by others all the time: try again");
    }
}
