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

/** Calls of a registry that don't wait for each other. */
final class AtOnce {
    private static final int CALLS = 8;

    private AtOnce() {}

    /**
     * Makes calls, some at a time. When one fails, the others are given up.
     *
     * @return their results, in their order
     */
    static <T> List<T> all(List<Callable<T>> calls) throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(CALLS);
        try {
            List<Future<T>> futures = new ArrayList<>();
            calls.forEach(call -> futures.add(threads.submit(call)));
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StepException told) {
                throw told;
            }
            if (e.getCause() instanceof InterruptedException) {
                throw new InterruptedException();
            }
            throw new IOException("a call of the registry failed: " + e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }
}
