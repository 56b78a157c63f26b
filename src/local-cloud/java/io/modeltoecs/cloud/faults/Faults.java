package io.modeltoecs.cloud.faults;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.state.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The faults that were asked for. They are forgotten when the cloud stops. FAULTS.md says what each
 * does.
 */
public final class Faults {
    private static final int SERVER_ERROR = 500;
    private static final String SERVICE = "service:";
    private static final int FORBIDDEN = 403;
    private static final String NO_CAPACITY =
            "Capacity is unavailable at this time. Please try again later or in a different"
                    + " availability zone.";

    private final List<Fault> all = new ArrayList<>();
    private int last;

    /**
     * Adds a fault.
     *
     * @throws AwsError where it is not understood; nothing is added then
     */
    synchronized ObjectNode add(ObjectNode request) {
        Kind kind = FaultRules.check(request);
        Fault fault = new Fault(Integer.toString(++last), kind, request);
        all.add(fault);
        return fault.json();
    }

    synchronized ArrayNode list() {
        ArrayNode list = Json.array();
        all.forEach(f -> list.add(f.json()));
        return list;
    }

    /** Takes a fault back. */
    synchronized boolean remove(String id) {
        return all.removeIf(f -> f.id().equals(id));
    }

    synchronized void clear() {
        all.clear();
    }

    /**
     * What befalls a call: the delays of all faults that are about it, and the first refusal.
     *
     * @param service the name of the service in IAM actions, e.g. {@code ecs}
     */
    public synchronized CallFault call(String service, String action) {
        CallFault sum = CallFault.NONE;
        for (Fault fault : all) {
            if (fault.kind().concernsCalls() && fault.concerns(service, action)) {
                if (fault.kind() == Kind.DELAY && fault.act()) {
                    long delay = sum.delayMillis() + fault.number("milliseconds", 0);
                    sum = new CallFault(delay, sum.error(), sum.afterwards());
                } else if (fault.kind() != Kind.DELAY && sum.error() == null && fault.act()) {
                    AwsError error = error(fault, service, action);
                    sum = new CallFault(sum.delayMillis(), error, fault.flag("afterwards"));
                }
            }
        }
        return sum;
    }

    private static AwsError error(Fault fault, String service, String action) {
        boolean s3 = service.equals("s3");
        boolean query = service.equals("elasticloadbalancing") || service.equals("sts");
        return switch (fault.kind()) {
            case THROTTLE ->
                    s3
                            ? AwsError.of(503, "SlowDown", "Please reduce your request rate.")
                            : AwsError.of(
                                    query ? "Throttling" : "ThrottlingException", "Rate exceeded");
            case DENY -> denied(s3 || query, service, action);
            default ->
                    AwsError.of(
                            fault.number("status", SERVER_ERROR),
                            fault.text("code", s3 ? "InternalError" : "ServerException"),
                            fault.text("message", "Service Unavailable. Please try again later."));
        };
    }

    private static AwsError denied(boolean xml, String service, String action) {
        String message =
                "User: arn:aws:iam::"
                        + Arns.ACCOUNT
                        + ":user/local is not authorized to perform: "
                        + service
                        + ":"
                        + action
                        + " on resource: * because no identity-based policy allows the "
                        + service
                        + ":"
                        + action
                        + " action";
        return xml
                ? AwsError.of(FORBIDDEN, "AccessDenied", message)
                : AwsError.of("AccessDeniedException", message);
    }

    /**
     * Why a task can't be placed, as follows {@code was unable to place a task. Reason: }.
     *
     * @param group {@code service:NAME} where it is a service's
     */
    public Optional<String> noCapacity(String cluster, String group) {
        String service = group.startsWith(SERVICE) ? group.substring(SERVICE.length()) : null;
        return first(Kind.NO_CAPACITY, new Subject(cluster, service, null, null))
                .map(f -> f.text("message", NO_CAPACITY));
    }

    /** Why a task's image can't be pulled, as follows {@code CannotPullContainerError: }. */
    public Optional<String> pullFailure(Subject task, String image) {
        return first(Kind.PULL_FAILS, task)
                .map(f -> f.text("message", PullReason.of(f.text("reason", "")).text(image)));
    }

    /** How much longer than it needs a task takes to start, in seconds. */
    public int slowStart(Subject task) {
        return first(Kind.SLOW_START, task).map(f -> f.number("seconds", 0)).orElse(0);
    }

    private synchronized Optional<Fault> first(Kind kind, Subject subject) {
        Predicate<Fault> concerns = f -> f.kind() == kind && f.concerns(subject) && f.act();
        return all.stream().filter(concerns).findFirst();
    }

    /** Whether a fault of running tasks is there. */
    public synchronized boolean concernRunningTasks() {
        return all.stream().anyMatch(f -> of(f.kind()).isPresent());
    }

    /**
     * What befalls a running task now; each fault befalls it once.
     *
     * @param seconds how long it has been running
     */
    public synchronized List<TaskFault> running(Subject task, long seconds) {
        List<TaskFault> due = new ArrayList<>();
        for (Fault fault : all) {
            Optional<TaskFault.What> what = of(fault.kind());
            if (what.isPresent()
                    && fault.concerns(task)
                    && seconds >= fault.number("afterSeconds", 0)
                    && fault.actOnce(task.task())) {
                due.add(
                        new TaskFault(
                                what.get(),
                                fault.text("container", ""),
                                fault.number("exitCode", 1)));
            }
        }
        return due;
    }

    private static Optional<TaskFault.What> of(Kind kind) {
        return switch (kind) {
            case EXITS -> Optional.of(TaskFault.What.EXITS);
            case HANGS -> Optional.of(TaskFault.What.HANGS);
            case OUT_OF_MEMORY -> Optional.of(TaskFault.What.OUT_OF_MEMORY);
            case UNHEALTHY -> Optional.of(TaskFault.What.UNHEALTHY);
            case VANISHES -> Optional.of(TaskFault.What.VANISHES);
            default -> Optional.empty();
        };
    }
}
