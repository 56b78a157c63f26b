package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.Json;
import java.util.List;

/** Lists in pages. A token is the index of the next element. */
final class Pages {
    private static final int MAX_PAGE = 100;

    private Pages() {}

    /** A page of strings under a member's name. */
    static ObjectNode of(String member, List<String> all, ObjectNode in, int defaultSize) {
        check(in, MAX_PAGE);
        int from = start(in);
        int to = end(in, from, all.size(), defaultSize);
        ObjectNode out = Json.object();
        out.set(member, Json.strings(all.subList(Math.min(from, to), to)));
        next(out, to, all.size());
        return out;
    }

    /** Refuses a maxResults that no page may have. */
    static void check(ObjectNode in, int most) {
        int asked = in.path("maxResults").asInt(1);
        if (asked < 1 || asked > most) {
            throw AwsError.invalidParameter(
                    "maxResults must be between 1 and " + most + ", but was " + asked);
        }
    }

    static int start(ObjectNode in) {
        try {
            return Integer.parseInt(in.path("nextToken").asText("0"));
        } catch (NumberFormatException e) {
            throw AwsError.invalidParameter("Invalid token");
        }
    }

    static int end(ObjectNode in, int from, int size, int defaultSize) {
        return Math.min(size, from + in.path("maxResults").asInt(defaultSize));
    }

    static void next(ObjectNode out, int to, int size) {
        if (to < size) {
            out.put("nextToken", Integer.toString(to));
        }
    }
}
