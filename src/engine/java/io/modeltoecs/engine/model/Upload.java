package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.model.PublicationState.FileState;
import io.modeltoecs.engine.options.PublishOptions;
import io.modeltoecs.engine.progress.Activity;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.NoSuchUploadException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.services.s3.presigner.model.PresignedUploadPartRequest;

/**
 * The upload of a version's files, driven from where the keys are: each file is a multipart upload,
 * of which the workplace sends the parts to signed URLs. A signature covers one part of one upload,
 * its length and its MD5, and is of no more use when the upload is complete.
 */
final class Upload {
    private static final int BATCH_PARTS = 64;
    private static final long BATCH_BYTES = 128L << 20;
    private static final int CALLS_AT_A_TIME = 8;
    private static final Duration SIGNED_FOR = Duration.ofHours(1);
    private static final int MOST_SIGNATURES = 3;

    private final S3Client s3;
    private final S3Presigner presigner;
    private final Bucket bucket;
    private final PublishOptions options;
    private final Bucket.Storage storage;

    Upload(
            S3Client s3,
            S3Presigner presigner,
            Bucket bucket,
            PublishOptions options,
            Bucket.Storage storage) {
        this.s3 = s3;
        this.presigner = presigner;
        this.bucket = bucket;
        this.options = options;
        this.storage = storage;
    }

    private record Part(FileState file, int index) {
        long offset() {
            return index * Parts.size(file.bytes);
        }

        long bytes() {
            return Math.min(Parts.size(file.bytes), file.bytes - offset());
        }
    }

    /** Has all parts sent that haven't been sent yet. */
    void send(Workplace workplace, PublicationState state, Runnable save, Progress progress)
            throws IOException, InterruptedException {
        List<Part> missing = new ArrayList<>();
        long total = 0;
        for (FileState file : state.files()) {
            List<String> etags = state.etags(file);
            for (int i = 0; i < etags.size(); i++) {
                if (etags.get(i) == null) {
                    missing.add(new Part(file, i));
                    total += missing.get(missing.size() - 1).bytes();
                }
            }
        }
        Activity activity = new Activity(progress, "upload", total);
        for (List<Part> batch : batches(missing)) {
            start(batch, state);
            save.run();
            List<Part> left = batch;
            for (int signed = 1; !left.isEmpty(); signed++) {
                if (signed > MOST_SIGNATURES) {
                    throw new StepException(
                            "the credentials of this step have expired while it uploaded: give"
                                    + " 'roleArn', which is refreshed, or keys that last longer");
                }
                left = send(left, workplace, state, activity, progress);
                save.run();
            }
        }
        activity.end();
    }

