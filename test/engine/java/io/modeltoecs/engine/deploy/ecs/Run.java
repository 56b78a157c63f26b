package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.aws.AwsKeys;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.deploy.RolloutState;
import io.modeltoecs.engine.options.DeployOptions;
import io.modeltoecs.engine.options.RollbackEcsOptions;
import io.modeltoecs.engine.options.Settings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A step as a controller runs it: the state is stored and read again before each look. Its clock
 * goes by what {@code advance} asks to wait.
 */
final class Run {
    private static final int MOST_LOOKS = 5000;

    final List<String> said = new ArrayList<>();
    final TestClock clock;
    RolloutState state;
    int looks;
    private String key = "key";

    private final Function<Run, Step> make;
    private Step step;

    private record Step(AwsAccess access, DeploymentTarget target) {
        void close() {
            access.close();
        }
    }

    private final Pollers pollers;

    private Run(Pollers pollers, Function<Run, Step> make) {
        this.pollers = pollers;
        this.clock = (TestClock) pollers.clock();
        this.make = make;
    }

    static Run deploy(FakeAws aws, Map<String, ?> arguments, String spec) {
        return deploy(aws, arguments, spec, new Pollers(new TestClock()));
    }

    /** One of several in a JVM, with the clock of all of them. */
    static Run deploy(FakeAws aws, Map<String, ?> arguments, Pollers pollers) {
        return deploy(aws, arguments, null, pollers);
    }

    private static Run deploy(
            FakeAws aws, Map<String, ?> arguments, String spec, Pollers pollers) {
        Map<String, Object> all = new LinkedHashMap<>(defaults());
        all.putAll(arguments);
        Settings settings = settings(aws);
        DeployOptions options = DeployOptions.from(all, settings);
        return new Run(
                pollers,
                run -> {
                    AwsAccess access =
                            new AwsAccess(options.aws(), new AwsKeys(run.key, "secret", null), false);
                    return new Step(
                            access,
                            EcsDeployment.of(
                                    options,
                                    access,
                                    settings,
                                    spec,
                                    id -> "Bearer of-" + id,
                                    run.said::add,
                                    run.pollers));
                });
    }

    static Run deploy(FakeAws aws, Map<String, ?> arguments) {
        return deploy(aws, arguments, (String) null);
    }

    static Run rollback(FakeAws aws, Map<String, ?> arguments) {
        Map<String, Object> all = new LinkedHashMap<>(defaults());
        all.putAll(arguments);
        RollbackEcsOptions options = RollbackEcsOptions.from(all, settings(aws));
        return new Run(
                new Pollers(new TestClock()),
                run -> {
                    AwsAccess access =
                            new AwsAccess(options.aws(), new AwsKeys(run.key, "secret", null), false);
                    return new Step(
                            access, RollbackEcs.of(options, access, run.said::add, run.pollers));
                });
    }

    /** Clients as a step has them. */
    static AwsAccess access(FakeAws aws) {
        DeployOptions options =
                DeployOptions.from(
                        Map.of("cluster", "demo", "service", "iris", "force", true), settings(aws));
        return new AwsAccess(options.aws(), new AwsKeys("key", "secret", null), false);
    }

    private static Map<String, Object> defaults() {
        return Map.of("cluster", "demo", "service", "iris");
    }

    private static Settings settings(FakeAws aws) {
        return Settings.of(
                Map.of("bucket", "models", "region", "us-east-1", "endpoint", aws.endpoint()),
                Map.of("CPU", "256", "QUOTED", "a \"b\" c"));
    }

    Run begin() {
        state = step().target().begin();
        return this;
    }

    /** Looks once; whether it has ended. */
    boolean look() {
        looks++;
        state = stored(state);
        Optional<Duration> wait = step().target().advance(state);
        wait.ifPresent(clock::pass);
        return wait.isEmpty();
    }

    /** Looks once, and forgets it: the controller dies before it has stored the state. */
    void lookAndDie() {
        RolloutState before = stored(state);
        look();
        state = before;
        step.close();
        step = null;
    }

    /** Goes on with other keys, as a controller does that reads its credentials again. */
    void renew(String other) {
        step.close();
        step = null;
        key = other;
    }

    void abort() {
        step().target().abort(state);
    }

    /** To the end. */
    Map<String, Object> toEnd() {
        while (!look()) {
            if (looks > MOST_LOOKS) {
                throw new AssertionError("it doesn't end: " + said);
            }
        }
        return state.result();
    }

    Map<String, Object> all() {
        return begin().toEnd();
    }

    private Step step() {
        if (step == null) {
            step = make.apply(this);
        }
        return step;
    }

    static RolloutState stored(RolloutState state) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(state);
            }
            return (RolloutState)
                    new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))
                            .readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    static final class TestClock extends Clock {
        private Instant now = Instant.parse("2026-11-23T10:15:00Z");

        void pass(Duration time) {
            now = now.plus(time);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
