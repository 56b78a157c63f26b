package io.modeltoecs.cloud.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** An API that speaks AWS JSON 1.1. */
public interface JsonApi {

    /** The part of {@code X-Amz-Target} before the dot. */
    String target();

    /** Its actions by name. */
    Map<String, Action> actions();

    /** One action. */
    @FunctionalInterface
    interface Action {

        /**
         * Carries the action out.
         *
         * @throws AwsError the answer, where the request is refused
         */
        JsonNode run(ObjectNode input);
    }
}
