package io.modeltoecs.engine.model;

import com.adobe.testing.s3mock.S3MockApplication;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.aws.AwsKeys;
import io.modeltoecs.engine.options.AwsOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * An S3 for one test: S3Mock behind a front that can fail on demand and that does what S3Mock
 * leaves out: conditional writes one at a time, Content-MD5 checked, and asked for where older
 * stores ask for it.
 */
final class TestS3 implements AutoCloseable {
    private static final Set<String> OWN_HEADERS =
            Set.of("host", "connection", "content-length", "expect", "upgrade", "transfer-encoding");
    /** S3Mock takes no key of KMS that it wasn't told of. */
    private static final String ENCRYPTION = "x-amz-server-side-encryption";

    private static final AtomicInteger BUCKETS = new AtomicInteger();
    private static final URI MOCK = startMock();

    final String bucket = "models-" + BUCKETS.incrementAndGet();
    final Queue<String> requests = new ConcurrentLinkedQueue<>();

    /** Lines of the writes' headers, as {@code POST /path?uploads x-amz-tagging: a=b}. */
    final Queue<String> writtenHeaders = new ConcurrentLinkedQueue<>();

    volatile boolean withoutListBucket;

    private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private final HttpServer server;
    private final AwsAccess aws;
    private final S3Client s3;

    /** What is done to a request. */
    enum Kind {
        /** the connection ends without an answer, and nothing has happened */
        DROP,
        /** it happened, but the answer is lost */
        LOSE_ANSWER,
        /** a bit of the body is turned on its way */
        DAMAGE,
        /** an error, as given */
        ANSWER,
        /** what S3 says of an URL whose time is over */
        EXPIRED,
        /** no answer for a minute */
        HANG
    }

    private record Fault(
            Predicate<String> request, Kind kind, int status, String code, AtomicInteger times) {}

