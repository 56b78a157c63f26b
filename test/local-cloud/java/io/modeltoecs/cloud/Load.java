package io.modeltoecs.cloud;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A steady load of POST requests, and what was answered. */
final class Load implements AutoCloseable {
    private static final int USERS = 4;
    private static final long PAUSE_MILLIS = 5;

    private final HttpClient http = HttpClient.newHttpClient();
    private final ExecutorService users = Executors.newFixedThreadPool(USERS);
    private final AtomicInteger sent = new AtomicInteger();
    private final Map<String, Integer> failed = new ConcurrentHashMap<>();
    private final Set<String> answers = ConcurrentHashMap.newKeySet();
    private volatile boolean ended;

    Load(String url) {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url))
                        .POST(HttpRequest.BodyPublishers.ofString("{}"))
                        .build();
        for (int i = 0; i < USERS; i++) {
            users.execute(() -> run(request));
        }
    }

    private void run(HttpRequest request) {
        while (!ended) {
            sent.incrementAndGet();
            try {
                HttpResponse<String> answer =
                        http.send(request, HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() == 200) {
                    answers.add(answer.body());
                } else {
                    failed.merge("status " + answer.statusCode(), 1, Integer::sum);
                }
                Thread.sleep(PAUSE_MILLIS);
            } catch (IOException e) {
                failed.merge(e.toString(), 1, Integer::sum);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** What has been answered so far. */
    Set<String> answers() {
        return answers;
    }

    int sent() {
        return sent.get();
    }

    /** How often what went wrong. */
    Map<String, Integer> failed() {
        return failed;
    }

    int failures() {
        return failed.values().stream().mapToInt(Integer::intValue).sum();
    }

    @Override
    public void close() throws InterruptedException {
        ended = true;
        users.shutdown();
        users.awaitTermination(30, TimeUnit.SECONDS);
        users.shutdownNow();
    }
}
