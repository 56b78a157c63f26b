package io.modeltoecs.cloud.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.cloud.CloudFixture;
import io.modeltoecs.cloud.engine.ContainerSpec;
import io.modeltoecs.cloud.engine.ContainerState;
import io.modeltoecs.cloud.engine.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Programs of a real image as plain processes, by chroot or by the bubblewrap that a property names:
 * test/long/processes, as it copies much.
 */
@EnabledIfSystemProperty(named = "long", matches = "true")
@ExtendWith(CloudFixture.class)
class ProcessContainersTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String WAITS =
            "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(3)); print('up', flush=True); time.sleep(600)";
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final Optional<String> BUBBLEWRAP =
            Optional.ofNullable(System.getProperty("bubblewrap"));
    private static final int CAP_SYS_ADMIN = 21;
    private static Path folder;
    private static ProcessContainers containers;
    private static String image;

    @BeforeAll
    static void fetch() throws IOException {
        Assumptions.assumeTrue(
                BUBBLEWRAP.isPresent()
                        || Integer.valueOf(0)
                                .equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
                "chroot needs root");
        folder = Files.createTempDirectory("process-containers");
        containers = fresh();
        image = CloudFixture.environment().get("BASE_IMAGE");
        containers.pull(image);
    }

    private static ProcessContainers fresh() {
        return new ProcessContainers(
                folder, CloudFixture.cloud().images(), "python3", BUBBLEWRAP);
    }

    @AfterAll
    static void remove() throws IOException {
        if (containers != null) {
            containers.remove(containers.containers());
            Trees.delete(folder);
        }
    }

    @Test
    void aProgramRunsInItsImageAsTheDefinitionSays() throws IOException {
        String program =
                """
                import os, sys
                print(os.getuid(), os.getgid(), os.getcwd(), os.environ['COLOUR'], os.environ['PORT'])
                print(os.path.exists('%s'), os.path.exists('/etc/debian_version'))
                open('/tmp/own', 'w').write('x')
                print('no newline', end='')
                sys.exit(42)
                """
                        .formatted(folder);
        String id =
                containers.run(
                        spec("one", "10001:10002", "/tmp", List.of("23456/tcp"), "python3", "-c", program));
        ContainerState ended = ended(id);
        assertThat(ended.exitCode()).isEqualTo(42);
        assertThat(ended.ports()).containsOnlyKeys("23456/tcp");
        String port = ended.ports().get("23456/tcp").toString();
        Path log = folder.resolve("copied");
        containers.logs(id, log);
        assertThat(Files.readAllLines(log))
                .allMatch(l -> l.matches("\\d{4}-\\d\\d-\\d\\dT[\\d:.]+\\+00:00 .*"))
                .extracting(l -> l.substring(l.indexOf(' ') + 1))
                .containsExactly("10001 10002 /tmp blue green " + port, "False True", "no newline");
        // Another container of the image doesn't see what this one wrote.
        String other = containers.run(spec("two", null, null, List.of(), "test", "-e", "/tmp/own"));
        assertThat(ended(other).exitCode()).isEqualTo(1);
        containers.remove(List.of(id, other));
        assertThat(containers.inspect(id)).isEmpty();
    }

    @Test
    void aRootIsReadOnlyWhereThisUserMayMountAndVolumesAreWritable() throws IOException {
        ContainerSpec writes =
                spec("ro", null, null, List.of(), "sh", "-c", "touch /volume/x || exit 3; touch /x");
        String id =
                containers.run(
                        new ContainerSpec(
                                writes.name(),
                                writes.image(),
                                writes.labels(),
                                List.of(),
                                List.of(),
                                Map.of(),
                                null,
                                null,
                                true,
                                List.of("/volume"),
                                List.of(),
                                null,
                                writes.command()));
        boolean readOnly = BUBBLEWRAP.isPresent() || mayMount();
        assertThat(ended(id).exitCode()).isEqualTo(readOnly ? 1 : 0);
        containers.remove(List.of(id));
    }

    private static boolean mayMount() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(l -> l.startsWith("CapEff:"))
                .anyMatch(l -> (Long.parseLong(l.substring(7).strip(), 16) >> CAP_SYS_ADMIN & 1) == 1);
    }

    @Test
    void whatCannotBeStartedSaysWhy() {
        assertThatThrownBy(() -> containers.run(spec("bad", null, null, List.of(), "no-such-command")))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("\"no-such-command\": executable file not found");
        assertThatThrownBy(() -> containers.run(spec("bad", "nobody-knows", null, List.of(), "true")))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("unable to find user nobody-knows");
        assertThat(containers.inspect("bad")).isEmpty();
    }

    @Test
    void sigtermIsHeardAndWhatDoesNotHearItIsKilledWithAllItStarted() {
        String hears = containers.run(spec("hears", null, null, List.of(), "python3", "-c", WAITS));
        awaitUp(hears);
        containers.stop(hears, 30);
        assertThat(ended(hears).exitCode()).isEqualTo(3);
        String deaf =
                containers.run(
                        spec(
                                "deaf",
                                null,
                                null,
                                List.of(),
                                "sh",
                                "-c",
                                "trap '' TERM; (setsid sleep 98765 &); echo up; sleep 98765 & wait; sleep 98765"));
        awaitUp(deaf);
        containers.stop(deaf, 1);
        assertThat(ended(deaf).exitCode()).isEqualTo(137);
        await(() -> ProcessHandle.allProcesses().noneMatch(ProcessContainersTest::isSleeper));
    }

    private static boolean isSleeper(ProcessHandle process) {
        return process.info().commandLine().orElse("").endsWith("sleep 98765");
    }

    @Test
    void twoOfOneImageListenOnPortsOfTheirOwnAndAreAskedThere() {
        String serves =
                "import os, http.server as h; h.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), h.SimpleHTTPRequestHandler).serve_forever()";
        String ask = "import urllib.request as r; r.urlopen('http://localhost:23457/')";
        List<String> ids =
                List.of(
                        containers.run(spec("a", null, null, List.of("23457/tcp"), "python3", "-c", serves)),
                        containers.run(spec("b", null, null, List.of("23457/tcp"), "python3", "-c", serves)));
        assertThat(ids)
                .extracting(i -> containers.inspect(i).orElseThrow().ports().get("23457/tcp"))
                .doesNotHaveDuplicates();
        for (String id : ids) {
            await(() -> containers.exec(id, List.of("python3", "-c", ask), LIMIT).ok());
        }
        containers.kill(ids.get(0));
        assertThat(ended(ids.get(0)).exitCode()).isEqualTo(137);
        assertThat(containers.exec(ids.get(1), List.of("python3", "-c", ask), LIMIT).ok()).isTrue();
        containers.remove(ids);
    }

    @Test
    void theNextProcessFindsThemAsTheyAre() {
        String runs = containers.run(spec("runs", null, null, List.of(), "python3", "-c", WAITS));
        String ends = containers.run(spec("ends", null, null, List.of(), "sh", "-c", "exit 7"));
        ended(ends);
        awaitUp(runs);
        ProcessContainers next = fresh();
        assertThat(next.running()).contains(runs).doesNotContain(ends);
        assertThat(next.labelled("label")).contains(runs, ends);
        assertThat(next.inspect(ends).orElseThrow().exitCode()).isEqualTo(7);
        next.freeze(runs);
        next.stop(runs, 1);
        assertThat(ended(runs).exitCode()).isEqualTo(137);
        next.remove(List.of(runs, ends));
    }

    private static void awaitUp(String id) {
        Path log = folder.resolve("log-" + id);
        await(
                () -> {
                    containers.logs(id, log);
                    try {
                        return Files.exists(log) && Files.readString(log).contains("up");
                    } catch (IOException e) {
                        return false;
                    }
                });
    }

    private static ContainerState ended(String id) {
        await(() -> !containers.inspect(id).orElseThrow().running());
        return containers.inspect(id).orElseThrow();
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static ContainerSpec spec(
            String name, String user, String directory, List<String> ports, String... command) {
        return new ContainerSpec(
                name,
                image,
                Map.of("label", "x"),
                List.of(),
                ports,
                Map.of("COLOUR", "blue green"),
                user,
                directory,
                false,
                List.of(),
                List.of(),
                null,
                List.of(command));
    }
}
