package io.modeltoecs.engine.model;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.ApacheClients;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.http.Header;
import org.apache.http.HttpEntity;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpPut;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.util.EntityUtils;

/** Sends parts of files to signed URLs, in constant memory. */
final class PartSender {
    private static final int ATTEMPTS = 7;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(20);
    private static final Duration CONNECT = Duration.ofSeconds(15);
    // no byte sent and no answer for so long: the connection is dead, however slow the line is
    private static final Duration STALL = Duration.ofMinutes(2);
    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final RequestConfig CONFIG =
            RequestConfig.custom()
                    .setConnectTimeout((int) CONNECT.toMillis())
                    .setConnectionRequestTimeout((int) STALL.toMillis())
                    .setSocketTimeout((int) STALL.toMillis())
                    .setNormalizeUri(false) // it is signed as it is
                    .build();
    private static final Set<Integer> TRY_AGAIN = Set.of(408, 409, 429);
    // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; BadDigest: damaged on
    // the way
    private static final Set<String> CODES_TRY_AGAIN =
            Set.of("RequestTimeout", "SlowDown", "BadDigest", "IncompleteBody");
    private static final Set<String> EXPIRED =
            Set.of("ExpiredToken", "TokenRefreshRequired", "RequestExpired");
    private static final Pattern CODE = Pattern.compile("<Code>([^<]+)</Code>");

    private static final ExecutorService THREADS =
            Executors.newCachedThreadPool(
                    work -> {
                        Thread thread = new Thread(work, "part of an upload");
                        thread.setDaemon(true);
                        return thread;
                    });

    private final Path directory;
    private final CloseableHttpClient client;
    private final Progress progress;

    PartSender(Path directory, Outbound outbound, Progress progress) {
        this.directory = directory;
        this.client = ApacheClients.kept(outbound);
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
                Answer answer = put(part);
                if (answer.status() == 200) {
                    if (answer.etag() == null) {
                        throw new StepException(
                                "S3 gave no ETag for a part of '" + part.path() + "'");
                    }
                    return answer.etag();
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

    /** What S3 said to a part. */
    private record Answer(int status, String etag, String body) {}

    /** Sends a part and waits for the answer, as long as something moves. */
    private Answer put(PartOrder part) throws IOException, InterruptedException {
        PartBody body = new PartBody(directory.resolve(part.path()), part.offset(), part.bytes());
        HttpPut request = new HttpPut(part.url());
        request.setConfig(CONFIG);
        request.setEntity(body);
        part.headers().forEach(request::setHeader);
        Future<Answer> answer = THREADS.submit(() -> put(request));
        try {
            while (true) {
                try {
                    return answer.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    if (body.idle().compareTo(STALL) > 0) {
                        throw new SocketTimeoutException(
                                "nothing moved for %s".formatted(Amounts.seconds(STALL)));
                    }
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UncheckedIOException unread) {
                throw new StepException(
                        "'%s' can't be read to its end: %s"
                                .formatted(part.path(), unread.getCause()),
                        unread);
            }
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } finally {
            if (!answer.isDone()) {
                request.abort();
            }
        }
    }

    private Answer put(HttpPut request) throws IOException {
        try (CloseableHttpResponse answer = client.execute(request)) {
            Header etag = answer.getFirstHeader("ETag");
            HttpEntity body = answer.getEntity();
            return new Answer(
                    answer.getStatusLine().getStatusCode(),
                    etag == null ? null : etag.getValue(),
                    body == null ? "" : EntityUtils.toString(body, StandardCharsets.UTF_8));
        }
    }

    private static boolean mayPass(Answer answer) {
        return answer.status() >= 500
                || TRY_AGAIN.contains(answer.status())
                || CODES_TRY_AGAIN.contains(code(answer));
    }

    /** Whether the URL's signature, or the session that it was signed in, is too old by now. */
    private static boolean hasExpired(Answer answer) {
        return (answer.status() == 403 || answer.status() == 400)
                && (EXPIRED.contains(code(answer))
                        || code(answer).equals("AccessDenied")
                                && answer.body().contains("Request has expired"));
    }

    private static String problem(Answer answer) {
        String code = code(answer);
        return "HTTP "
                + answer.status()
                + (code.isEmpty() ? "" : " " + code)
                + (code.equals("BadDigest") ? ", the file changed or was damaged on its way" : "");
    }

    private static String code(Answer answer) {
        Matcher matcher = CODE.matcher(answer.body());
        return matcher.find() ? matcher.group(1) : "";
    }

    /** Waits longer each time, from half a second on, and never as long as its neighbours. */
    private static void pause(int attempt) throws InterruptedException {
        long most = Math.min(LONGEST_PAUSE.toMillis(), 500L << attempt);
        Thread.sleep(ThreadLocalRandom.current().nextLong(most / 2, most));
    }
}
