package io.modeltoecs.cloud;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.state.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** An AWS JSON API by its wire format, for services whose SDK is not among the tests' libraries. */
final class Api {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private Api() {}

    /** Calls an action with a body written in single quotes; what comes back, errors too. */
    static JsonNode call(String service, String target, String json) {
        String scope =
                CloudFixture.environment().get("AWS_ACCESS_KEY_ID")
                        + "/20260101/us-east-1/"
                        + service
                        + "/aws4_request";
        HttpRequest request =
                HttpRequest.newBuilder(
                                URI.create(
                                        CloudFixture.environment().get("AWS_ENDPOINT_URL") + "/"))
                        .header("X-Amz-Target", target)
                        .header("Content-Type", "application/x-amz-json-1.1")
                        .header(
                                "Authorization",
                                "AWS4-HMAC-SHA256 Credential="
                                        + scope
                                        + ", SignedHeaders=host, Signature=0")
                        .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')))
                        .build();
        try {
            return Json.MAPPER.readTree(
                    HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
