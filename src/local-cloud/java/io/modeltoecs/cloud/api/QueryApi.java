package io.modeltoecs.cloud.api;

import java.util.Map;

/** An API that speaks the AWS query protocol: a form in, XML out. */
public interface QueryApi {

    /** The service name in the scope of a signature, e.g. {@code sts}. */
    String signingName();

    /** The XML name space of its answers. */
    String namespace();

    /** Its actions by name. */
    Map<String, Action> actions();

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
