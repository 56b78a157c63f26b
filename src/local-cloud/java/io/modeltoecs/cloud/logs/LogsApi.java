package io.modeltoecs.cloud.logs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.JsonApi;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** CloudWatch Logs, as far as it is needed to read what tasks printed. */
public final class LogsApi implements JsonApi {
    private static final int MAX_EVENTS = 10000;
    private static final Pattern TOKEN = Pattern.compile("([fb])/(\\d+)");

    private static final Pattern NAME = Pattern.compile("[.\\-_/#A-Za-z0-9]{1,512}");

    private final TaskLogs logs;

    /** The time that podman puts before each piece of a line that was printed in pieces. */
    private static final Pattern PIECE =
            Pattern.compile(
                    "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}(Z|[+-]\\d\\d:\\d\\d) ?");

    private final StateFile file;
    private final State state;

    private static final class State {
        Map<String, Group> groups = new TreeMap<>();
    }

    private static final class Group {
        long createdAt;
        Integer retentionInDays;
        Map<String, Long> streams = new TreeMap<>();
    }

    private record Event(long time, String message, String stream, int line) {

        /**
         * The same event has the same id in every answer: clients that follow a log drop repeats.
         */
        String id() {
            return String.format("%016d%010d%08x", time, line, stream.hashCode());
        }
    }

    public LogsApi(TaskLogs logs, StateFile file) {
        this.logs = logs;
        this.file = file;
        this.state = file.load(State.class, State::new);
    }

    @Override
    public String target() {
        return "Logs_20140328";
    }

    @Override
    public Map<String, Action> actions() {
        return Map.of(
                "CreateLogGroup", this::createGroup,
                "DeleteLogGroup", this::deleteGroup,
                "DescribeLogGroups", this::describeGroups,
                "PutRetentionPolicy", this::putRetention,
                "DescribeLogStreams", this::describeStreams,
                "GetLogEvents", this::getEvents,
                "FilterLogEvents", this::filterEvents);
    }

    /** Whether there is such a log group. */
    public synchronized boolean hasGroup(String name) {
        return state.groups.containsKey(name);
    }

    /** Makes a log group where it is missing. */
    public synchronized void ensureGroup(String name) {
        if (!state.groups.containsKey(name)) {
            Group group = new Group();
            group.createdAt = System.currentTimeMillis();
            state.groups.put(name, group);
            file.save(state);
        }
    }

    /** A container writes to a stream. */
    public synchronized void openStream(String group, String stream, String container) {
        Group of = state.groups.get(group);
        if (of != null && of.streams.putIfAbsent(stream, System.currentTimeMillis()) == null) {
            file.save(state);
        }
        logs.started(group, stream, container);
    }

    private static String groupName(ObjectNode in) {
        String name = in.path("logGroupName").asText();
        if (!NAME.matcher(name).matches()) {
            throw AwsError.invalidParameter(
                    "logGroupName must match " + NAME + ", but was '" + name + "'");
        }
        return name;
    }

    private synchronized JsonNode createGroup(ObjectNode in) {
        String name = groupName(in);
        if (hasGroup(name)) {
            throw AwsError.of(
                    "ResourceAlreadyExistsException", "The specified log group already exists");
        }
        ensureGroup(name);
        return Json.object();
    }

    private synchronized JsonNode deleteGroup(ObjectNode in) {
        group(in);
        state.groups.remove(in.path("logGroupName").asText());
        file.save(state);
        return Json.object();
    }

    private synchronized JsonNode describeGroups(ObjectNode in) {
        String prefix = in.path("logGroupNamePrefix").asText("");
        ObjectNode out = Json.object();
        ArrayNode all = out.putArray("logGroups");
        state.groups.forEach(
                (name, group) -> {
                    if (name.startsWith(prefix)) {
                        ObjectNode json = all.addObject();
                        json.put("logGroupName", name).put("creationTime", group.createdAt);
                        json.put("arn", Arns.of("logs", "log-group:" + name + ":*"));
                        if (group.retentionInDays != null) {
                            json.put("retentionInDays", group.retentionInDays);
                        }
                    }
                });
        return out;
    }

    private synchronized JsonNode putRetention(ObjectNode in) {
        group(in).retentionInDays = in.path("retentionInDays").asInt();
        file.save(state);
        return Json.object();
    }

    private synchronized JsonNode describeStreams(ObjectNode in) {
        String prefix = in.path("logStreamNamePrefix").asText("");
        String group = in.path("logGroupName").asText();
        ObjectNode out = Json.object();
        ArrayNode all = out.putArray("logStreams");
        group(in)
                .streams
                .forEach(
                        (name, created) -> {
                            if (name.startsWith(prefix)) {
                                all.addObject()
                                        .put("logStreamName", name)
                                        .put("creationTime", created)
                                        .put(
                                                "arn",
                                                Arns.of(
                                                        "logs",
                                                        "log-group:"
                                                                + group
                                                                + ":log-stream:"
                                                                + name));
                            }
                        });
        return out;
    }

