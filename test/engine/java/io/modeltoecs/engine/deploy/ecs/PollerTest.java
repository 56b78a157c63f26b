package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.aws.AwsKeys;
import io.modeltoecs.engine.deploy.ecs.Shared.Look;
import io.modeltoecs.engine.options.AwsOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.exception.SdkClientException;

/** How often AWS is asked, by how many rollouts, on a clock that stands still between them. */
class PollerTest {
    private static final Duration PACE = Duration.ofMillis(600);

    private final Run.TestClock clock = new Run.TestClock();
    private final long start = clock.millis();
    private final Budget budget = new Budget(clock);
    private final Shared<Long> shared = new Shared<>(10, budget, clock);

    /** The names of each call, and when it was made. */
    private final List<List<String>> calls = new ArrayList<>();

    private final List<Long> times = new ArrayList<>();

    /** A fact of each thing is the time at which it was asked for. */
    private Map<String, Long> ask(List<String> names) {
        calls.add(names);
        times.add(clock.millis());
        Map<String, Long> answer = new HashMap<>();
        names.forEach(it -> answer.put(it, clock.millis()));
        return answer;
    }

    /** One that looks again and again, at its own pace. */
    private final class Watcher {
        final String name;
        long due;
        long seen;
        long longest;

        Watcher(String name, long due) {
            this.name = name;
            this.due = due;
            this.seen = due;
        }

        void look() {
            Look<Long> look = shared.look(name, seen, PollerTest.this::ask);
            Duration pause = look.later();
            if (pause == null) {
                longest = Math.max(longest, clock.millis() - seen);
                seen = look.asked();
                pause = shared.next(name, seen, PACE);
            }
            due = clock.millis() + Math.max(1, pause.toMillis());
        }
    }

    private List<Watcher> watch(int watchers, Duration time) {
        List<Watcher> all = new ArrayList<>();
        PriorityQueue<Watcher> queue =
                new PriorityQueue<>((a, b) -> Long.compare(a.due, b.due));
        for (int i = 0; i < watchers; i++) {
            all.add(new Watcher("service-" + i, start + 37L * i));
        }
        queue.addAll(all);
        while (queue.peek().due < start + time.toMillis()) {
            Watcher next = queue.poll();
            clock.pass(Duration.ofMillis(Math.max(0, next.due - clock.millis())));
            next.look();
            queue.add(next);
        }
        return all;
    }

    @ParameterizedTest
    @CsvSource({"1, 1000", "2, 1000", "10, 1000", "50, 4000", "200, 14000"})
    void asksTwiceASecondAtMostHoweverManyWatchAndForgetsNobody(int watchers, long longest) {
        List<Watcher> all = watch(watchers, Duration.ofMinutes(5));

        assertThat(calls).allMatch(it -> it.size() <= 10);
        for (int i = 0; i < times.size(); i++) {
            long from = times.get(i);
            long tenSeconds = times.stream().filter(it -> it >= from && it < from + 10_000).count();
            assertThat(tenSeconds).isLessThanOrEqualTo(20 + 4);
        }
        assertThat(times.size()).isLessThanOrEqualTo(2 * 300 + 4);
        assertThat(all).allMatch(it -> it.longest <= longest);
    }

    @Test
    void whoeverIsDueAsksForTheOthers() {
        List<Watcher> all = watch(10, Duration.ofMinutes(1));

        assertThat(all).hasSize(10);
        // about one call for all in each 600 ms, not one for each
        assertThat(calls.size()).isLessThan(110);
        assertThat(calls.get(calls.size() - 1)).hasSize(10);
    }

    @Test
    void whatWasAskedForBeforeIsNoNews() {
        shared.look("a", 0, this::ask);
        clock.pass(Duration.ofSeconds(1));

        Look<Long> look = shared.look("a", clock.millis() - 500, this::ask);

        assertThat(look.value()).isEqualTo(clock.millis());
        assertThat(calls).hasSize(2);
    }

    @Test
    void aCallThatFailsIsAskedAgainByWhoeverComesNext() {
        assertThatThrownBy(
                        () ->
                                shared.look(
                                        "a",
                                        0,
                                        names -> {
                                            throw SdkClientException.create("unreachable");
                                        }))
                .isInstanceOf(SdkClientException.class);

        assertThat(shared.look("a", 0, this::ask).value()).isNotNull();
    }

    @Test
    void whatIsAskedNowAndThenLeavesTheRestToTheWatching() {
        assertThat(budget.spare(2)).isTrue();
        assertThat(budget.spare(2)).isFalse();
        assertThat(budget.take()).isTrue();
    }

    @Test
    void thoseWhoAskAsOthersShareNothing() {
        Pollers pollers = new Pollers(clock);
        Poller one = pollers.of(access("key", "secret"), "demo");

        assertThat(pollers.of(access("key", "secret"), "arn:aws:ecs:us-east-1:1:cluster/demo"))
                .isSameAs(one);
        assertThat(pollers.of(access("key", "other"), "demo")).isNotSameAs(one);
        assertThat(pollers.of(access("key", "secret"), "other")).isNotSameAs(one);
    }

    private static AwsAccess access(String key, String secret) {
        AwsOptions options =
                new AwsOptions(null, "models", "us-east-1", null, null, null, "http://127.0.0.1:1");
        return new AwsAccess(options, new AwsKeys(key, secret, null), false);
    }
}