    /** Has parts sent; gives back those whose signature was too old when they got their turn. */
    private List<Part> send(
            List<Part> parts,
            Workplace workplace,
            PublicationState state,
            Activity activity,
            Progress progress)
            throws IOException, InterruptedException {
        ArrayList<PartOrder> orders = new ArrayList<>();
        parts.forEach(part -> orders.add(sign(part, state)));
        List<String> etags =
                workplace.send(
                        new SendOrder(
                                orders,
                                activity.totalBytes(),
                                activity.doneBytes(),
                                activity.elapsed().toMillis()),
                        progress);
        List<Part> left = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            if (etags.get(i) == null) {
                left.add(part);
            } else {
                state.sent(part.file(), part.index(), etags.get(i));
                activity.done(part.bytes());
            }
        }
        return left;
    }

    private static List<List<Part>> batches(List<Part> parts) {
        List<List<Part>> batches = new ArrayList<>();
        long bytes = 0;
        for (Part part : parts) {
            List<Part> last = batches.isEmpty() ? List.of() : batches.get(batches.size() - 1);
            if (last.isEmpty()
                    || last.size() == BATCH_PARTS
                    || bytes + part.bytes() > BATCH_BYTES) {
                batches.add(new ArrayList<>());
                bytes = 0;
            }
            batches.get(batches.size() - 1).add(part);
            bytes += part.bytes();
        }
        return batches;
    }

    private void start(List<Part> batch, PublicationState state)
            throws IOException, InterruptedException {
        List<Callable<Void>> tasks = new ArrayList<>();
        for (FileState file : batch.stream().map(Part::file).distinct().toList()) {
            if (state.uploadId(file) == null) {
                tasks.add(
                        () -> {
                            state.started(file, create(file.key));
                            return null;
                        });
            }
        }
        if (!tasks.isEmpty()) {
            Parallel.all(CALLS_AT_A_TIME, tasks);
        }
    }

    /** Tries whether a key below could be written, and leaves nothing there. */
    void probe(String key) {
        String uploadId = create(key);
        S3Errors.call(
                "s3:AbortMultipartUpload",
                bucket.uri(key),
                () ->
                        s3.abortMultipartUpload(
                                request ->
                                        request.bucket(bucket.name()).key(key).uploadId(uploadId)));
    }

    private String create(String key) {
        CreateMultipartUploadRequest.Builder request =
                CreateMultipartUploadRequest.builder()
                        .bucket(bucket.name())
                        .key(key)
                        .storageClass(options.storageClass())
                        .tagging(storage.tagging());
        if (storage.kmsKeyId() != null) {
            request.serverSideEncryption("aws:kms").ssekmsKeyId(storage.kmsKeyId());
        }
        return S3Errors.call(
                "s3:PutObject",
                bucket.uri(key),
                () -> s3.createMultipartUpload(request.build()).uploadId());
    }

    private PartOrder sign(Part part, PublicationState state) {
        PresignedUploadPartRequest signed =
                presigner.presignUploadPart(
                        presign ->
                                presign.signatureDuration(SIGNED_FOR)
                                        .uploadPartRequest(
                                                request ->
                                                        request.bucket(bucket.name())
                                                                .key(part.file().key)
                                                                .uploadId(
                                                                        state.uploadId(part.file()))
                                                                .partNumber(part.index() + 1)
                                                                .contentLength(part.bytes())
                                                                .contentMD5(
                                                                        part.file()
                                                                                .partMd5s
                                                                                .get(
                                                                                        part
                                                                                                .index()))));
        Map<String, String> headers = new LinkedHashMap<>();
        signed.signedHeaders()
                .forEach(
                        (name, values) -> {
                            // what every HTTP client sends by itself
                            if (!List.of("host", "content-length")
                                    .contains(name.toLowerCase(Locale.ROOT))) {
                                headers.put(name, String.join(",", values));
                            }
                        });
        return new PartOrder(
                part.file().path, part.offset(), part.bytes(), signed.url().toString(), headers);
    }

    /** Makes objects of the uploads; until then nothing of them can be seen. */
    void complete(PublicationState state, Runnable save) throws IOException, InterruptedException {
        List<Callable<Void>> tasks = new ArrayList<>();
        for (FileState file : state.files()) {
            if (!state.complete(file)) {
                tasks.add(
                        () -> {
                            complete(file, state);
                            state.completed(file);
                            return null;
                        });
            }
        }
        if (!tasks.isEmpty()) {
            Parallel.all(CALLS_AT_A_TIME, tasks);
            save.run();
        }
    }

    private void complete(FileState file, PublicationState state) {
        List<String> etags = state.etags(file);
        List<CompletedPart> parts =
                IntStream.range(0, etags.size())
                        .mapToObj(
                                i ->
                                        CompletedPart.builder()
                                                .partNumber(i + 1)
                                                .eTag(etags.get(i))
                                                .build())
                        .toList();
        try {
            s3.completeMultipartUpload(
                    request ->
                            request.bucket(bucket.name())
                                    .key(file.key)
                                    .uploadId(state.uploadId(file))
                                    .multipartUpload(upload -> upload.parts(parts)));
        } catch (NoSuchUploadException e) {
            // complete already, if an answer was lost on the way or by a restart
            if (!isThere(file)) {
                throw S3Errors.explain("s3:PutObject", bucket.uri(file.key), e);
            }
        } catch (SdkException e) {
            throw S3Errors.explain("s3:PutObject", bucket.uri(file.key), e);
        }
    }

    private boolean isThere(FileState file) {
        try {
            return s3.headObject(request -> request.bucket(bucket.name()).key(file.key))
                            .contentLength()
                    == file.bytes;
        } catch (S3Exception e) {
            return false;
        }
    }

    /** Drops what was sent of uploads that aren't complete. */
    void abort(PublicationState state, Progress progress) {
        for (FileState file : state.files()) {
            String uploadId = state.uploadId(file);
            if (uploadId == null) {
                continue;
            }
            try {
                s3.abortMultipartUpload(
                        request -> request.bucket(bucket.name()).key(file.key).uploadId(uploadId));
            } catch (NoSuchUploadException e) {
                // gone already
            } catch (SdkException e) {
                progress.say(
                        "the upload of %s couldn't be dropped, its parts stay until a lifecycle rule"
                                        .formatted(bucket.uri(file.key))
                                + " (AbortIncompleteMultipartUpload) removes them: "
                                + e.getMessage());
            }
        }
    }
}
