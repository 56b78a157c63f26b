package io.modeltoecs.cloud.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.state.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * docker or podman, by its command line. All that this cloud makes carries its label, so that two
 * clouds on one engine don't meet.
 */
public final class ContainerEngine implements Containers {
    private static final Duration QUICK = Duration.ofSeconds(60);
    private static final Duration SLOW = Duration.ofMinutes(20);
    private static final String LABEL = "io.modeltoecs.cloud";
    private static final int KILLED = 137;
    private static final int PORT_TRIES = 3;

    private final String command;
    private final String cloudId;
    private final Path authFile;
    private final Path authFolder;
    private final Cli cli;

    /**
     * An engine.
     *
     * @param command {@code docker} or {@code podman}
     * @param environment variables that it needs, e.g. {@code CONTAINERS_CONF}
     * @param cloudId marks what belongs to this cloud
     * @param authFolder has the registry logins, in {@code config.json}
     */
    public ContainerEngine(
            String command, Map<String, String> environment, String cloudId, Path authFolder) {
        this.command = command;
        this.cloudId = cloudId;
        this.authFolder = authFolder;
        this.authFile = authFolder.resolve("config.json");
        this.cli = new Cli(environment);
    }

    public boolean isPodman() {
        return command.equals("podman");
    }

    public String cloudId() {
        return cloudId;
    }

    /** The label that marks what belongs to this cloud, as {@code key=value}. */
    public String label() {
        return LABEL + "=" + cloudId;
    }

    @Override
    public String run(ContainerSpec spec) {
        for (int tries = PORT_TRIES; ; tries--) {
            try {
                return runOnce(spec);
            } catch (EngineException e) {
                if (tries == 0 || !e.getMessage().contains("address already in use")) {
                    throw e;
                }
                // podman looks for a free port some time before it takes it: another was quicker.
                remove(List.of(spec.name()));
            }
        }
    }

    private String runOnce(ContainerSpec spec) {
        List<String> args = new ArrayList<>(List.of("run", "-d", "--name", spec.name()));
        // ECS knows only the task definition's health check, not the image's.
        args.addAll(List.of("--no-healthcheck", "--pull", "never"));
        args.addAll(List.of("--label", label()));
        spec.labels().forEach((k, v) -> args.addAll(List.of("--label", k + "=" + v)));
        args.addAll(spec.network());
        spec.ports().forEach(p -> args.addAll(List.of("-p", "127.0.0.1::" + p)));
        // A name without a value is taken from this process' environment.
        spec.environment().keySet().forEach(k -> args.addAll(List.of("-e", k)));
        if (spec.user() != null) {
            args.addAll(List.of("--user", spec.user()));
        }
        if (spec.workingDirectory() != null) {
            args.addAll(List.of("--workdir", spec.workingDirectory()));
        }
        if (spec.readOnly()) {
            args.add("--read-only");
            if (isPodman()) {
                // docker and ECS have no writable /tmp there, podman would add one.
                args.add("--read-only-tmpfs=false");
            }
        }
        args.addAll(spec.options());
        List<String> rest = new ArrayList<>();
        if (spec.entryPoint() != null && !spec.entryPoint().isEmpty()) {
            args.addAll(List.of("--entrypoint", spec.entryPoint().get(0)));
            rest.addAll(spec.entryPoint().subList(1, spec.entryPoint().size()));
        }
        if (spec.command() != null) {
            rest.addAll(spec.command());
        }
        args.add(spec.image());
        args.addAll(rest);
        return lastLine(must(SLOW, spec.environment(), args));
    }

    @Override
    public void stop(String container, int seconds) {
        run(QUICK.plusSeconds(seconds), "stop", "-t", Integer.toString(seconds), container);
    }

    @Override
    public void kill(String container) {
        run(QUICK, "kill", container);
    }

    @Override
    public void freeze(String container) {
        run(QUICK, "kill", "-s", "STOP", container);
        exec(container, List.of("sh", "-c", "kill -STOP -1"), QUICK);
    }

    @Override
    public void removeVolume(String name) {
        run(QUICK, "volume", "rm", "-f", name);
    }

    @Override
    public void stopAll(List<String> containers, int seconds) {
        List<String> args = new ArrayList<>(List.of("stop", "-t", Integer.toString(seconds)));
        args.addAll(containers);
        cli.run(QUICK.plusSeconds(seconds), Map.of(), command(args));
    }

    @Override
    public void remove(List<String> containers) {
        if (!containers.isEmpty()) {
            List<String> args = new ArrayList<>(List.of("rm", "-f", "-v"));
            if (isPodman()) {
                // docker does not wait here, podman would for ten seconds.
                args.addAll(List.of("-t", "0"));
            }
            args.addAll(containers);
            cli.run(QUICK, Map.of(), command(args));
        }
    }

    @Override
    public List<String> containers() {
        return must(QUICK, "ps", "-a", "-q", "--no-trunc", "--filter", "label=" + label())
                .lines()
                .toList();
    }

    @Override
    public List<String> labelled(String name) {
        return must(
                        QUICK,
                        "ps",
                        "-a",
                        "-q",
                        "--no-trunc",
                        "--filter",
                        "label=" + label(),
                        "--filter",
                        "label=" + name)
                .lines()
                .toList();
    }

    @Override
    public List<String> running() {
        return must(QUICK, "ps", "-q", "--no-trunc", "--filter", "label=" + label())
                .lines()
                .toList();
    }

