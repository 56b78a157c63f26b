package io.modeltoecs.cloud.ecs;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the controller costs with many services, with tasks in name only. Run by bench/local-ecs;
 * prints tab-separated figures.
 */
final class SchedulingBench {
    private static final int[] SIZES = {20, 200};
    private static final int TASKS = 5;
    private static final int[] CHANGED = {0, 1, 10};
    private static final int ROUNDS = 200;

    private SchedulingBench() {}

    public static void main(String[] args) throws IOException {
        System.out.println("services\ttasks\tchanged\tmedian_round_ms");
        for (int services : SIZES) {
            Path folder = Files.createTempDirectory(Path.of(args[0]), "bench-");
            Simulation cloud = new Simulation(folder);
            String definition = cloud.register("app", "v1", "");
            for (int i = 0; i < services; i++) {
                cloud.call(
                        "CreateService",
                        """
                        {"serviceName": "s%d", "taskDefinition": "%s", "desiredCount": %d}
                        """
                                .formatted(i, definition, TASKS));
            }
            cloud.advance(60);
            for (int changed : CHANGED) {
                double[] millis = new double[ROUNDS];
                for (int round = -ROUNDS; round < ROUNDS; round++) {
                    cloud.store.with(() -> wake(cloud, changed));
                    long start = System.nanoTime();
                    cloud.round();
                    millis[Math.max(0, round)] = (System.nanoTime() - start) / 1e6;
                }
                System.out.printf(
                        "%d\t%d\t%d\t%.3f%n",
                        services, cloud.store.tasks().size(), changed, median(millis));
            }
            if (services == SIZES[SIZES.length - 1]) {
                describe(cloud);
                memory();
            }
            // It counts for the memory to the end.
            Reference.reachabilityFence(cloud);
        }
    }

    /** What is in use after a collection, and what the process has of the machine's memory. */
    private static void memory() throws IOException {
        System.gc();
        System.out.printf(
                "heap_after_gc_mb\t%d%n",
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20);
        try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
            status.filter(l -> l.startsWith("VmRSS") || l.startsWith("VmHWM"))
                    .map(l -> l.replaceAll("\\s+", " "))
                    .forEach(System.out::println);
        }
    }

    /** Changes services so that each is kept and looked at. */
    private static void wake(Simulation cloud, int count) {
        for (int i = 0; i < count; i++) {
            cloud.store.changed(
                    cloud.store.state().clusters.get("default").services.get("s" + i));
        }
    }

    private static void describe(Simulation cloud) {
        String names =
                IntStream.range(0, 10)
                        .mapToObj(i -> "\"s" + i + "\"")
                        .collect(Collectors.joining(","));
        double[] millis = new double[ROUNDS];
        for (int i = -ROUNDS; i < ROUNDS; i++) {
            long start = System.nanoTime();
            cloud.call("DescribeServices", "{\"services\": [" + names + "]}").toString();
            millis[Math.max(0, i)] = (System.nanoTime() - start) / 1e6;
        }
        System.out.printf("describe_services_of_10_median_ms\t%.3f%n", median(millis));
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
