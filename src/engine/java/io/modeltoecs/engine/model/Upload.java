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
    private static final int ORDERS_AT_A_TIME = 8;
    // small files share an order: each is a call to the workplace, which may be far away
    private static final int ORDER_PARTS = 16;
    private static final long ORDER_BYTES = 8L << 20;
    private static final int CALLS_AT_A_TIME = 8;
    private static final Duration SIGNED_FOR = Duration.ofHours(1);
    private static final int MOST_SIGNATURES = 3;
    private static final Duration SAVED_EVERY = Duration.ofSeconds(5);

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
        Saving saving = new Saving(save);
        List<Callable<Void>> tasks = new ArrayList<>();
        for (List<Part> order : orders(missing)) {
            tasks.add(
                    () -> {
                        if (start(order, state)) {
                            saving.now();
                        }
                        send(order, workplace, state, activity, progress);
                        saving.soon();
                        return null;
                    });
        }
        if (!tasks.isEmpty()) {
            Parallel.all(ORDERS_AT_A_TIME, tasks);
        }
        activity.end();
    }

    /** Has parts sent; those whose signature was too old when they got their turn, once more. */
    private void send(
            List<Part> parts,
            Workplace workplace,
            PublicationState state,
            Activity activity,
            Progress progress)
            throws IOException, InterruptedException {
        List<Part> left = parts;
        for (int signed = 1; !left.isEmpty(); signed++) {
            if (signed > MOST_SIGNATURES) {
                throw new StepException(
                        "the credentials of this step have expired while it uploaded: give"
                                + " 'roleArn', which is refreshed, or keys that last longer");
            }
            ArrayList<PartOrder> orders = new ArrayList<>();
            left.forEach(part -> orders.add(sign(part, state)));
            List<String> etags = workplace.send(new SendOrder(orders), progress);
            List<Part> expired = new ArrayList<>();
            for (int i = 0; i < left.size(); i++) {
                Part part = left.get(i);
                if (etags.get(i) == null) {
                    expired.add(part);
                } else {
                    state.sent(part.file(), part.index(), etags.get(i));
                    activity.done(part.bytes());
                }
            }
            left = expired;
        }
    }

    private static List<List<Part>> orders(List<Part> parts) {
        List<List<Part>> orders = new ArrayList<>();
        long bytes = 0;
        for (Part part : parts) {
            List<Part> last = orders.isEmpty() ? List.of() : orders.get(orders.size() - 1);
            if (last.isEmpty()
                    || last.size() == ORDER_PARTS
                    || bytes + part.bytes() > ORDER_BYTES) {
                orders.add(new ArrayList<>());
                bytes = 0;
            }
            orders.get(orders.size() - 1).add(part);
            bytes += part.bytes();
        }
        return orders;
    }

    /** Begins the uploads that haven't begun; whether there were any. */
    private boolean start(List<Part> order, PublicationState state) {
        boolean started = false;
        for (Part part : order) {
            FileState file = part.file();
            synchronized (file) { // its other parts are being sent by other threads
                if (state.uploadId(file) == null) {
                    state.started(file, create(file.key));
                    started = true;
                }
            }
        }
        return started;
    }

    /** Stores the state for several threads; of parts that were sent not each time: it costs. */
    private static final class Saving {
        private final Runnable save;
        private long savedAt = System.nanoTime() - SAVED_EVERY.toNanos();

        Saving(Runnable save) {
            this.save = save;
        }

        synchronized void now() {
            save.run();
        }

        synchronized void soon() {
            if (System.nanoTime() - savedAt >= SAVED_EVERY.toNanos()) {
                savedAt = System.nanoTime();
                save.run();
            }
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
