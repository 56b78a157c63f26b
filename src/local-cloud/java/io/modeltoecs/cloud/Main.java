package io.modeltoecs.cloud;

import io.modeltoecs.cloud.engine.EngineException;
import io.modeltoecs.cloud.state.StateFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * The server's program: {@code serve} runs the cloud of a folder; when it does not run, {@code end}
 * ends its tasks, and {@code clean} removes its traces.
 */
public final class Main {
    /** As ECS has it. */
    private static final int SETTLE_SECONDS = 40;

    private static final List<String> MODES = List.of("serve", "end", "clean");

    private Main() {}

    /** Arguments: serve, end or clean, and the {@code .local} folder. */
    public static void main(String[] args) throws InterruptedException {
        if (args.length != 2 || !MODES.contains(args[0])) {
            System.err.println("usage: serve|end|clean <.local folder>");
            System.exit(2);
        }
        Path local = Path.of(args[1]).toAbsolutePath().normalize();
        try {
            Machine machine = Machine.read(local.resolve("machine.env"));
            LocalCloud cloud =
                    new LocalCloud(
                            local.resolve("cloud"),
                            machine.cloudId(),
                            machine,
                            SETTLE_SECONDS,
                            line -> System.out.println("  " + line));
            switch (args[0]) {
                case "clean" -> cloud.clean();
                case "end" -> cloud.end();
                default -> serve(cloud, local);
            }
        } catch (IOException | EngineException e) {
            System.out.println("The local cloud does not start: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void serve(LocalCloud cloud, Path local)
            throws IOException, InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        Path file = local.resolve("cloud.env");
        cloud.start();
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    delete(file);
                                    cloud.close();
                                    ended.countDown();
                                }));
        StateFile.write(file, script(cloud.environment()).getBytes(StandardCharsets.UTF_8));
        System.out.println("ready");
        ended.await();
    }

    private static String script(Map<String, String> variables) {
        StringBuilder script = new StringBuilder();
        variables.forEach(
                (name, value) ->
                        script.append("export ")
                                .append(name)
                                .append("='")
                                .append(value.replace("'", "'\"'\"'"))
                                .append("'\n"));
        return script.toString();
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            System.out.println("while stopping: " + e.getMessage());
        }
    }
}
