package io.modeltoecs.cloud.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.engine.Cli;
import io.modeltoecs.cloud.engine.ContainerSpec;
import io.modeltoecs.cloud.engine.ContainerState;
import io.modeltoecs.cloud.engine.Containers;
import io.modeltoecs.cloud.engine.EngineException;
import io.modeltoecs.cloud.registry.Registry;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Containers without a container engine: plain processes in an image's unpacked root file system,
 * by bubblewrap or, for root, by chroot. Each has a folder with its files, and a process that
 * watches over it ({@code container.py}), so that it outlives the cloud's process.
 *
 * <p>They have no limits and share this machine's network: PORT tells a program where to listen,
 * which is the container port where that is free.
 */
public final class ProcessContainers implements Containers {
    private static final Duration QUICK = Duration.ofSeconds(60);
    private static final long POLL_MILLIS = 20;
    private static final long START_SECONDS = 60;
    private static final int KILLED = 137;
    private static final String PROGRAM = "container.py";

    private final Path folder;
    private final String python;
    private final Optional<String> bubblewrap;
    private final Images images;
    private final Cli cli = new Cli(Map.of());

    /**
     * Containers in a folder.
     *
     * @param registry where images come from
     * @param python the program that runs container.py
     * @param bubblewrap that program; empty where this process is root and uses chroot
     */
    public ProcessContainers(
            Path folder, Registry registry, String python, Optional<String> bubblewrap) {
        this.folder = folder.resolve("containers");
        this.images = new Images(folder.resolve("images"), registry, bubblewrap.isEmpty());
        this.python = python;
        this.bubblewrap = bubblewrap;
    }

    /** What is kept of a container beside what container.py writes. */
    private record Kept(
            String name, Map<String, String> labels, Map<String, Integer> ports, String signal) {}

    @Override
    public String run(ContainerSpec spec) {
        String id = (UUID.randomUUID() + "" + UUID.randomUUID()).replace("-", "");
        Path own = folder.resolve(id);
        try {
            Files.createDirectories(own);
            ImageConfig image = images.config(spec.image());
            Path root = images.root(spec.image());
            if (bubblewrap.isEmpty() || !spec.readOnly()) {
                Trees.copy(root, Files.createDirectory(own.resolve("root")));
                root = own.resolve("root");
            }
            Map<String, Integer> published = keep(own, spec, image);
            file(own, "spec").save(settings(spec, image, own, root, published));
            start(own);
            return id;
        } catch (IOException e) {
            remove(List.of(id));
            throw new EngineException(e.getMessage());
        } catch (EngineException e) {
            remove(List.of(id));
            throw e;
        }
    }

    /** Ports are chosen by one at a time: they are taken once they are kept. */
    private synchronized Map<String, Integer> keep(Path own, ContainerSpec spec, ImageConfig image)
            throws IOException {
        Map<String, Integer> published = HostPorts.choose(spec.ports(), takenPorts());
        file(own, "kept").save(new Kept(spec.name(), spec.labels(), published, image.stopSignal()));
        return published;
    }