    TestS3() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(
                Executors.newCachedThreadPool(
                        task -> {
                            Thread thread = new Thread(task, "test-s3");
                            thread.setDaemon(true);
                            return thread;
                        }));
        server.createContext("/", this::serve);
        server.start();
        aws = access();
        s3 = aws.s3();
        s3.createBucket(request -> request.bucket(bucket));
        requests.clear();
    }

    private static URI startMock() {
        S3MockApplication mock =
                S3MockApplication.start(
                        new HashMap<>(
                                Map.of(
                                        S3MockApplication.PROP_HTTP_PORT, "0",
                                        S3MockApplication.PROP_HTTPS_PORT, "0",
                                        S3MockApplication.PROP_SILENT, "true")));
        return URI.create("http://127.0.0.1:" + mock.getHttpPort());
    }

    String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    AwsOptions options() {
        return new AwsOptions(bucket, "models", "us-east-1", null, null, null, endpoint());
    }

    AwsAccess access() {
        return new AwsAccess(options(), new AwsKeys("test", "test", null), false);
    }

    S3Client client() {
        return s3;
    }

    /** The keys in the bucket, sorted. */
    List<String> keys() {
        return s3
                .listObjectsV2Paginator(request -> request.bucket(bucket))
                .contents()
                .stream()
                .map(object -> object.key())
                .sorted()
                .toList();
    }

    String text(String key) {
        return s3.getObjectAsBytes(request -> request.bucket(bucket).key(key)).asUtf8String();
    }

    /** How many multipart uploads are neither complete nor dropped. */
    int openUploads() {
        return s3.listMultipartUploads(request -> request.bucket(bucket)).uploads().size();
    }

    List<String> writes() {
        return requests.stream().filter(line -> !line.matches("(GET|HEAD) .*")).toList();
    }

    /**
     * @param request pattern found in {@code METHOD path?query}
     */
    void fail(String request, Kind kind, int times) {
        fail(request, kind, times, 0, "");
    }

    void answer(String request, int status, String code, int times) {
        fail(request, Kind.ANSWER, times, status, code);
    }

    private void fail(String request, Kind kind, int times, int status, String code) {
        Pattern pattern = Pattern.compile(request);
        faults.add(
                new Fault(
                        line -> pattern.matcher(line).find(),
                        kind,
                        status,
                        code,
                        new AtomicInteger(times)));
    }

    /** Fails one call of five, some by an error, some by a dropped connection. */
    void failOften() {
        Random random = new Random(7);
        faults.add(
                new Fault(
                        line -> random.nextInt(10) == 0, Kind.DROP, 0, "", new AtomicInteger(1 << 20)));
        faults.add(
                new Fault(
                        line -> random.nextInt(9) == 0,
                        Kind.ANSWER,
                        503,
                        "SlowDown",
                        new AtomicInteger(1 << 20)));
    }

    void failNoMore() {
        faults.clear();
    }

    private void serve(HttpExchange exchange) throws IOException {
        String line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
        requests.add(line);
        if (!line.matches("(GET|HEAD) .*")) {
            exchange.getRequestHeaders()
                    .forEach(
                            (name, values) ->
                                    writtenHeaders.add(
                                            line
                                                    + " "
                                                    + name.toLowerCase(Locale.ROOT)
                                                    + ": "
                                                    + values.get(0)));
        }
        byte[] body = exchange.getRequestBody().readAllBytes();
        Fault fault =
                faults.stream()
                        .filter(candidate -> candidate.request.test(line))
                        .filter(candidate -> candidate.times.getAndDecrement() > 0)
                        .findFirst()
                        .orElse(null);
        try {
            if (fault == null) {
                forward(exchange, body, true);
                return;
            }
            switch (fault.kind) {
                case DROP -> exchange.close();
                case LOSE_ANSWER -> {
                    forward(exchange, body, false);
                    exchange.close();
                }
                case DAMAGE -> {
                    body[body.length / 2] ^= 1;
                    forward(exchange, body, true);
                }
                case EXPIRED ->
                        error(exchange, 403, "AccessDenied", "Request has expired");
                case ANSWER -> error(exchange, fault.status, fault.code);
                case HANG -> Thread.sleep(60_000);
            }
        } catch (InterruptedException e) {
            exchange.close();
        } catch (RuntimeException e) {
            exchange.close();
            throw e;
        }
    }

    private void forward(HttpExchange exchange, byte[] body, boolean answer)
            throws IOException, InterruptedException {
        String md5 = exchange.getRequestHeaders().getFirst("Content-MD5");
        if (md5 != null
                && !md5.equals(
                        Base64.getEncoder().encodeToString(Digests.of("MD5").digest(body)))) {
            error(exchange, 400, "BadDigest");
            return;
        }
        if (md5 == null && exchange.getRequestURI().toString().endsWith("?delete")) {
            error(exchange, 400, "InvalidRequest", "Missing required header: Content-MD5");
            return;
        }
        boolean conditional =
                exchange.getRequestHeaders().containsKey("If-Match")
                        || exchange.getRequestHeaders().containsKey("If-None-Match");
        HttpResponse<byte[]> response;
        if (conditional) {
            synchronized (TestS3.class) {
                response = send(exchange, body);
            }
        } else {
            response = send(exchange, body);
        }
        if (!answer) {
            return;
        }
        if (withoutListBucket && response.statusCode() == 404 && !isAbout(response, "NoSuchBucket")) {
            error(exchange, 403, "AccessDenied");
            return;
        }
        response.headers()
                .map()
                .forEach(
                        (name, values) -> {
                            if (!name.startsWith(":")
                                    && !OWN_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
                                exchange.getResponseHeaders().put(name, values);
                            }
                        });
        if (exchange.getRequestMethod().equals("HEAD")) {
            response.headers()
                    .firstValue("content-length")
                    .ifPresent(
                            length -> exchange.getResponseHeaders().set("Content-Length", length));
        }
        byte[] content = response.body();
        boolean none = exchange.getRequestMethod().equals("HEAD") || content.length == 0;
        exchange.sendResponseHeaders(response.statusCode(), none ? -1 : content.length);
        if (!none) {
            exchange.getResponseBody().write(content);
        }
        exchange.close();
    }

    private HttpResponse<byte[]> send(HttpExchange exchange, byte[] body)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(MOCK + exchange.getRequestURI().toString()))
                        .version(HttpClient.Version.HTTP_1_1)
                        .method(
                                exchange.getRequestMethod(),
                                HttpRequest.BodyPublishers.ofByteArray(body));
        exchange.getRequestHeaders()
                .forEach(
                        (name, values) -> {
                            if (!OWN_HEADERS.contains(name.toLowerCase(Locale.ROOT))
                                    && !name.toLowerCase(Locale.ROOT).startsWith(ENCRYPTION)) {
                                values.forEach(value -> request.header(name, value));
                            }
                        });
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static boolean isAbout(HttpResponse<byte[]> response, String code) {
        Matcher matcher =
                Pattern.compile("<Code>(\\w+)</Code>")
                        .matcher(new String(response.body(), StandardCharsets.UTF_8));
        return matcher.find() && matcher.group(1).equals(code);
    }

    private static void error(HttpExchange exchange, int status, String code) throws IOException {
        error(exchange, status, code, "as the test asked");
    }

    private static void error(HttpExchange exchange, int status, String code, String message)
            throws IOException {
        byte[] body =
                "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>%s</Message></Error>"
                        .formatted(code, message)
                        .getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/xml");
        boolean none = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, none ? -1 : body.length);
        if (!none) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    @Override
    public void close() {
        aws.close();
        server.stop(0);
    }

}
