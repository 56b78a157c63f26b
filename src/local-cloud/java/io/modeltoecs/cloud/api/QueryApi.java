package io.modeltoecs.cloud.api;

import java.util.LinkedHashMap;
import java.util.Map;

/** An API that speaks the AWS query protocol: a form in, XML out. */
public interface QueryApi {

    /** The service name in the scope of a signature, e.g. {@code sts}. */
    String signingName();

    /** The XML name space of its answers. */
    String namespace();

    /** Which of the two forms of the protocol it speaks. */
    default Dialect dialect() {
        return Dialect.QUERY;
    }

    /** Its actions by name. */
    Map<String, Action> actions();

    /** The two forms of the protocol. EC2's has its own names for lists and no wrapped result. */
    enum Dialect {
        QUERY {
            @Override
            Map<String, Object> answer(String action, Map<String, ?> result, String requestId) {
                Map<String, Object> content = new LinkedHashMap<>();
                content.put(action + "Result", result);
                content.put("ResponseMetadata", Map.of("RequestId", requestId));
                return content;
            }

            @Override
            String listItem() {
                return "member";
            }
        },
        EC2 {
            @Override
            Map<String, Object> answer(String action, Map<String, ?> result, String requestId) {
                Map<String, Object> content = new LinkedHashMap<>();
                content.put("requestId", requestId);
                content.putAll(result);
                return content;
            }

            @Override
            String listItem() {
                return "item";
            }
        };

        abstract Map<String, Object> answer(String action, Map<String, ?> result, String requestId);

        abstract String listItem();
    }

    /** One action: maps, lists and scalars out, written as XML elements. */
    @FunctionalInterface
    interface Action {

        /**
         * Carries the action out.
         *
         * @throws AwsError the answer, where the request is refused
         */
        Map<String, ?> run(QueryParameters in);
    }
}
