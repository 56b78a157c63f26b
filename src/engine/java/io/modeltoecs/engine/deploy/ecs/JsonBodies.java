package io.modeltoecs.engine.deploy.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.SdkHttpRequest;

/**
 * Lets a call of the SDK send a JSON document as it is, and keeps the answer's. The SDK's own types
 * drop every field that is newer than they are, and a task definition has to keep all of them.
 */
final class JsonBodies implements ExecutionInterceptor {
    private static final ExecutionAttribute<byte[]> SENT =
            new ExecutionAttribute<>("io.modeltoecs.sent");
    private static final ExecutionAttribute<AtomicReference<JsonNode>> RECEIVED =
            new ExecutionAttribute<>("io.modeltoecs.received");

    /** For a request whose body is to be this document. */
    static AwsRequestOverrideConfiguration send(JsonNode body) {
        return AwsRequestOverrideConfiguration.builder()
                .putExecutionAttribute(SENT, Json.bytes(body))
                .build();
    }

    /** For a request whose answer is to be kept. */
    static AwsRequestOverrideConfiguration receive(AtomicReference<JsonNode> answer) {
        return AwsRequestOverrideConfiguration.builder()
                .putExecutionAttribute(RECEIVED, answer)
                .build();
    }

    @Override
    public SdkHttpRequest modifyHttpRequest(
            Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
        byte[] body = attributes.getAttribute(SENT);
        return body == null
                ? context.httpRequest()
                : context.httpRequest().toBuilder()
                        .putHeader("Content-Length", String.valueOf(body.length))
                        .build();
    }

    @Override
    public Optional<RequestBody> modifyHttpContent(
            Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
        byte[] body = attributes.getAttribute(SENT);
        return body == null ? context.requestBody() : Optional.of(RequestBody.fromBytes(body));
    }

    @Override
    public Optional<InputStream> modifyHttpResponseContent(
            Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
        AtomicReference<JsonNode> answer = attributes.getAttribute(RECEIVED);
        if (answer == null
                || context.responseBody().isEmpty()
                || !context.httpResponse().isSuccessful()) {
            return context.responseBody();
        }
        try (InputStream body = context.responseBody().get()) {
            byte[] bytes = body.readAllBytes();
            answer.set(Json.read(bytes));
            return Optional.of(new ByteArrayInputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
