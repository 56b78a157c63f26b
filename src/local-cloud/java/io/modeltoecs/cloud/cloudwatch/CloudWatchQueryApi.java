package io.modeltoecs.cloud.cloudwatch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.JsonApi;
import io.modeltoecs.cloud.api.QueryApi;
import io.modeltoecs.cloud.api.QueryParameters;
import io.modeltoecs.cloud.state.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** CloudWatch in the query protocol, which the SDKs and the CLI spoke until 2025. */
public final class CloudWatchQueryApi implements QueryApi {
    private static final List<String> TEXTS =
            List.of(
                    "AlarmName",
                    "AlarmDescription",
                    "MetricName",
                    "Namespace",
                    "Statistic",
                    "ComparisonOperator",
                    "TreatMissingData",
                    "Unit",
                    "StateValue",
                    "StateReason",
                    "AlarmNamePrefix",
                    "NextToken");
    private static final List<String> WHOLE_NUMBERS =
            List.of("Period", "EvaluationPeriods", "DatapointsToAlarm", "MaxRecords");
    private static final double MILLIS = 1000;

    private final CloudWatchApi api;

    public CloudWatchQueryApi(CloudWatchApi api) {
        this.api = api;
    }

    @Override
    public String signingName() {
        return "monitoring";
    }

    @Override
    public String namespace() {
        return "http://monitoring.amazonaws.com/doc/2010-08-01/";
    }

    @Override
    public Map<String, Action> actions() {
        Map<String, Action> all = new LinkedHashMap<>();
        api.actions().forEach((name, action) -> all.put(name, in -> run(action, in)));
        return all;
    }

    private static Map<String, ?> run(JsonApi.Action action, QueryParameters in) {
        ObjectNode json = Json.object();
        TEXTS.forEach(name -> in.get(name).ifPresent(value -> json.put(name, value)));
        for (String name : WHOLE_NUMBERS) {
            if (in.get(name).isPresent()) {
                json.put(name, in.number(name, 0));
            }
        }
        in.get("Threshold").ifPresent(value -> json.put("Threshold", in.decimal("Threshold")));
        if (!in.list("AlarmNames").isEmpty()) {
            json.set("AlarmNames", Json.strings(in.list("AlarmNames")));
        }
        for (QueryParameters dimension : in.structures("Dimensions")) {
            json.withArray("/Dimensions")
                    .addObject()
                    .put("Name", dimension.require("Name"))
                    .put("Value", dimension.require("Value"));
        }
        return map(action.run(json));
    }

    private static Map<String, Object> map(JsonNode json) {
        Map<String, Object> all = new LinkedHashMap<>();
        json.properties()
                .forEach(
                        p ->
                                all.put(
                                        p.getKey(),
                                        p.getKey().endsWith("Timestamp")
                                                ? moment(p.getValue())
                                                : plain(p.getValue())));
        return all;
    }

    private static Object plain(JsonNode json) {
        if (json.isObject()) {
            return map(json);
        }
        if (json.isArray()) {
            List<Object> all = new ArrayList<>();
            json.forEach(j -> all.add(plain(j)));
            return all;
        }
        return json.asText();
    }

    private static Instant moment(JsonNode seconds) {
        return Instant.ofEpochMilli(Math.round(seconds.asDouble() * MILLIS));
    }
}
