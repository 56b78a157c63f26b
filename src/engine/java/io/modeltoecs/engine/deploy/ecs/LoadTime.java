package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ecs.model.DesiredStatus;
import software.amazon.awssdk.services.ecs.model.Task;

/** How long the loader took in a task that runs now: it says so in the first lines of its log. */
final class LoadTime {
    // resources/serving/model_to_ecs/loader.py
    private static final Pattern LOADED =
            Pattern.compile("model-to-ecs: loaded \\S+ \\(sha256 \\S+\\) in ([0-9.]+) s");

    private LoadTime() {}

    /** Empty where no task runs, or its log can't be read or doesn't say. */
    static Optional<Duration> of(EcsApi ecs, LogTail logs, TaskDefinition.Container container) {
        if (container.awslogs("awslogs-group") == null) {
            return Optional.empty();
        }
        try {
            return ecs.tasks(DesiredStatus.RUNNING).stream()
                    .filter(it -> "RUNNING".equals(it.lastStatus()))
                    .findFirst()
                    .map(Task::taskArn)
                    .flatMap(arn -> in(logs.first(container, Names.last(arn))));
        } catch (StepException | SdkException e) {
            return Optional.empty();
        }
    }

    static Optional<Duration> in(List<String> lines) {
        for (String line : lines) {
            Matcher matcher = LOADED.matcher(line);
            if (matcher.find()) {
                double seconds = Double.parseDouble(matcher.group(1));
                return Optional.of(Duration.ofMillis(Math.round(seconds * 1000)));
            }
        }
        return Optional.empty();
    }
}
