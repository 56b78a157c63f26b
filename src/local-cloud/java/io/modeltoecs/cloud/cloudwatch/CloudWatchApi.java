package io.modeltoecs.cloud.cloudwatch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.JsonApi;
import io.modeltoecs.cloud.state.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The part of CloudWatch that deployments are watched by: alarms, whose state SetAlarmState sets.
 */
public final class CloudWatchApi implements JsonApi {
    private static final Set<String> STATES = Set.of("OK", "ALARM", "INSUFFICIENT_DATA");
    private static final List<String> KEPT =
            List.of(
                    "AlarmDescription",
                    "MetricName",
                    "Namespace",
                    "Statistic",
                    "Dimensions",
                    "Threshold",
                    "ComparisonOperator",
                    "TreatMissingData",
                    "Unit",
                    "DatapointsToAlarm");

    private final Alarms alarms;

    public CloudWatchApi(Alarms alarms) {
        this.alarms = alarms;
    }

    @Override
    public String target() {
        return "GraniteServiceVersion20100801";
    }

    @Override
    public Map<String, Action> actions() {
        Map<String, Action> all = new LinkedHashMap<>();
        all.put("PutMetricAlarm", this::put);
        all.put("DescribeAlarms", this::describe);
        all.put("SetAlarmState", this::set);
        all.put("DeleteAlarms", this::delete);
        return all;
    }

    private JsonNode put(ObjectNode in) {
        Alarm alarm = new Alarm();
        alarm.name = required(in, "AlarmName");
        alarm.period = number(in, "Period", alarm.period);
        alarm.evaluationPeriods = number(in, "EvaluationPeriods", alarm.evaluationPeriods);
        alarm.updatedAt = System.currentTimeMillis();
        alarm.stateSince = alarm.updatedAt;
        for (String member : KEPT) {
            if (in.hasNonNull(member)) {
                alarm.settings.set(member, in.get(member));
            }
        }
        alarms.put(alarm);
        return Json.object();
    }

    private static String required(ObjectNode in, String member) {
        String value = in.path(member).asText("");
        if (value.isEmpty()) {
            throw AwsError.of("ValidationError", member + " must not be empty");
        }
        return value;
    }

    private static int number(ObjectNode in, String member, int otherwise) {
        int value = in.path(member).asInt(otherwise);
        if (value < 1) {
            throw AwsError.of(
                    "ValidationError", member + " must be at least 1, but was " + in.path(member));
        }
        return value;
    }

    private JsonNode describe(ObjectNode in) {
        List<String> names = texts(in.path("AlarmNames"));
        String prefix = in.path("AlarmNamePrefix").asText("");
        String wanted = in.path("StateValue").asText("");
        ObjectNode out = Json.object();
        ArrayNode found = out.putArray("MetricAlarms");
        out.putArray("CompositeAlarms");
        for (Alarm alarm : alarms.all()) {
            if ((names.isEmpty() || names.contains(alarm.name))
                    && alarm.name.startsWith(prefix)
                    && (wanted.isEmpty() || wanted.equals(alarm.state))) {
                ObjectNode one = found.addObject();
                one.put("AlarmName", alarm.name)
                        .put("AlarmArn", Arns.of("cloudwatch", "alarm:" + alarm.name))
                        .put("StateValue", alarm.state)
                        .put("StateReason", alarm.reason)
                        .put("StateUpdatedTimestamp", Json.seconds(alarm.stateSince))
                        .put("AlarmConfigurationUpdatedTimestamp", Json.seconds(alarm.updatedAt))
                        .put("ActionsEnabled", true)
                        .put("Period", alarm.period)
                        .put("EvaluationPeriods", alarm.evaluationPeriods);
                one.setAll(alarm.settings);
            }
        }
        return out;
    }

    private JsonNode set(ObjectNode in) {
        String name = required(in, "AlarmName");
        String value = required(in, "StateValue");
        if (!STATES.contains(value)) {
            throw AwsError.of(
                    "ValidationError",
                    "StateValue must be OK, ALARM or INSUFFICIENT_DATA, but was " + value);
        }
        if (!alarms.set(name, value, required(in, "StateReason"))) {
            throw AwsError.of("ResourceNotFound", "Unable to find alarm with name " + name);
        }
        return Json.object();
    }

    private JsonNode delete(ObjectNode in) {
        List<String> names = texts(in.path("AlarmNames"));
        if (names.isEmpty()) {
            throw AwsError.of("ValidationError", "AlarmNames must not be empty");
        }
        alarms.delete(names);
        return Json.object();
    }

    private static List<String> texts(JsonNode list) {
        List<String> all = new ArrayList<>();
        list.forEach(t -> all.add(t.asText()));
        return all;
    }
}