    @Override
    public Optional<ContainerState> inspect(String container) {
        Cli.Result result = run(QUICK, "container", "inspect", container);
        if (!result.ok()) {
            return Optional.empty();
        }
        JsonNode all = json(result.out()).path(0);
        JsonNode state = all.path("State");
        // podman: one that was asked to end and hasn't yet; it has no exit code.
        boolean ending = state.path("Status").asText().equals("stopping");
        boolean running = state.path("Running").asBoolean() || ending;
        int exit = state.path("ExitCode").asInt();
        boolean oom = state.path("OOMKilled").asBoolean();
        if (!running && exit == KILLED && !oom) {
            oom = kernelEndedForMemory(all.path("Id").asText());
        }
        Map<String, Integer> ports = new HashMap<>();
        all.path("NetworkSettings")
                .path("Ports")
                .properties()
                .forEach(
                        p -> {
                            if (p.getValue().path(0).has("HostPort")) {
                                ports.put(
                                        p.getKey(), p.getValue().path(0).path("HostPort").asInt());
                            }
                        });
        return Optional.of(
                new ContainerState(
                        all.path("Id").asText(),
                        running,
                        exit,
                        oom,
                        state.path("Pid").asLong(),
                        Map.copyOf(ports)));
    }

    /** runc under cgroup v1 does not report it; the kernel's log does, where it may be read. */
    private boolean kernelEndedForMemory(String id) {
        Cli.Result log = cli.run(QUICK, Map.of(), List.of("dmesg"));
        return log.ok()
                && log.out().lines().anyMatch(l -> l.contains("oom-kill:") && l.contains(id));
    }

    @Override
    public Cli.Result exec(String container, List<String> arguments, Duration limit) {
        List<String> args = new ArrayList<>(List.of("exec", container));
        args.addAll(arguments);
        return cli.run(limit, Map.of(), command(args));
    }

    @Override
    public void logs(String container, Path file) {
        List<String> args = List.of("logs", "--timestamps", container);
        // docker and podman give back what went to stderr as stderr.
        List<String> both = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" 2>&1", "sh"));
        both.addAll(command(args));
        cli.run(QUICK, Map.of(), both, file);
    }

    @Override
    public void pull(String image) {
        List<String> args = new ArrayList<>();
        if (isPodman()) {
            args.addAll(List.of("pull", "-q", "--authfile", authFile.toString(), image));
        } else {
            args.addAll(List.of("--config", authFolder.toString(), "pull", "-q", image));
        }
        must(SLOW, Map.of(), args);
    }

    /** Sends an image to its registry. */
    public void push(String image) {
        List<String> args = new ArrayList<>();
        if (isPodman()) {
            args.addAll(List.of("push", "-q", "--authfile", authFile.toString(), image));
        } else {
            args.addAll(List.of("--config", authFolder.toString(), "push", "-q", image));
        }
        must(SLOW, Map.of(), args);
    }

    @Override
    public boolean hasImage(String image) {
        return run(QUICK, "image", "inspect", image).ok();
    }

    @Override
    public Optional<String> repositoryDigest(String image) {
        Cli.Result result = run(QUICK, "image", "inspect", image);
        String digest = result.ok() ? json(result.out()).at("/0/RepoDigests/0").asText() : "";
        int at = digest.indexOf('@');
        return at < 0 ? Optional.empty() : Optional.of(digest.substring(at + 1));
    }

    public void tag(String image, String name) {
        must(QUICK, "tag", image, name);
    }

    /**
     * Removes the image names that start so. An image goes with its last name: another cloud may
     * know the same image by a name of its own.
     */
    public void removeImages(String prefix) {
        List<String> ids = must(QUICK, "images", "-q", "--no-trunc").lines().distinct().toList();
        for (String id : ids) {
            Cli.Result image = run(QUICK, "image", "inspect", id);
            JsonNode all = image.ok() ? json(image.out()).path(0) : Json.object();
            for (String names : List.of("RepoTags", "RepoDigests")) {
                for (JsonNode name : all.path(names)) {
                    if (name.asText().startsWith(prefix)) {
                        run(QUICK, "rmi", name.asText());
                    }
                }
            }
        }
    }

    /** Runs any command of the engine. */
    public Cli.Result run(Duration limit, String... args) {
        return cli.run(limit, Map.of(), command(List.of(args)));
    }

    @Override
    public Optional<ProcessBuilder> events() {
        List<String> args =
                new ArrayList<>(
                        List.of("sh", "-c", "\"$@\" & read -r _; kill $!", "engine-events"));
        args.addAll(
                command(
                        List.of(
                                "events",
                                "--filter",
                                "event=" + (isPodman() ? "died" : "die"),
                                "--filter",
                                "label=" + label())));
        return Optional.of(cli.process(Map.of(), args));
    }

    private String must(Duration limit, String... args) {
        return must(limit, Map.of(), List.of(args));
    }

    private String must(Duration limit, Map<String, String> variables, List<String> args) {
        Cli.Result result = cli.run(limit, variables, command(args));
        if (!result.ok()) {
            throw new EngineException(result.complaint());
        }
        return result.out();
    }

    private List<String> command(List<String> args) {
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(args);
        return all;
    }

    private static String lastLine(String text) {
        return text.strip().lines().reduce("", (a, b) -> b).strip();
    }

    private static JsonNode json(String text) {
        try {
            return Json.MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new EngineException("The engine's answer is not JSON: " + text);
        }
    }
}
