package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Calls of registries and programs that don't wait for each other; closing gives them up. */
final class AtOnce implements AutoCloseable {
    private static final int CALLS = 8;

    private final ExecutorService threads = Executors.newFixedThreadPool(CALLS);

    /** A call that was begun. */
    @FunctionalInterface
    interface Begun<T> {
        /** Waits for its result. */
        T result() throws IOException, InterruptedException;
    }

    <T> Begun<T> begin(Callable<T> call) {
        Future<T> future = threads.submit(call);
        return () -> result(future);
    }

    private static <T> T result(Future<T> future) throws IOException, InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StepException told) {
                throw told;
            }
            if (e.getCause() instanceof InterruptedException) {
                throw new InterruptedException();
            }
            // without its cause: the error may cross to a controller, which types of a library may
            // not
            throw new IOException("a call failed: " + e.getCause());
        }
    }

    /**
     * Makes calls, some at a time. When one fails, the others are given up.
     *
     * @return their results, in their order
     */
    static <T> List<T> all(List<Callable<T>> calls) throws IOException, InterruptedException {
        try (AtOnce atOnce = new AtOnce()) {
            List<Begun<T>> begun = calls.stream().map(atOnce::begin).toList();
            List<T> results = new ArrayList<>();
            for (Begun<T> each : begun) {
                results.add(each.result());
            }
            return results;
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