    private ObjectNode settings(
            ContainerSpec spec,
            ImageConfig image,
            Path own,
            Path root,
            Map<String, Integer> published)
            throws IOException {
        String asked = spec.user() == null ? image.user() : spec.user();
        User user = User.of(asked, root);
        String directory =
                spec.workingDirectory() == null ? image.directory() : spec.workingDirectory();
        Map<String, String> environment = new LinkedHashMap<>(image.environment());
        environment.putIfAbsent(
                "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        environment.put("HOSTNAME", String.valueOf(own.getFileName()).substring(0, 12));
        environment.put("HOME", user.home());
        environment.putAll(spec.environment());
        published.values().stream()
                .findFirst()
                .ifPresent(p -> environment.put("PORT", Integer.toString(p)));
        // The stock serving runtime listens there alone.
        environment.putIfAbsent("BIND_ADDRESS", "127.0.0.1");
        ObjectNode settings = Json.object();
        settings.put("root", root.toString());
        settings.put("bubblewrap", bubblewrap.orElse(null));
        settings.put("readOnly", spec.readOnly());
        settings.put("directory", directory);
        settings.put("uid", user.uid()).put("gid", user.gid());
        settings.set("groups", Json.MAPPER.valueToTree(user.groups()));
        settings.set("environment", Json.MAPPER.valueToTree(environment));
        settings.set("arguments", Json.strings(arguments(spec, image)));
        ObjectNode writable = settings.putObject("writable");
        for (String path : spec.writable()) {
            Path bound = own.resolve("writable").resolve(Integer.toString(writable.size()));
            open(bound);
            writable.put(path, bound.toString());
            if (bubblewrap.isEmpty()) {
                open(new Root(root).follow(Path.of(path)));
            }
        }
        if (bubblewrap.isEmpty()) {
            Files.createDirectories(new Root(root).follow(Path.of(directory)));
        }
        return settings;
    }

    /** A folder that any user may write to. */
    private static void open(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.setAttribute(folder, "unix:mode", 01777);
    }

    private static List<String> arguments(ContainerSpec spec, ImageConfig image) {
        List<String> all = new ArrayList<>();
        boolean replaced = spec.entryPoint() != null && !spec.entryPoint().isEmpty();
        all.addAll(replaced ? spec.entryPoint() : image.entryPoint());
        if (spec.command() != null) {
            all.addAll(spec.command());
        } else if (!replaced) {
            all.addAll(image.command());
        }
        if (all.isEmpty()) {
            throw new EngineException("no command specified");
        }
        return all;
    }

    private void start(Path own) throws IOException {
        new ProcessBuilder(python, program().toString(), "run", own.toString())
                .redirectErrorStream(true)
                .redirectOutput(own.resolve("watcher.log").toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!Files.exists(own.resolve("state.json"))) {
            if (Files.exists(own.resolve("failed.json"))) {
                throw new EngineException(read(own, "failed").path("error").asText());
            }
            if (System.nanoTime() > end) {
                throw new EngineException(
                        "not started within "
                                + START_SECONDS
                                + " s: "
                                + Files.readString(own.resolve("watcher.log")));
            }
            pause();
        }
    }

    private synchronized Path program() throws IOException {
        Path program = folder.resolve(PROGRAM);
        try (InputStream source = ProcessContainers.class.getResourceAsStream(PROGRAM)) {
            byte[] wanted = source.readAllBytes();
            if (!Files.exists(program)
                    || !java.util.Arrays.equals(wanted, Files.readAllBytes(program))) {
                Path made = Files.createTempFile(folder, "program", ".py");
                Files.write(made, wanted);
                Files.move(made, program, StandardCopyOption.ATOMIC_MOVE);
            }
        }
        return program;
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EngineException("interrupted");
        }
    }

    private Map<Integer, String> takenPorts() {
        Map<Integer, String> taken = new HashMap<>();
        for (String id : all(i -> true)) {
            kept(id).ifPresent(k -> k.ports().values().forEach(p -> taken.put(p, id)));
        }
        return taken;
    }

    @Override
    public void stop(String container, int seconds) {
        signal(container, kept(container).map(Kept::signal).orElse("SIGTERM"));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (isRunning(container) && System.nanoTime() < end) {
            pause();
        }
        if (isRunning(container)) {
            kill(container);
        }
    }

    @Override
    public void stopAll(List<String> containers, int seconds) {
        containers.parallelStream().forEach(c -> stop(c, seconds));
    }

    @Override
    public void kill(String container) {
        program(container).ifPresent(ProcessHandle::destroyForcibly);
        long end = System.nanoTime() + QUICK.toNanos();
        while (isRunning(container) && System.nanoTime() < end) {
            pause();
        }
    }

    @Override
    public void freeze(String container) {
        // Bubblewrap's own process goes on: it tells what the program ended with.
        long first = first(container);
        boolean isProgram = program(container).filter(p -> p.pid() == first).isPresent();
        watcher(container).stream()
                .flatMap(ProcessHandle::descendants)
                .filter(p -> isProgram || p.pid() != first)
                .forEach(p -> signal(p.pid(), "STOP"));
    }

    private void signal(String container, String name) {
        program(container).ifPresent(p -> signal(p.pid(), name.replaceFirst("^SIG", "")));
    }

    private void signal(long pid, String name) {
        cli.run(QUICK, Map.of(), List.of("kill", "-s", name, Long.toString(pid)));
    }

    @Override
    public void remove(List<String> containers) {
        for (String id : containers) {
            Path own = place(id);
            if (!Files.isDirectory(own)) {
                continue;
            }
            watcher(id)
                    .ifPresent(
                            w -> {
                                List<ProcessHandle> all = w.descendants().toList();
                                w.destroyForcibly();
                                all.forEach(ProcessHandle::destroyForcibly);
                            });
            try {
                Trees.delete(own);
            } catch (IOException e) {
                throw new EngineException("cannot remove " + own + ": " + e.getMessage());
            }
        }
    }

