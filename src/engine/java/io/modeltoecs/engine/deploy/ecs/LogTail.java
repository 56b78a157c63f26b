package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.aws.AwsAccess;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.cloudwatchlogs.model.GetLogEventsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.OutputLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.ResourceNotFoundException;

/** The last lines that a container wrote, from CloudWatch Logs. */
final class LogTail {
    private static final int LINES = 50;

    private static final int FIRST = 100;

    private final AwsAccess access;

    LogTail(AwsAccess access) {
        this.access = access;
    }

    /**
     * The lines, oldest first; one that says why where there are none; empty if the container
     * doesn't log there.
     */
    List<String> of(TaskDefinition.Container container, String taskId) {
        return lines(container, taskId, it -> it.limit(LINES));
    }

    /** The first lines instead. */
    List<String> first(TaskDefinition.Container container, String taskId) {
        return lines(container, taskId, it -> it.limit(FIRST).startFromHead(true));
    }

    /** Lines as an error shows them; empty where there are none. */
    static String quoted(List<String> lines) {
        return lines.isEmpty()
                ? ""
                : lines.stream()
                        .map(line -> "\n    | " + line)
                        .collect(Collectors.joining("", "\n  its last log lines:", ""));
    }

    private List<String> lines(
            TaskDefinition.Container container,
            String taskId,
            Consumer<GetLogEventsRequest.Builder> which) {
        String group = container.awslogs("awslogs-group");
        String prefix = container.awslogs("awslogs-stream-prefix");
        if (group == null || prefix == null) {
            return List.of();
        }
        String stream = prefix + "/" + container.name() + "/" + taskId;
        try (CloudWatchLogsClient logs = access.logs()) {
            List<String> lines =
                    logs
                            .getLogEvents(
                                    it ->
                                            it.applyMutation(which)
                                                    .logGroupName(group)
                                                    .logStreamName(stream))
                            .events()
                            .stream()
                            .map(OutputLogEvent::message)
                            .map(String::stripTrailing)
                            .toList();
            return lines.isEmpty() ? List.of("(nothing in " + group + "/" + stream + ")") : lines;
        } catch (ResourceNotFoundException e) {
            // it has never run, or has never written a line
            return List.of();
        } catch (AwsServiceException e) {
            String why =
                    AwsCall.denied(e) ? "access denied to logs:GetLogEvents" : AwsCall.message(e);
            return List.of("(its log can't be read: " + why + ")");
        } catch (SdkException e) {
            return List.of("(its log can't be read: " + e.getMessage() + ")");
        }
    }
}
