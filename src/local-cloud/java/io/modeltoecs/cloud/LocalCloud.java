package io.modeltoecs.cloud;

import io.modeltoecs.cloud.api.Front;
import io.modeltoecs.cloud.api.Keys;
import io.modeltoecs.cloud.autoscaling.AutoScalingApi;
import io.modeltoecs.cloud.cloudwatch.Alarms;
import io.modeltoecs.cloud.cloudwatch.CloudWatchApi;
import io.modeltoecs.cloud.cloudwatch.CloudWatchQueryApi;
import io.modeltoecs.cloud.ec2.Ec2Api;
import io.modeltoecs.cloud.ecr.EcrApi;
import io.modeltoecs.cloud.ecs.Ecs;
import io.modeltoecs.cloud.elb.ElbApi;
import io.modeltoecs.cloud.elb.TargetGroups;
import io.modeltoecs.cloud.engine.ContainerEngine;
import io.modeltoecs.cloud.engine.Containers;
import io.modeltoecs.cloud.engine.EngineNetwork;
import io.modeltoecs.cloud.faults.AdminApi;
import io.modeltoecs.cloud.faults.Faults;
import io.modeltoecs.cloud.logs.LogsApi;
import io.modeltoecs.cloud.logs.TaskLogs;
import io.modeltoecs.cloud.process.ProcessContainers;
import io.modeltoecs.cloud.registry.Registry;
import io.modeltoecs.cloud.registry.RegistryContainer;
import io.modeltoecs.cloud.registry.RegistryProcess;
import io.modeltoecs.cloud.registry.RegistryServer;
import io.modeltoecs.cloud.s3.ObjectFiles;
import io.modeltoecs.cloud.s3.S3Service;
import io.modeltoecs.cloud.secrets.ParametersApi;
import io.modeltoecs.cloud.secrets.SecretsApi;
import io.modeltoecs.cloud.state.StateFile;
import io.modeltoecs.cloud.sts.StsApi;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The whole cloud of one checkout in one process: S3, ECR with its registry, ECS, load balancers
 * and logs, on loopback and on the container network's gateway.
 */
public final class LocalCloud implements AutoCloseable {
    public static final String BUCKET = "models";
    public static final String CLUSTER = "demo";

    private static final int REGISTRY_START_TRIES = 100;
    private static final long REGISTRY_START_MILLIS = 100;
    private static final int STOP_SECONDS = 3;

    private final Path home;
    private final String cloudId;
    private final Machine machine;
    private final int settleSeconds;
    private final Consumer<String> progress;
    private final ContainerEngine engine;
    private final Deque<AutoCloseable> running = new ArrayDeque<>();
    private Map<String, String> environment = Map.of();
    private Registry registry;

    /**
     * A cloud.
     *
     * @param home where it keeps its state
     * @param cloudId marks its containers, networks and images
     * @param settleSeconds how long a task without any check runs before it counts as healthy
     * @param progress is told what takes long
     */
    public LocalCloud(
            Path home,
            String cloudId,
            Machine machine,
            int settleSeconds,
            Consumer<String> progress) {
        this.home = home.toAbsolutePath();
        this.cloudId = cloudId;
        this.machine = machine;
        this.settleSeconds = settleSeconds;
        this.progress = progress;
        this.engine =
                new ContainerEngine(
                        machine.engine(),
                        machine.engineEnvironment(),
                        cloudId,
                        Registry.authFolder(this.home.resolve("registry")));
    }

