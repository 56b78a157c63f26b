package io.modeltoecs.cloud.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import io.modeltoecs.cloud.engine.ContainerState;
import io.modeltoecs.cloud.state.StateFile;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ends of containers are noticed. */
class ContainerWatcherTest {
    @TempDir Path folder;

    private final AtomicInteger gone = new AtomicInteger();

    @Test
    void aProcessThatHasEndedIsSeenBeforeItsParentAsksForIt() throws Exception {
        // the parent becomes a program that never does
        Process parent =
                new ProcessBuilder("sh", "-c", "sleep 300 & echo $!; exec sleep 300").start();
        EcsStore store =
                new EcsStore(new StateFile(folder.resolve("ecs.json")), InstantSource.system());
        try (BufferedReader out = new BufferedReader(new InputStreamReader(parent.getInputStream()));
                ContainerWatcher watcher = new ContainerWatcher(store, null, new Gone())) {
            ProcessHandle child = ProcessHandle.of(Long.parseLong(out.readLine())).orElseThrow();
            watcher.watch(null, null, child.pid());
            watcher.connectionEnded();
            assertThat(gone).hasValue(0);
            child.destroyForcibly();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (gone.get() == 0 && System.nanoTime() < end) {
                watcher.connectionEnded();
            }
            assertThat(Path.of("/proc", Long.toString(child.pid()))).exists();
            watcher.connectionEnded();
            assertThat(gone).hasValue(1);
        } finally {
            parent.destroyForcibly();
        }
    }

    private final class Gone implements ContainerWatcher.Ends {
        @Override
        public void processGone(Task task, TaskContainer container) {
            gone.incrementAndGet();
        }

        @Override
        public void ended(Task task, TaskContainer container, ContainerState state) {
            throw new AssertionError("no engine was asked");
        }

        @Override
        public void vanished(Task task, TaskContainer container) {
            throw new AssertionError("no engine was asked");
        }
    }
}
