package io.modeltoecs.cloud.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.engine.Containers;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CloudWatch Logs' pages, orders and tokens, over containers that printed what a test says. */
class LogsApiTest {
    private static final String GROUP = "'logGroupName': 'g'";

    @TempDir Path folder;
    private final Map<String, String> printed = new HashMap<>();
    private LogsApi logs;

    @BeforeEach
    void open() {
        Containers engine =
                (Containers)
                        Proxy.newProxyInstance(
                                Containers.class.getClassLoader(),
                                new Class<?>[] {Containers.class},
                                (proxy, method, arguments) -> {
                                    assertThat(method.getName()).isEqualTo("logs");
                                    Files.writeString(
                                            (Path) arguments[1],
                                            printed.getOrDefault((String) arguments[0], ""));
                                    return null;
                                });
        logs =
                new LogsApi(
                        new TaskLogs(engine, folder.resolve("logs")),
                        new StateFile(folder.resolve("logs.json")));
        call("CreateLogGroup", GROUP);
    }

    private JsonNode call(String action, String json) {
        try {
            String body = "{" + json.replace('\'', '"') + "}";
            return logs.actions().get(action).run((ObjectNode) Json.MAPPER.readTree(body));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(json, e);
        }
    }

    /** A stream whose container printed a line in each of some seconds. */
    private void stream(String name, int... seconds) {
        StringBuilder text = new StringBuilder();
        for (int second : seconds) {
            text.append("2026-01-01T00:00:%02d.000000000Z line %d\n".formatted(second, second));
        }
        printed.put(name, text.toString());
        logs.openStream("g", name, name);
    }

    private static List<String> texts(JsonNode list, String member) {
        List<String> all = new ArrayList<>();
        list.forEach(one -> all.add(one.path(member).asText()));
        return all;
    }

    private List<String> streams(String more) {
        return texts(
                call("DescribeLogStreams", GROUP + more).path("logStreams"), "logStreamName");
    }

    private void refused(String action, String json, String message) {
        assertThatThrownBy(() -> call(action, json))
                .isInstanceOfSatisfying(
                        AwsError.class,
                        e -> assertThat(e.code()).isEqualTo("InvalidParameterException"))
                .hasMessageContaining(message);
    }

    @Test
    void streamsAreOrderedByNameOrByTheirLastEvent() {
        stream("a", 1, 9);
        stream("b", 5);
        stream("c");
        assertThat(streams("")).containsExactly("a", "b", "c");
        assertThat(streams(", 'descending': true")).containsExactly("c", "b", "a");
        assertThat(streams(", 'orderBy': 'LastEventTime', 'descending': true"))
                .containsExactly("a", "b", "c");
        assertThat(streams(", 'orderBy': 'LastEventTime'")).containsExactly("c", "b", "a");
        assertThat(streams(", 'logStreamNamePrefix': 'b'")).containsExactly("b");
        JsonNode first = call("DescribeLogStreams", GROUP).at("/logStreams/0");
        assertThat(first.path("lastEventTimestamp").asLong() - first.path("firstEventTimestamp").asLong())
                .isEqualTo(8000);
        assertThat(call("DescribeLogStreams", GROUP).at("/logStreams/2").has("lastEventTimestamp"))
                .isFalse();
        refused(
                "DescribeLogStreams",
                GROUP + ", 'orderBy': 'LastEventTime', 'logStreamNamePrefix': 'b'",
                "Cannot order by LastEventTime with a logStreamNamePrefix.");
        refused("DescribeLogStreams", GROUP + ", 'orderBy': 'Age'", "LastEventTime");
    }

    @Test
    void streamsAndGroupsComeInPages() {
        for (int i = 0; i < 60; i++) {
            stream("s%02d".formatted(i));
            logs.ensureGroup("h%02d".formatted(i));
        }
        assertThat(streams("")).hasSize(50);
        JsonNode page = call("DescribeLogStreams", GROUP + ", 'limit': 45");
        assertThat(page.path("logStreams")).hasSize(45);
        String token = ", 'nextToken': '" + page.path("nextToken").asText() + "'";
        page = call("DescribeLogStreams", GROUP + ", 'limit': 45" + token);
        assertThat(page.path("logStreams")).hasSize(15);
        assertThat(page.at("/logStreams/0/logStreamName").asText()).isEqualTo("s45");
        assertThat(page.has("nextToken")).isFalse();
        refused("DescribeLogStreams", GROUP + ", 'limit': 51", "between 1 and 50");
        page = call("DescribeLogGroups", "'logGroupNamePrefix': 'h'");
        assertThat(page.path("logGroups")).hasSize(50);
        token = "'nextToken': '" + page.path("nextToken").asText() + "'";
        page = call("DescribeLogGroups", "'logGroupNamePrefix': 'h', " + token);
        assertThat(page.path("logGroups")).hasSize(10);
        refused("DescribeLogGroups", "'nextToken': 'x'", "nextToken is invalid");
    }

