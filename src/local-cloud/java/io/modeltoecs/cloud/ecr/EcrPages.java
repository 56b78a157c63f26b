package io.modeltoecs.cloud.ecr;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import java.util.List;
import java.util.function.Consumer;

/** ECR's lists in pages of {@code maxResults}. A token is the index of the next element. */
final class EcrPages {
    private static final int PAGE = 100;
    private static final int MAX_PAGE = 1000;

    private EcrPages() {}

    static <T> void of(ObjectNode in, ObjectNode out, List<T> all, Consumer<T> add) {
        int size = in.path("maxResults").asInt(PAGE);
        if (size < 1 || size > MAX_PAGE) {
            throw AwsError.invalidParameter(
                    "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must"
                            + " have value between 1 and 1000'");
        }
        int from = Math.min(start(in), all.size());
        int to = Math.min(all.size(), from + size);
        all.subList(from, to).forEach(add);
        if (to < all.size()) {
            out.put("nextToken", Integer.toString(to));
        }
    }

    private static int start(ObjectNode in) {
        try {
            return Math.max(0, Integer.parseInt(in.path("nextToken").asText("0")));
        } catch (NumberFormatException e) {
            throw AwsError.invalidParameter("Invalid parameter at 'nextToken'");
        }
    }
}
