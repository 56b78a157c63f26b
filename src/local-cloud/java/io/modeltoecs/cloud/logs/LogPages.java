package io.modeltoecs.cloud.logs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import java.util.List;
import java.util.function.Consumer;

/** Lists of CloudWatch Logs in pages of {@code limit}. A token is the index of the next element. */
final class LogPages {
    /** The most groups or streams of a page, and how many it has unasked. */
    static final int DESCRIBED = 50;

    /** The most events of a page, and how many it has unasked. */
    static final int EVENTS = 10_000;

    private LogPages() {}

    static <T> void of(ObjectNode in, ObjectNode out, List<T> all, int most, Consumer<T> add) {
        int from = Math.min(start(in), all.size());
        int to = Math.min(all.size(), from + limit(in, most));
        all.subList(from, to).forEach(add);
        if (to < all.size()) {
            out.put("nextToken", Integer.toString(to));
        }
    }

    /**
     * How many elements are asked for.
     *
     * @throws AwsError where that is none, or more than a page has
     */
    static int limit(ObjectNode in, int most) {
        int limit = in.path("limit").asInt(most);
        if (limit < 1 || limit > most) {
            throw AwsError.invalidParameter(
                    "1 validation error detected: Value '"
                            + limit
                            + "' at 'limit' failed to satisfy constraint: Member must have value"
                            + " between 1 and "
                            + most);
        }
        return limit;
    }

    private static int start(ObjectNode in) {
        try {
            return Math.max(0, Integer.parseInt(in.path("nextToken").asText("0")));
        } catch (NumberFormatException e) {
            throw AwsError.invalidParameter("The specified nextToken is invalid.");
        }
    }
}
