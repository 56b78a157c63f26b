package io.modeltoecs.cloud.ecs;

import java.time.Instant;
import java.time.InstantSource;

/** A clock that stands still until it is set. */
final class ManualClock implements InstantSource {
    private long millis = Instant.parse("2026-07-01T12:00:00Z").toEpochMilli();

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis);
    }

    @Override
    public long millis() {
        return millis;
    }

    void set(long newMillis) {
        millis = newMillis;
    }
}
