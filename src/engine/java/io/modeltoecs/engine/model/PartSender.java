package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sends parts of files to signed URLs, in constant memory. */
final class PartSender {
    private static final int ATTEMPTS = 7;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(20);
    private static final Duration CONNECT = Duration.ofSeconds(15);
    // no byte sent and no answer for so long: the connection is dead, however slow the line is
    private static final Duration STALL = Duration.ofMinutes(2);
    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final Set<Integer> TRY_AGAIN = Set.of(408, 409, 429);
    // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; BadDigest: damaged on
    // the way
    private static final Set<String> CODES_TRY_AGAIN =
            Set.of("RequestTimeout", "SlowDown", "BadDigest", "IncompleteBody");
    private static final Set<String> EXPIRED =
            Set.of("ExpiredToken", "TokenRefreshRequired", "RequestExpired");
    private static final Pattern CODE = Pattern.compile("<Code>([^<]+)</Code>");

    /** One for all that this machine sends: its connections are kept from part to part. */
    private static final HttpClient CLIENT =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT)
                    .build();

    private final Path directory;
    private final Progress progress;

    PartSender(Path directory, Progress progress) {
        this.directory = directory;
        this.progress = progress;
    }

    /**
     * @return the ETags, in the order of the parts; null for a part whose URL had expired
     */
    List<String> send(SendOrder order) throws IOException, InterruptedException {
        List<String> etags = new ArrayList<>();
        for (PartOrder part : order.parts()) {
            etags.add(send(part));
        }
        return etags;
    }

    private String send(PartOrder part) throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            String problem;
            try {
                HttpResponse<String> answer = put(part);
                if (answer.statusCode() == 200) {
                    return answer.headers()
                            .firstValue("ETag")
                            .orElseThrow(
                                    () ->
                                            new StepException(
                                                    "S3 gave no ETag for a part of '"
                                                            + part.path()
                                                            + "'"));
                }
                if (hasExpired(answer)) {
                    return null;
                }
                problem = problem(answer);
                if (!mayPass(answer)) {
                    throw new StepException(
                            "a part of '%s' was refused by S3: %s".formatted(part.path(), problem));
                }
            } catch (IOException e) {
                problem =
                        e.getMessage() == null
                                ? e.getClass().getSimpleName()
                                : e.getClass().getSimpleName() + ": " + e.getMessage();
                if (isOurs(e)) {
                    throw new StepException(
                            "'%s' can't be read to its end: %s".formatted(part.path(), problem), e);
                }
            }
            if (attempt == ATTEMPTS) {
                throw new StepException(
                        "a part of '%s' (%s at %d) couldn't be sent in %d attempts: %s"
                                .formatted(
                                        part.path(),
                                        Amounts.bytes(part.bytes()),
                                        part.offset(),
                                        ATTEMPTS,
                                        problem));
            }
            progress.say(
                    "upload of '%s': attempt %d of %d failed, trying again: %s"
                            .formatted(part.path(), attempt, ATTEMPTS, problem));
            pause(attempt);
        }
    }

    /** Sends a part and waits for the answer, as long as something moves. */
    private HttpResponse<String> put(PartOrder part) throws IOException, InterruptedException {
        AtomicLong moved = new AtomicLong(System.nanoTime());
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(part.url())).PUT(body(part, moved));
        part.headers().forEach(request::header);
        CompletableFuture<HttpResponse<String>> answer =
                CLIENT.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
        try {
            while (true) {
                try {
                    return answer.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    if (System.nanoTime() - moved.get() > STALL.toNanos()) {
                        throw new HttpTimeoutException(
                                "nothing moved for %s".formatted(Amounts.seconds(STALL)));
                    }
                }
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    private BodyPublisher body(PartOrder part, AtomicLong moved) {
        Path file = directory.resolve(part.path());
        return part.bytes() == 0
                ? BodyPublishers.noBody()
                : BodyPublishers.fromPublisher(
                        BodyPublishers.ofInputStream(() -> open(file, part, moved)), part.bytes());
    }

    private static InputStream open(Path file, PartOrder part, AtomicLong moved) {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            try {
                channel.position(part.offset());
                return new Range(Channels.newInputStream(channel), part.bytes(), moved);
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean mayPass(HttpResponse<String> answer) {
        return answer.statusCode() >= 500
                || TRY_AGAIN.contains(answer.statusCode())
                || CODES_TRY_AGAIN.contains(code(answer));
    }

    /** Whether the URL's signature, or the session that it was signed in, is too old by now. */
    private static boolean hasExpired(HttpResponse<String> answer) {
        return (answer.statusCode() == 403 || answer.statusCode() == 400)
                && (EXPIRED.contains(code(answer))
                        || code(answer).equals("AccessDenied")
                                && answer.body().contains("Request has expired"));
    }

    private static boolean isOurs(IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UncheckedIOException) {
                return true;
            }
        }
        return false;
    }

    private static String problem(HttpResponse<String> answer) {
        String code = code(answer);
        return "HTTP "
                + answer.statusCode()
                + (code.isEmpty() ? "" : " " + code)
                + (code.equals("BadDigest") ? ", the file changed or was damaged on its way" : "");
    }

    private static String code(HttpResponse<String> answer) {
        Matcher matcher = CODE.matcher(answer.body());
        return matcher.find() ? matcher.group(1) : "";
    }

    /** Waits longer each time, from half a second on, and never as long as its neighbours. */
    private static void pause(int attempt) throws InterruptedException {
        long most = Math.min(LONGEST_PAUSE.toMillis(), 500L << attempt);
        Thread.sleep(ThreadLocalRandom.current().nextLong(most / 2, most));
    }

    /** So many bytes of a stream; tells when it was read last. */
    private static final class Range extends InputStream {
        private final InputStream in;
        private final AtomicLong readAt;
        private long left;

        Range(InputStream in, long length, AtomicLong readAt) {
            this.in = in;
            this.readAt = readAt;
            left = length;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            readAt.set(System.nanoTime());
            if (left == 0) {
                return -1;
            }
            int some = in.read(bytes, offset, (int) Math.min(length, left));
            if (some > 0) {
                left -= some;
            }
            return some;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