    /**
     * Starts everything. Tasks that a former process left, however it ended, run on.
     *
     * @throws IOException where a part does not start; all of it is stopped then
     */
    public void start() throws IOException {
        try {
            startParts();
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void startParts() throws IOException {
        Files.createDirectories(home);
        lock();
        Ports ports = Ports.choose(home.resolve("ports.json"), cloudId);
        Keys keys = keys();
        registry = Registry.prepare(home.resolve("registry"), ports.registry());
        RegistryServer server = registryServer(registry);
        server.stop();
        ports.requireFree();
        progress.accept("starting the registry");
        server.start();
        running.push(server::stop);
        await(registry);
        Containers containers = containers(registry);
        String base = new BaseImage(containers, registry, machine).provide(progress);
        EngineNetwork network = network(base, ports);
        TargetGroups groups = new TargetGroups();
        running.push(groups);
        ElbApi elb = new ElbApi(state("elb"), groups);
        running.push(elb);
        String targetGroup = elb.provide(CLUSTER, ports.service());
        TaskLogs taskLogs = new TaskLogs(containers, home.resolve("logs"));
        LogsApi logs = new LogsApi(taskLogs, state("logs"));
        Alarms alarms = new Alarms(state("cloudwatch"));
        Faults faults = new Faults();
        SecretsApi secrets = new SecretsApi(state("secrets"));
        ParametersApi parameters = new ParametersApi(state("parameters"));
        Ecs ecs =
                new Ecs(
                        state("ecs"),
                        cloudId,
                        new Ecs.Parts(
                                containers,
                                registry,
                                keys,
                                groups,
                                logs,
                                taskLogs,
                                elb,
                                alarms,
                                faults,
                                secrets,
                                parameters),
                        network.arguments(),
                        "http://" + network.hostAddress() + ":" + ports.api(),
                        machine.runsProcesses() ? null : base,
                        machine.limitsMemory(),
                        settleSeconds);
        running.push(ecs);
        Path objects = home.resolve("s3");
        ObjectFiles files = ObjectFiles.open(objects);
        Files.createDirectories(objects.resolve(BUCKET));
        CloudWatchApi alarmApi = new CloudWatchApi(alarms);
        EcrApi ecr = new EcrApi(registry, state("ecr"));
        Front front =
                new Front(
                        keys,
                        List.of(
                                ecs,
                                ecr,
                                logs,
                                secrets,
                                parameters,
                                alarmApi,
                                new AutoScalingApi()),
                        List.of(
                                elb,
                                new StsApi(keys),
                                new Ec2Api(),
                                new CloudWatchQueryApi(alarmApi)),
                        ecs.metadata(),
                        new S3Service(files),
                        faults,
                        new AdminApi(faults, ecr::setScanFindings, elb::counts));
        List<String> addresses = new ArrayList<>(List.of("127.0.0.1"));
        if (network.bindAddress() != null) {
            addresses.add(network.bindAddress());
        }
        Endpoint endpoint = Endpoint.open(front, addresses, ports.api());
        running.push(endpoint);
        ecs.start(CLUSTER);
        environment = environment(ports, keys, registry, base, targetGroup);
    }

    private Containers containers(Registry registry) {
        return machine.runsProcesses()
                ? new ProcessContainers(
                        home.resolve("processes"), registry, machine.python(), machine.bubblewrap())
                : engine;
    }

    private EngineNetwork network(String base, Ports ports) {
        if (machine.runsProcesses()) {
            return new EngineNetwork(List.of(), "127.0.0.1", null);
        }
        progress.accept("starting the container network");
        return EngineNetwork.open(engine, base, ports.api());
    }

    /** What clients need: shell variables of {@code cloud.env}. */
    public Map<String, String> environment() {
        return environment;
    }

    public ContainerEngine engine() {
        return engine;
    }

    /** The registry; null before the first start. */
    public Registry images() {
        return registry;
    }

    private Map<String, String> environment(
            Ports ports, Keys keys, Registry registry, String base, String targetGroup) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("AWS_ENDPOINT_URL", "http://127.0.0.1:" + ports.api());
        all.put("AWS_REGION", Arns.REGION);
        all.put("AWS_DEFAULT_REGION", Arns.REGION);
        all.put("AWS_ACCESS_KEY_ID", keys.accessKeyId());
        all.put("AWS_SECRET_ACCESS_KEY", keys.secretAccessKey());
        all.put("AWS_EC2_METADATA_DISABLED", "true");
        all.put("REGISTRY", registry.host());
        all.put("MODEL_BUCKET", BUCKET);
        all.put("BASE_IMAGE", base);
        all.put("ECS_CLUSTER", CLUSTER);
        all.put("TARGET_GROUP_ARN", targetGroup);
        all.put("SERVICE_URL", "http://127.0.0.1:" + ports.service());
        all.putAll(machine.engineEnvironment());
        return all;
    }

    private StateFile state(String name) {
        return new StateFile(home.resolve(name + ".json"));
    }

    /** One process at a time; the lock goes with the process, however it ends. */
    private void lock() throws IOException {
        FileChannel channel =
                FileChannel.open(
                        home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
            throw new IOException("The local cloud of " + home + " runs already");
        }
        running.push(channel);
    }

    private Keys keys() {
        StateFile file = state("keys");
        Keys keys =
                file.load(Keys.class, () -> new Keys("AKIALOCALCLOUD000000", Passwords.random()));
        file.save(keys);
        return keys;
    }

    private RegistryServer registryServer(Registry registry) {
        return machine.registryProgram()
                .<RegistryServer>map(program -> new RegistryProcess(program, registry))
                .orElseGet(() -> new RegistryContainer(machine.registryImage(), engine, registry));
    }

    private static void await(Registry registry) throws IOException {
        for (int i = 0; i < REGISTRY_START_TRIES; i++) {
            if (registry.isUp()) {
                return;
            }
            try {
                Thread.sleep(REGISTRY_START_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
        throw new IOException("The registry did not start; its log is beside its config.yml");
    }

    /** Ends all containers, and the tasks with them; for a cloud that does not run. */
    public void end() throws IOException {
        if (!Files.exists(home.resolve("ports.json"))) {
            return;
        }
        Containers containers = containers(registry());
        state("ecs").forgetBeside(Ecs.TASKS);
        List<String> all = containers.containers();
        if (!all.isEmpty()) {
            progress.accept("stopping " + all.size() + " containers");
            containers.stopAll(all, STOP_SECONDS);
            containers.remove(all);
        }
    }

    /**
     * Stops this process' part: APIs, load balancers, the registry. What is stored stays, and
     * containers run on until the next {@link #start}, {@link #end} or {@link #clean}.
     */
    @Override
    public void close() {
        while (!running.isEmpty()) {
            try {
                running.pop().close();
            } catch (Exception e) {
                progress.accept("while stopping: " + e);
            }
        }
    }

    /** Removes what the engine has of this cloud; for a cloud that does not run. */
    public void clean() throws IOException {
        end();
        if (Files.exists(home.resolve("ports.json"))) {
            Registry stopped = registry();
            registryServer(stopped).stop();
            if (!machine.runsProcesses()) {
                engine.removeImages(stopped.host() + "/");
            }
        }
        if (!machine.runsProcesses()) {
            engine.remove(engine.containers());
            EngineNetwork.remove(engine);
        }
    }

    private Registry registry() throws IOException {
        Ports ports = Ports.choose(home.resolve("ports.json"), cloudId);
        return Registry.prepare(home.resolve("registry"), ports.registry());
    }
}