    private JsonNode getEvents(ObjectNode in) {
        String stream = in.path("logStreamName").asText();
        synchronized (this) {
            if (!group(in).streams.containsKey(stream)) {
                throw AwsError.of(
                        "ResourceNotFoundException", "The specified log stream does not exist.");
            }
        }
        List<Event> events = between(events(in.path("logGroupName").asText(), stream), in);
        int limit = Math.min(in.path("limit").asInt(MAX_EVENTS), MAX_EVENTS);
        int from = in.path("startFromHead").asBoolean() ? 0 : Math.max(0, events.size() - limit);
        Matcher token = TOKEN.matcher(in.path("nextToken").asText(""));
        if (token.matches()) {
            int at = Math.min(Integer.parseInt(token.group(2)), events.size());
            from = token.group(1).equals("f") ? at : Math.max(0, at - limit);
        }
        int to = Math.min(events.size(), from + limit);
        if (token.matches() && token.group(1).equals("b")) {
            to = Math.min(events.size(), Integer.parseInt(token.group(2)));
        }
        ObjectNode out = Json.object();
        ArrayNode all = out.putArray("events");
        for (Event event : events.subList(from, to)) {
            all.addObject()
                    .put("timestamp", event.time())
                    .put("message", event.message())
                    .put("ingestionTime", event.time());
        }
        return out.put("nextForwardToken", "f/" + to).put("nextBackwardToken", "b/" + from);
    }

    private JsonNode filterEvents(ObjectNode in) {
        String group = in.path("logGroupName").asText();
        List<String> streams = new ArrayList<>();
        synchronized (this) {
            List<String> names = new ArrayList<>();
            in.path("logStreamNames").forEach(n -> names.add(n.asText()));
            String prefix = in.path("logStreamNamePrefix").asText("");
            for (String name : group(in).streams.keySet()) {
                if ((names.isEmpty() || names.contains(name)) && name.startsWith(prefix)) {
                    streams.add(name);
                }
            }
        }
        String pattern = in.path("filterPattern").asText("").replace("\"", "");
        List<Event> found = new ArrayList<>();
        for (String stream : streams) {
            between(events(group, stream), in).stream()
                    .filter(e -> e.message().contains(pattern))
                    .forEach(found::add);
        }
        found.sort(Comparator.comparingLong(Event::time));
        int from = in.has("nextToken") ? Integer.parseInt(in.path("nextToken").asText()) : 0;
        int limit = Math.min(in.path("limit").asInt(MAX_EVENTS), MAX_EVENTS);
        int to = Math.min(found.size(), from + limit);
        ObjectNode out = Json.object();
        ArrayNode all = out.putArray("events");
        for (int i = Math.min(from, to); i < to; i++) {
            Event event = found.get(i);
            all.addObject()
                    .put("logStreamName", event.stream())
                    .put("timestamp", event.time())
                    .put("message", event.message())
                    .put("ingestionTime", event.time())
                    .put("eventId", event.id());
        }
        if (to < found.size()) {
            out.put("nextToken", Integer.toString(to));
        }
        return out;
    }

    private List<Event> between(List<Event> events, ObjectNode in) {
        long start = in.path("startTime").asLong(0);
        long end = in.path("endTime").asLong(Long.MAX_VALUE);
        return events.stream().filter(e -> e.time() >= start && e.time() < end).toList();
    }

    private List<Event> events(String group, String stream) {
        Path lines = logs.lines(group, stream).orElse(null);
        if (lines == null) {
            return List.of();
        }
        List<Event> events = new ArrayList<>();
        try {
            for (String line : readLines(lines)) {
                int space = line.indexOf(' ');
                String time = space < 0 ? line : line.substring(0, space);
                String rest = space < 0 ? "" : line.substring(space + 1);
                String message = PIECE.matcher(rest).replaceAll("");
                try {
                    long millis = OffsetDateTime.parse(time).toInstant().toEpochMilli();
                    events.add(new Event(millis, message, stream, events.size()));
                } catch (DateTimeParseException e) {
                    long last = events.isEmpty() ? 0 : events.get(events.size() - 1).time();
                    events.add(new Event(last, line, stream, events.size()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return events;
    }

    /** A program may print anything. */
    private static List<String> readLines(Path file) throws IOException {
        try {
            return Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (MalformedInputException e) {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        }
    }

    private Group group(ObjectNode in) {
        Group group = state.groups.get(in.path("logGroupName").asText());
        if (group == null) {
            throw AwsError.of(
                    "ResourceNotFoundException", "The specified log group does not exist.");
        }
        return group;
    }
}
