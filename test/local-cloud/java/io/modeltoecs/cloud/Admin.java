package io.modeltoecs.cloud;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.state.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** The admin endpoint, as a test uses it. */
final class Admin {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private Admin() {}

    /** Adds a fault, written with single quotes. */
    static JsonNode fault(String json) {
        HttpResponse<String> answer = send("POST", "faults", json.replace('\'', '"'));
        if (answer.statusCode() != 200) {
            throw new AssertionError(answer.body());
        }
        return json(answer);
    }

    static JsonNode faults() {
        return json(send("GET", "faults", ""));
    }

    static void clear() {
        send("DELETE", "faults", "");
    }

    static HttpResponse<String> send(String method, String path, String body) {
        URI uri = URI.create(CloudFixture.environment().get("AWS_ENDPOINT_URL") + "/_local/" + path);
        HttpRequest request =
                HttpRequest.newBuilder(uri)
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build();
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    static JsonNode json(HttpResponse<String> answer) {
        try {
            return Json.MAPPER.readTree(answer.body());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
