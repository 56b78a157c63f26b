package io.modeltoecs.engine.image;

import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.BuildOptions;
import io.modeltoecs.engine.options.Settings;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** The measurements of bench/image; the script says what is measured. */
final class ImageBench {
    private static final int WARM_UP = 40;
    private static final double LEAST_RATIO = 5;
    private static final long LONGEST_MILLIS = 300;
    private static final String UPLOADS = ".*\"(POST|PATCH) /v2/ours/blobs/uploads.*";

    private final Path work;
    private final String registry;
    private final String base;
    private final Path service;
    private final Map<String, String> environment = new HashMap<>(System.getenv());
    private int commits;

    private ImageBench(Path work, String registry, String base) {
        this.work = work;
        this.registry = registry;
        this.base = base;
        this.service = work.resolve("service");
    }

    public static void main(String[] arguments) throws Exception {
        Path work = Path.of(arguments[0]);
        ImageBench bench = new ImageBench(work, arguments[1], arguments[2]);
        bench.prepare(Path.of(arguments[3]));
        boolean good = bench.measure(Integer.parseInt(arguments[4]));
        System.exit(good ? 0 : 1);
    }

    private void prepare(Path example) throws Exception {
        Files.createDirectories(service);
        try (Stream<Path> files = Files.list(example)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, service.resolve(file.getFileName()));
            }
        }
        command("git", "init", "-q", "-b", "main");
        ServingRuntime.files()
                .forEach((path, bytes) -> write(work.resolve("serving").resolve(path), bytes));
        write(
                service.resolve("Dockerfile"),
                """
                ARG BASE
                FROM $BASE
                RUN mkdir -p /opt/model-to-ecs && cp -r /dependencies /opt/model-to-ecs/site-packages
                COPY serving /opt/model-to-ecs/runtime
                COPY app.py requirements.txt /app/
                ENV PYTHONPATH=/opt/model-to-ecs/runtime:/opt/model-to-ecs/site-packages PORT=8080
                WORKDIR /app
                USER 10001:10001
                ENTRYPOINT ["python3", "-m", "model_to_ecs"]
                """
                        .getBytes());
        Files.move(work.resolve("serving"), service.resolve("serving"));
        change();
        System.err.println("bench/image: the first build of both, without caches");
        ours();
        Path cache = LayerCache.root(environment).resolve("layers");
        try (Stream<Path> layers = Files.list(cache)) {
            Path dependencies =
                    layers.filter(each -> each.toString().endsWith(".tar.gz"))
                            .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
                            .orElseThrow();
            unpack(dependencies, work.resolve("dependencies"));
        }
        theirs();
    }

    private boolean measure(int rounds) throws Exception {
        System.err.println("bench/image: warming up");
        for (int i = 0; i < WARM_UP; i++) {
            change();
            ours();
            ours();
        }
        List<Long> ourSame = new ArrayList<>();
        List<Long> theirSame = new ArrayList<>();
        List<Long> ourChange = new ArrayList<>();
        List<Long> theirChange = new ArrayList<>();
        long uploads = 0;
        int pushed = 0;
        for (int i = 0; i < rounds; i++) {
            System.err.println("bench/image: round " + (i + 1));
            change();
            int[] layers = new int[1];
            ourChange.add(millis(() -> layers[0] = ours()));
            pushed = Math.max(pushed, layers[0]);
            theirChange.add(millis(this::theirs));
            long before = uploads();
            ourSame.add(millis(this::ours));
            uploads += uploads() - before;
            theirSame.add(millis(this::theirs));
        }
        System.out.printf(
                "%n%-12s %26s %26s %8s%n",
                "", "buildServingImage", "buildah build + push", "ratio");
        double same = row("no change", ourSame, theirSame);
        double change = row("code change", ourChange, theirChange);
        System.out.printf(
                "%nblobs uploaded without a change: %d; layers pushed after a change: %d; rounds: %d%n",
                uploads, pushed, rounds);
        boolean good =
                same >= LEAST_RATIO
                        && change >= LEAST_RATIO
                        && median(ourSame) < LONGEST_MILLIS
                        && uploads == 0
                        && pushed == 1;
        System.out.println(
                good ? "holds" : "DOESN'T HOLD: 5 times, under 300 ms, no blob, one layer");
        return good;
    }

    private static double row(String what, List<Long> ours, List<Long> theirs) {
        double ratio = (double) median(theirs) / median(ours);
        System.out.printf("%-12s %26s %26s %8.1f%n", what, figures(ours), figures(theirs), ratio);
        return ratio;
    }

    private static String figures(List<Long> millis) {
        return "%d ms (%d to %d)"
                .formatted(median(millis), Collections.min(millis), Collections.max(millis));
    }

    private static long median(List<Long> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private interface Work {
        void run() throws Exception;
    }

    /** Neither waits for what the other one left to be written to the disk. */
    private long millis(Work work) throws Exception {
        command("sync");
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1_000_000;
    }

    private long uploads() throws IOException {
        try (Stream<String> lines = Files.lines(work.resolve("registry.log"))) {
            return lines.filter(line -> line.matches(UPLOADS)).count();
        }
    }

    /** Another commit of the application. */
    private void change() throws Exception {
        Path app = service.resolve("app.py");
        Files.writeString(app, Files.readString(app) + "\n# change " + ++commits + "\n");
        command("git", "add", "app.py", "requirements.txt");
        command("git", "-c", "user.name=b", "-c", "user.email=b@example.com", "commit", "-qm", "x");
    }

    /** Returns how many layers were pushed. */
    private int ours() throws Exception {
        BuildOptions options =
                BuildOptions.from(
                        Map.of(
                                "repository",
                                "ours",
                                "registry",
                                registry,
                                "base",
                                base,
                                "requirements",
                                "requirements.txt",
                                "tags",
                                List.of("v" + commits)),
                        Settings.of(Map.of(), Map.of()));
        BuildInfo build = new BuildInfo("bench", commits, null, Instant.EPOCH);
        return (int)
                new ServingImage(options, null, build, null, null, line -> {})
                        .run(new ImageBuild(service, environment, null))
                        .get("layersPushed");
    }

    private void theirs() throws Exception {
        String name = registry + "/theirs:v" + commits;
        command(
                "buildah",
                "build",
                "--quiet",
                "--layers",
                "--tls-verify=false",
                "--build-arg",
                "BASE=" + base,
                "--volume",
                work.resolve("dependencies") + ":/dependencies:ro",
                "--tag",
                name,
                ".");
        command("buildah", "push", "--quiet", "--tls-verify=false", name);
    }

    private void command(String... words) throws Exception {
        Command.Outcome outcome = Command.run(List.of(words), service, environment, line -> {});
        if (!outcome.ok()) {
            throw new IllegalStateException(String.join(" ", words) + ": " + outcome.errors());
        }
    }

    private static void write(Path file, byte[] bytes) {
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void unpack(Path layer, Path folder) throws IOException {
        String prefix = Dependencies.FOLDER + "/";
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new GZIPInputStream(Files.newInputStream(layer)))) {
            for (TarArchiveEntry entry = tar.getNextEntry();
                    entry != null;
                    entry = tar.getNextEntry()) {
                if (entry.isFile()) {
                    Path file = folder.resolve(entry.getName().substring(prefix.length()));
                    Files.createDirectories(file.getParent());
                    Files.copy(tar, file);
                }
            }
        }
    }
}
