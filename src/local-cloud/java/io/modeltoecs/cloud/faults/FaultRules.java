package io.modeltoecs.cloud.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;

/** What a fault may look like. */
final class FaultRules {
    private static final Pattern ACTION = Pattern.compile("\\*|[a-z0-9-]+:(\\*|[A-Za-z0-9]+)");

    /** Whole numbers, and the least they may be. */
    private static final Map<String, Integer> NUMBERS =
            Map.of(
                    "times", 1,
                    "milliseconds", 1,
                    "seconds", 1,
                    "afterSeconds", 0,
                    "exitCode", 0,
                    "status", 400);

    private FaultRules() {}

    /**
     * Refuses what would not do what was meant.
     *
     * @return the fault's kind
     */
    static Kind check(ObjectNode request) {
        String name = request.path("fault").asText("");
        Kind kind =
                Kind.of(name)
                        .orElseThrow(
                                () ->
                                        wrong(
                                                "'fault' must be one of %s, but is '%s'",
                                                Kind.all(), name));
        request.fieldNames().forEachRemaining(m -> known(kind, m));
        if (kind.concernsCalls()) {
            String action = request.path("action").asText("");
            if (!ACTION.matcher(action).matches()) {
                throw wrong(
                        "'action' must be like ecs:UpdateService, ecs:* or *, but is '%s'", action);
            }
        }
        if (kind == Kind.DELAY) {
            needs(request, "milliseconds");
        } else if (kind == Kind.SLOW_START) {
            needs(request, "seconds");
        }
        NUMBERS.forEach((member, least) -> number(request, member, least));
        double share = request.path("share").asDouble(1);
        if (request.has("share") && !request.path("share").isNumber() || share <= 0 || share > 1) {
            throw wrong("'share' must be above 0 and at most 1, but is %s", request.path("share"));
        }
        reason(request);
        return kind;
    }

    private static void known(Kind kind, String member) {
        if (!kind.members().contains(member)) {
            throw wrong(
                    "%s has no '%s'; it may have %s",
                    kind.text(), member, String.join(", ", kind.members()));
        }
    }

    private static void needs(ObjectNode request, String member) {
        if (!request.has(member)) {
            throw wrong("%s needs '%s'", request.path("fault").asText(), member);
        }
    }

    private static void number(ObjectNode request, String member, int least) {
        JsonNode value = request.path(member);
        if (!value.isMissingNode() && (!value.isIntegralNumber() || value.asInt() < least)) {
            throw wrong("'%s' must be a whole number from %s, but is %s", member, least, value);
        }
    }

    private static void reason(ObjectNode request) {
        String reason = request.path("reason").asText("");
        boolean known =
                Arrays.stream(PullReason.values()).anyMatch(r -> r.toString().equals(reason));
        if (request.has("reason") && !known) {
            throw wrong(
                    "'reason' must be one of %s, but is '%s'",
                    Arrays.toString(PullReason.values()), reason);
        }
    }

    private static AwsError wrong(String format, Object... values) {
        return AwsError.of("InvalidFault", String.format(format, values));
    }
}
