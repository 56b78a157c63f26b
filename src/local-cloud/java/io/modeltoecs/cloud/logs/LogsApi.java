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
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** CloudWatch Logs, as far as it is needed to read what tasks printed. */
public final class LogsApi implements JsonApi {
    private static final int PAGE_BYTES = 1024 * 1024;
    private static final Pattern TOKEN = Pattern.compile("([fb])/(\\d{1,9})");

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
        state.groups.remove(groupOf(in));
        file.save(state);
        return Json.object();
    }

    private synchronized JsonNode describeGroups(ObjectNode in) {
        String prefix = in.path("logGroupNamePrefix").asText("");
        ObjectNode out = Json.object();
        ArrayNode all = out.putArray("logGroups");
        List<String> names =
                state.groups.keySet().stream().filter(n -> n.startsWith(prefix)).toList();
        LogPages.of(in, out, names, LogPages.DESCRIBED, name -> describe(name, all.addObject()));
        return out;
    }

    private void describe(String name, ObjectNode json) {
        Group group = state.groups.get(name);
        json.put("logGroupName", name).put("creationTime", group.createdAt);
        json.put("arn", Arns.of("logs", "log-group:" + name + ":*"));
        if (group.retentionInDays != null) {
            json.put("retentionInDays", group.retentionInDays);
        }
    }

    private synchronized JsonNode putRetention(ObjectNode in) {
        group(in).retentionInDays = in.path("retentionInDays").asInt();
        file.save(state);
        return Json.object();
    }

    /** A stream with the times of its first and last event, both 0 where it has none. */
    private record Stream(String name, long createdAt, long first, long last) {}

    private JsonNode describeStreams(ObjectNode in) {
        String order = in.path("orderBy").asText("LogStreamName");
        boolean byTime = order.equals("LastEventTime");
        if (!byTime && !order.equals("LogStreamName")) {
            throw AwsError.invalidParameter(
                    "orderBy must be LogStreamName or LastEventTime, but was " + order);
        }
        if (byTime && in.hasNonNull("logStreamNamePrefix")) {
            throw AwsError.invalidParameter(
                    "Cannot order by LastEventTime with a logStreamNamePrefix.");
        }
        String group = groupOf(in);
        Map<String, Long> created = streams(in);
        List<String> names = new ArrayList<>(created.keySet());
        if (byTime) {
            Map<String, Long> last = new HashMap<>();
            names.forEach(n -> last.put(n, stream(group, n, 0).last));
            names.sort(Comparator.comparing(last::get));
        }
        if (in.path("descending").asBoolean()) {
            Collections.reverse(names);
        }
        ObjectNode out = Json.object();
        ArrayNode all = out.putArray("logStreams");
        LogPages.of(
                in,
                out,
                names,
                LogPages.DESCRIBED,
                n -> describe(group, stream(group, n, created.get(n)), all.addObject()));
        return out;
    }

    private Stream stream(String group, String name, long createdAt) {
        List<Event> events = events(group, name);
        return events.isEmpty()
                ? new Stream(name, createdAt, 0, 0)
                : new Stream(
                        name,
                        createdAt,
                        events.get(0).time(),
                        events.get(events.size() - 1).time());
    }

    private static void describe(String group, Stream stream, ObjectNode json) {
        String arn = "log-group:" + group + ":log-stream:" + stream.name;
        json.put("logStreamName", stream.name)
                .put("creationTime", stream.createdAt)
                .put("arn", Arns.of("logs", arn));
        if (stream.last > 0) {
            json.put("firstEventTimestamp", stream.first)
                    .put("lastEventTimestamp", stream.last)
                    .put("lastIngestionTime", stream.last);
        }
    }

    /** The streams that a request's prefix chooses, by name. */
    private synchronized Map<String, Long> streams(ObjectNode in) {
        String prefix = in.path("logStreamNamePrefix").asText("");
        Map<String, Long> chosen = new TreeMap<>(group(in).streams);
        chosen.keySet().removeIf(n -> !n.startsWith(prefix));
        return chosen;
    }

    private JsonNode getEvents(ObjectNode in) {
        String stream = in.path("logStreamName").asText();
        if (!streams(in).containsKey(stream)) {
            throw AwsError.of(
                    "ResourceNotFoundException", "The specified log stream does not exist.");
        }
        int limit = LogPages.limit(in, LogPages.EVENTS);
        List<Event> events = between(events(groupOf(in), stream), in);
        boolean forward = in.path("startFromHead").asBoolean();
        int at = forward ? 0 : events.size();
        if (in.hasNonNull("nextToken")) {
            Matcher token = TOKEN.matcher(in.path("nextToken").asText());
            if (!token.matches()) {
                throw AwsError.invalidParameter("The specified nextToken is invalid.");
            }
            forward = token.group(1).equals("f");
            at = Math.min(Integer.parseInt(token.group(2)), events.size());
        }
        int from = at;
        int to = at;
        int bytes = 0;
        while (to - from < limit && (forward ? to < events.size() : from > 0)) {
            bytes += events.get(forward ? to : from - 1).message().length();
            if (bytes > PAGE_BYTES && to > from) {
                break;
            }
            to += forward ? 1 : 0;
            from -= forward ? 0 : 1;
        }
        ObjectNode out = Json.object();
        ArrayNode all = out.putArray("events");
        events.subList(from, to).forEach(e -> describe(e, all.addObject()));
        return out.put("nextForwardToken", "f/" + to).put("nextBackwardToken", "b/" + from);
    }

    private static ObjectNode describe(Event event, ObjectNode json) {
        return json.put("timestamp", event.time())
                .put("message", event.message())
                .put("ingestionTime", event.time());
    }

    private JsonNode filterEvents(ObjectNode in) {
        Set<String> names = new HashSet<>();
        in.path("logStreamNames").forEach(n -> names.add(n.asText()));
        if (!names.isEmpty() && in.hasNonNull("logStreamNamePrefix")) {
            throw AwsError.invalidParameter(
                    "Only one of logStreamNames and logStreamNamePrefix may be specified.");
        }
        LogPages.limit(in, LogPages.EVENTS);
        String pattern = in.path("filterPattern").asText("").replace("\"", "");
        String group = groupOf(in);
        List<Event> found = new ArrayList<>();
        for (String stream : streams(in).keySet()) {
            if (names.isEmpty() || names.contains(stream)) {
                between(events(group, stream), in).stream()
                        .filter(e -> e.message().contains(pattern))
                        .forEach(found::add);
            }
        }
        found.sort(Comparator.comparingLong(Event::time));
        ObjectNode out = Json.object();
        ArrayNode all = out.putArray("events");
        LogPages.of(
                in,
                out,
                found,
                LogPages.EVENTS,
                e ->
                        describe(e, all.addObject())
                                .put("logStreamName", e.stream())
                                .put("eventId", e.id()));
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

    /** A group is named by its name, or by an identifier, which is that or its ARN. */
    private static String groupOf(ObjectNode in) {
        String id = in.path("logGroupName").asText(in.path("logGroupIdentifier").asText());
        return id.startsWith("arn:") ? id.substring(id.lastIndexOf(':') + 1) : id;
    }

    private Group group(ObjectNode in) {
        Group group = state.groups.get(groupOf(in));
        if (group == null) {
            throw AwsError.of(
                    "ResourceNotFoundException", "The specified log group does not exist.");
        }
        return group;
    }
}
