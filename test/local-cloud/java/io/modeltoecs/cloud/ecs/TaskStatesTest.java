package io.modeltoecs.cloud.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.Keys;
import io.modeltoecs.cloud.elb.TargetGroups;
import io.modeltoecs.cloud.engine.ContainerState;
import io.modeltoecs.cloud.engine.Containers;
import io.modeltoecs.cloud.faults.Faults;
import io.modeltoecs.cloud.logs.LogsApi;
import io.modeltoecs.cloud.logs.TaskLogs;
import io.modeltoecs.cloud.registry.Registry;
import io.modeltoecs.cloud.secrets.ParametersApi;
import io.modeltoecs.cloud.secrets.SecretsApi;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The states of a task, at each thing that is asked of an engine that only says yes. */
class TaskStatesTest {
    @TempDir Path folder;
    private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    private Task task;

    private StateFile file(String name) {
        return new StateFile(folder.resolve(name));
    }

    private Object answer(String method) {
        if (List.of("hasImage", "run", "stop", "removeVolume").contains(method)) {
            seen.add(method + " " + task.lastStatus);
        }
        return switch (method) {
            case "run" -> "1";
            case "hasImage" -> true;
            case "repositoryDigest" -> Optional.of("sha256:1");
            case "inspect" ->
                    Optional.of(new ContainerState("1", true, 143, false, 0, Map.of()));
            case "running", "labelled", "containers" -> List.of("1");
            case "events" -> Optional.empty();
            default -> null;
        };
    }

    private TaskRunner runner(EcsStore store) throws Exception {
        Containers engine =
                (Containers)
                        Proxy.newProxyInstance(
                                Containers.class.getClassLoader(),
                                new Class<?>[] {Containers.class},
                                (proxy, method, arguments) -> answer(method.getName()));
        TaskLogs taskLogs = new TaskLogs(engine, folder.resolve("logs"));
        TaskRunner runner =
                new TaskRunner(
                        store,
                        engine,
                        new Images(engine, Registry.prepare(folder.resolve("registry"), 1)),
                        new ContainerSettings("test", new Keys("a", "b"), false),
                        new TargetGroups(),
                        new LogsApi(taskLogs, file("logs.json")),
                        taskLogs,
                        new ContainerHealth(store, engine),
                        new TaskRunner.Place(List.of(), "http://localhost", null),
                        new Faults(),
                        new TaskSecrets(
                                new SecretsApi(file("secrets.json")),
                                new ParametersApi(file("parameters.json"))));
        runner.setListener(
                new TaskRuntime.Listener() {
                    @Override
                    public void running(Task one) {
                        seen.add("running " + one.lastStatus);
                    }

                    @Override
                    public void resumed(Task one) {}

                    @Override
                    public void healthChanged(Task one) {}

                    @Override
                    public void stopped(Task one) {
                        seen.add("stopped " + one.lastStatus);
                    }
                });
        return runner;
    }

    private void assertNext(String... expected) throws InterruptedException {
        for (String one : expected) {
            assertThat(seen.poll(30, TimeUnit.SECONDS)).isEqualTo(one);
        }
    }

    private void lives(String networkMode, String first, String last) throws Exception {
        ObjectNode definition = Json.object().put("networkMode", networkMode);
        definition
                .putArray("containerDefinitions")
                .addObject()
                .put("name", "app")
                .put("image", "image@sha256:1");
        definition.putArray("volumes").addObject().put("name", "v");
        EcsStore store = new EcsStore(file(networkMode + ".json"), InstantSource.system());
        task = new Task("c", definition, store.now());
        assertThat(task.lastStatus).isEqualTo(first);
        try (TaskRunner runner = runner(store)) {
            store.with(() -> runner.start(task));
            assertNext("hasImage PENDING", "run PENDING", "running RUNNING");
            store.with(() -> runner.stop(task, "UserInitiated", "enough", true));
            assertNext("stop STOPPING", "removeVolume " + last, "stopped STOPPED");
        }
    }

    @Test
    void onlyATaskWithANetworkOfItsOwnIsProvisioned() throws Exception {
        lives("awsvpc", "PROVISIONING", "DEPROVISIONING");
        lives("bridge", "PENDING", "STOPPING");
    }
}