    @Override
    public void removeVolume(String name) {
        // A task's volumes lie in the folders of its containers.
    }

    @Override
    public List<String> containers() {
        return all(id -> true);
    }

    @Override
    public List<String> labelled(String name) {
        return all(id -> kept(id).map(k -> k.labels().containsKey(name)).orElse(true));
    }

    @Override
    public List<String> running() {
        return all(this::isRunning);
    }

    private List<String> all(Predicate<String> wanted) {
        List<String> all = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return all;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, Files::isDirectory)) {
            entries.forEach(e -> all.add(e.getFileName().toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        all.removeIf(wanted.negate());
        return all;
    }

    /** Until its watcher has told what it ended with, or is gone without. */
    private boolean isRunning(String id) {
        return !Files.exists(place(id).resolve("exit.json")) && watcher(id).isPresent();
    }

    /** The process that watches over a container, where it is still the one. */
    private Optional<ProcessHandle> watcher(String id) {
        JsonNode state = read(place(id), "state");
        long pid = state.path("supervisor").asLong();
        boolean same =
                pid > 0
                        && startTime(pid)
                                .filter(t -> t == state.path("supervisorStart").asLong())
                                .isPresent();
        return same ? ProcessHandle.of(pid) : Optional.empty();
    }

    /** A container's first process: the watcher's, or below bubblewrap's own. */
    private Optional<ProcessHandle> program(String id) {
        long pid = first(id);
        Optional<ProcessHandle> first =
                watcher(id).flatMap(w -> w.children().filter(c -> c.pid() == pid).findFirst());
        return bubblewrap.isEmpty() ? first : first.map(f -> f.children().findFirst().orElse(f));
    }

    /** What the watcher started, as it wrote it down. */
    private long first(String id) {
        return read(place(id), "state").path("process").asLong();
    }

    private static Optional<Long> startTime(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Optional.of(Long.parseLong(fields[19]));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<ContainerState> inspect(String container) {
        Path own = place(container);
        Optional<Kept> kept = kept(container);
        if (kept.isEmpty()) {
            return Optional.empty();
        }
        boolean running = isRunning(container);
        int exit = read(own, "exit").path("exitCode").asInt(running ? 0 : KILLED);
        return Optional.of(
                new ContainerState(
                        container,
                        running,
                        exit,
                        false,
                        program(container).map(ProcessHandle::pid).orElse(0L),
                        kept.get().ports()));
    }

    /** Runs a command beside a container's program; it finds the container's port where it asks. */
    @Override
    public Cli.Result exec(String container, List<String> arguments, Duration limit) {
        Map<String, Integer> published = kept(container).map(Kept::ports).orElse(Map.of());
        List<String> command =
                new ArrayList<>(
                        List.of(
                                python,
                                folder.resolve(PROGRAM).toString(),
                                "exec",
                                place(container).toString()));
        arguments.forEach(a -> command.add(HostPorts.translate(a, published)));
        return cli.run(limit, Map.of(), command);
    }

    @Override
    public void logs(String container, Path file) {
        try {
            Path log = place(container).resolve("output.log");
            if (Files.exists(log)) {
                Files.copy(log, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new EngineException(
                    "cannot read the log of " + container + ": " + e.getMessage());
        }
    }

    @Override
    public void pull(String image) {
        images.pull(image);
    }

    @Override
    public boolean hasImage(String image) {
        return images.has(image);
    }

    @Override
    public Optional<String> repositoryDigest(String image) {
        return images.digest(image);
    }

    @Override
    public Optional<ProcessBuilder> events() {
        return Optional.empty();
    }

    /** A container's folder, by its id or name. */
    private Path place(String idOrName) {
        Path byId = folder.resolve(idOrName);
        if (Files.isDirectory(byId)) {
            return byId;
        }
        try (Stream<String> ids = all(i -> true).stream()) {
            return ids.filter(i -> kept(i).map(k -> k.name().equals(idOrName)).orElse(false))
                    .findFirst()
                    .map(folder::resolve)
                    .orElse(byId);
        }
    }

    private Optional<Kept> kept(String id) {
        return Optional.ofNullable(file(folder.resolve(id), "kept").load(Kept.class, () -> null));
    }

    private static JsonNode read(Path own, String name) {
        return file(own, name).load(JsonNode.class, Json::object);
    }

    private static StateFile file(Path own, String name) {
        return new StateFile(own.resolve(name + ".json"));
    }
}
