package io.modeltoecs.cloud.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The registry as a process of its own (Debian's {@code docker-registry}). */
public final class RegistryProcess implements RegistryServer {
    private static final long PATIENCE_SECONDS = 5;

    private final String program;
    private final Registry registry;

    public RegistryProcess(String program, Registry registry) {
        this.program = program;
        this.registry = registry;
    }

    @Override
    public void start() throws IOException {
        stop();
        Path config =
                RegistryConfig.write(
                        registry,
                        registry.storage().toString(),
                        registry.host(),
                        registry.folder().resolve("htpasswd").toString());
        Process process =
                new ProcessBuilder(program, "serve", config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(registry.folder().resolve("registry.log").toFile())
                        .start();
        Files.writeString(pidFile(), Long.toString(process.pid()));
    }

    @Override
    public void stop() {
        try {
            if (Files.exists(pidFile())) {
                long pid = Long.parseLong(Files.readString(pidFile()).strip());
                ProcessHandle.of(pid).filter(this::isOurs).ifPresent(RegistryProcess::end);
                Files.deleteIfExists(pidFile());
            }
        } catch (IOException | NumberFormatException e) {
            throw new IllegalStateException("Cannot read " + pidFile(), e);
        }
    }

    private Path pidFile() {
        return registry.folder().resolve("registry.pid");
    }

    /** A process id may have been given to another program since. */
    private boolean isOurs(ProcessHandle process) {
        String config = registry.folder().resolve("config.yml").toString();
        return process.info().commandLine().filter(c -> c.contains(config)).isPresent();
    }

    private static void end(ProcessHandle process) {
        process.destroy();
        try {
            process.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | java.util.concurrent.ExecutionException e) {
            process.destroyForcibly();
        }
    }
}
