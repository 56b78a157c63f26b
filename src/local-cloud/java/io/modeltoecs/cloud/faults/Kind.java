package io.modeltoecs.cloud.faults;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What can be made to go wrong. */
enum Kind {
    THROTTLE(Scope.CALLS, Set.of()),
    DELAY(Scope.CALLS, Set.of("milliseconds")),
    FAIL(Scope.CALLS, Set.of("code", "message", "status", "afterwards")),
    DENY(Scope.CALLS, Set.of()),
    PULL_FAILS(Scope.TASKS, Set.of("reason", "message")),
    SLOW_START(Scope.TASKS, Set.of("seconds")),
    NO_CAPACITY(Scope.TASKS, Set.of("message")),
    EXITS(Scope.TASKS, Set.of("afterSeconds", "exitCode", "container")),
    HANGS(Scope.TASKS, Set.of("afterSeconds", "container")),
    OUT_OF_MEMORY(Scope.TASKS, Set.of("afterSeconds", "container")),
    UNHEALTHY(Scope.TASKS, Set.of("afterSeconds")),
    VANISHES(Scope.TASKS, Set.of("afterSeconds"));

    /** What a fault chooses among, with the members that do. */
    enum Scope {
        CALLS(Set.of("action")),
        TASKS(Set.of("cluster", "service", "family", "taskDefinition", "task"));

        private final Set<String> members;

        Scope(Set<String> members) {
            this.members = members;
        }
    }

    private static final Set<String> COMMON = Set.of("fault", "share", "times");

    private final Scope scope;
    private final Set<String> own;

    Kind(Scope scope, Set<String> own) {
        this.scope = scope;
        this.own = own;
    }

    /** Its name in a request: {@code pull-fails}. */
    String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<Kind> of(String text) {
        return Arrays.stream(values()).filter(k -> k.text().equals(text)).findFirst();
    }

    static String all() {
        return Arrays.stream(values()).map(Kind::text).collect(Collectors.joining(", "));
    }

    boolean concernsCalls() {
        return scope == Scope.CALLS;
    }

    /** The members that a request of this kind may have. */
    Set<String> members() {
        Set<String> all = new TreeSet<>(COMMON);
        all.addAll(scope.members);
        all.addAll(own);
        return all;
    }
}