    private JsonNode events(String more) {
        return call("GetLogEvents", GROUP + ", 'logStreamName': 'a'" + more);
    }

    private static List<String> messages(JsonNode page) {
        return texts(page.path("events"), "message");
    }

    private static String token(JsonNode page, String which) {
        return ", 'nextToken': '" + page.path(which).asText() + "'";
    }

    @Test
    void eventsAreReadForwardsAndBackwards() {
        stream("a", 1, 2, 3, 4, 5);
        JsonNode last = events(", 'limit': 2");
        assertThat(messages(last)).containsExactly("line 4", "line 5");
        JsonNode before = events(", 'limit': 2" + token(last, "nextBackwardToken"));
        assertThat(messages(before)).containsExactly("line 2", "line 3");
        JsonNode first = events(", 'limit': 2" + token(before, "nextBackwardToken"));
        assertThat(messages(first)).containsExactly("line 1");
        JsonNode none = events(token(first, "nextBackwardToken"));
        assertThat(messages(none)).isEmpty();
        assertThat(none.path("nextBackwardToken")).isEqualTo(first.path("nextBackwardToken"));
        JsonNode again = events(", 'limit': 3" + token(first, "nextForwardToken"));
        assertThat(messages(again)).containsExactly("line 2", "line 3", "line 4");
        JsonNode head = events(", 'startFromHead': true, 'limit': 4");
        assertThat(messages(head)).containsExactly("line 1", "line 2", "line 3", "line 4");
        JsonNode end = events(token(head, "nextForwardToken"));
        assertThat(messages(end)).containsExactly("line 5");
        assertThat(events(token(end, "nextForwardToken")).path("nextForwardToken"))
                .as("the end: the same token back")
                .isEqualTo(end.path("nextForwardToken"));
        refused(
                "GetLogEvents",
                GROUP + ", 'logStreamName': 'a', 'nextToken': 'x'",
                "nextToken is invalid");
        refused("GetLogEvents", GROUP + ", 'logStreamName': 'a', 'limit': 0", "10000");
    }

    @Test
    void whatIsPrintedLaterFollowsTheLastToken() {
        stream("a", 1);
        JsonNode end = events(", 'startFromHead': true");
        stream("a", 1, 2);
        assertThat(messages(events(token(end, "nextForwardToken")))).containsExactly("line 2");
    }

    @Test
    void theEndTimeIsExclusive() {
        stream("a", 1, 2, 3);
        long first = call("DescribeLogStreams", GROUP).at("/logStreams/0/firstEventTimestamp").asLong();
        assertThat(messages(events(", 'startTime': " + first + ", 'endTime': " + (first + 2000))))
                .containsExactly("line 1", "line 2");
    }

    @Test
    void aPageHasAMegabyte() {
        String line = "2026-01-01T00:00:01.000000000Z " + "x".repeat(400_000) + "\n";
        printed.put("a", line.repeat(3));
        logs.openStream("g", "a", "a");
        JsonNode page = events(", 'startFromHead': true");
        assertThat(page.path("events")).hasSize(2);
        assertThat(events(token(page, "nextForwardToken")).path("events")).hasSize(1);
    }

    @Test
    void eventsAreFilteredOverStreams() {
        stream("a", 1, 3);
        stream("b", 2);
        assertThat(messages(call("FilterLogEvents", GROUP)))
                .containsExactly("line 1", "line 2", "line 3");
        JsonNode page = call("FilterLogEvents", GROUP + ", 'limit': 2");
        page = call("FilterLogEvents", GROUP + token(page, "nextToken"));
        assertThat(messages(page)).containsExactly("line 3");
        assertThat(page.has("nextToken")).isFalse();
        assertThat(messages(call("FilterLogEvents", GROUP + ", 'logStreamNames': ['b']")))
                .containsExactly("line 2");
        assertThat(
                        texts(
                                call("FilterLogEvents", "'logGroupIdentifier': 'arn:aws:logs:us-east-1:000000000000:log-group:g'").path("events"),
                                "eventId"))
                .as("the same event has the same id")
                .isEqualTo(texts(call("FilterLogEvents", GROUP).path("events"), "eventId"));
        refused(
                "FilterLogEvents",
                GROUP + ", 'logStreamNames': ['a'], 'logStreamNamePrefix': 'a'",
                "Only one of logStreamNames and logStreamNamePrefix");
    }
}
