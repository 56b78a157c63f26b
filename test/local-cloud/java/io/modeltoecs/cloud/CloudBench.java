package io.modeltoecs.cloud;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.api.Front;
import io.modeltoecs.cloud.api.Keys;
import io.modeltoecs.cloud.cloudwatch.Alarms;
import io.modeltoecs.cloud.ecr.EcrApi;
import io.modeltoecs.cloud.ecs.Ecs;
import io.modeltoecs.cloud.elb.ElbApi;
import io.modeltoecs.cloud.elb.TargetGroups;
import io.modeltoecs.cloud.engine.ContainerState;
import io.modeltoecs.cloud.engine.Containers;
import io.modeltoecs.cloud.faults.AdminApi;
import io.modeltoecs.cloud.faults.Faults;
import io.modeltoecs.cloud.logs.LogsApi;
import io.modeltoecs.cloud.logs.TaskLogs;
import io.modeltoecs.cloud.registry.Registry;
import io.modeltoecs.cloud.s3.ObjectFiles;
import io.modeltoecs.cloud.s3.S3Service;
import io.modeltoecs.cloud.secrets.ParametersApi;
import io.modeltoecs.cloud.secrets.SecretsApi;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import io.modeltoecs.cloud.sts.StsApi;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The cloud's one process with all its APIs over HTTP, 200 services and 1,000 tasks, on an engine
 * that only says yes. Run by bench/local-ecs; prints tab-separated figures.
 */
final class CloudBench {
    private static final int SERVICES = 200;
    private static final int TASKS = 5;
    private static final int CALLS = 300;
    private static final int OBJECT_BYTES = 1 << 20;
    private static final String IMAGE = "image@sha256:" + "0".repeat(64);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Keys keys = new Keys("AKIALOCALCLOUD000000", "secret");
    private final Set<String> containers = ConcurrentHashMap.newKeySet();
    private final AtomicInteger last = new AtomicInteger();
    private final Path folder;
    private final int port;

    private CloudBench(Path folder) throws IOException {
        this.folder = folder;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
    }

    public static void main(String[] args) throws Exception {
        new CloudBench(Path.of(args[0])).run();
        System.exit(0);
    }

    private StateFile state(String name) {
        return new StateFile(folder.resolve(name + ".json"));
    }

    private Object answer(String method) {
        return switch (method) {
            case "run" -> {
                String id = "c" + last.incrementAndGet();
                containers.add(id);
                yield id;
            }
            case "inspect" -> Optional.of(new ContainerState("c", true, 0, false, 0, Map.of()));
            case "hasImage" -> true;
            case "running", "containers" -> List.copyOf(containers);
            case "labelled" -> List.of();
            case "repositoryDigest", "events" -> Optional.empty();
            default -> null;
        };
    }

    private void open() throws Exception {
        Containers engine =
                (Containers)
                        Proxy.newProxyInstance(
                                Containers.class.getClassLoader(),
                                new Class<?>[] {Containers.class},
                                (proxy, method, arguments) -> answer(method.getName()));
        Registry registry = Registry.prepare(folder.resolve("registry"), 1);
        TargetGroups groups = new TargetGroups();
        ElbApi elb = new ElbApi(state("elb"), groups);
        TaskLogs taskLogs = new TaskLogs(engine, folder.resolve("logs"));
        LogsApi logs = new LogsApi(taskLogs, state("logs"));
        Faults faults = new Faults();
        SecretsApi secrets = new SecretsApi(state("secrets"));
        ParametersApi parameters = new ParametersApi(state("parameters"));
        Ecs ecs =
                new Ecs(
                        state("ecs"),
                        "bench",
                        new Ecs.Parts(
                                engine,
                                registry,
                                keys,
                                groups,
                                logs,
                                taskLogs,
                                elb,
                                new Alarms(state("cloudwatch")),
                                faults,
                                secrets,
                                parameters),
                        List.of(),
                        "http://127.0.0.1:" + port,
                        null,
                        false,
                        1);
        EcrApi ecr = new EcrApi(registry, state("ecr"));
        Files.createDirectories(folder.resolve("s3/models"));
        Front front =
                new Front(
                        keys,
                        List.of(ecs, ecr, logs, secrets, parameters),
                        List.of(elb, new StsApi(keys)),
                        ecs.metadata(),
                        new S3Service(ObjectFiles.open(folder.resolve("s3"))),
                        faults,
                        new AdminApi(faults, ecr::setScanFindings, elb::counts));
        Endpoint.open(front, List.of("127.0.0.1"), port);
        ecs.start("demo");
    }

    private HttpRequest.Builder request(String path, String service) {
        String scope = keys.accessKeyId() + "/20260101/us-east-1/" + service + "/aws4_request";
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header(
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=" + scope + ", SignedHeaders=host, Signature=0");
    }

    private JsonNode ecs(String action, String json) throws Exception {
        HttpRequest request =
                request("/", "ecs")
                        .header("X-Amz-Target", "AmazonEC2ContainerServiceV20141113." + action)
                        .header("Content-Type", "application/x-amz-json-1.1")
                        .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')))
                        .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(answer.body());
        }
        return Json.MAPPER.readTree(answer.body());
    }

    private void run() throws Exception {
        open();
        ecs(
                "RegisterTaskDefinition",
                "{'family': 'app', 'containerDefinitions': [{'name': 'app', 'image': '%s', 'memory': 64}]}"
                        .formatted(IMAGE));
        for (int i = 0; i < SERVICES; i++) {
            ecs(
                    "CreateService",
                    "{'cluster': 'demo', 'serviceName': 's%d', 'taskDefinition': 'app', 'desiredCount': %d}"
                            .formatted(i, TASKS));
        }
        while (ecs("DescribeClusters", "{'clusters': ['demo']}")
                        .at("/clusters/0/runningTasksCount")
                        .asInt()
                < SERVICES * TASKS) {
            Thread.sleep(100);
        }
        System.out.println("what\tservices\ttasks\tmedian_ms");
        print("describe_services_of_10_by_http", median(() -> ecs("DescribeServices", describe())));
        put();
        print("get_object_of_1_mb_by_http", median(this::get));
        memory("rss_mb", "VmRSS");
        memory("rss_at_most_mb", "VmHWM");
    }

    private static String describe() {
        return IntStream.range(0, 10)
                .mapToObj(i -> "'s" + i + "'")
                .collect(Collectors.joining(",", "{'cluster': 'demo', 'services': [", "]}"));
    }

    private void put() throws Exception {
        HttpRequest put =
                request("/models/object", "s3")
                        .PUT(HttpRequest.BodyPublishers.ofByteArray(new byte[OBJECT_BYTES]))
                        .build();
        check(http.send(put, HttpResponse.BodyHandlers.ofByteArray()));
    }

    private void get() throws Exception {
        HttpRequest get = request("/models/object", "s3").GET().build();
        check(http.send(get, HttpResponse.BodyHandlers.ofByteArray()));
    }

    private static void check(HttpResponse<byte[]> answer) {
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(new String(answer.body()));
        }
    }

    private interface Call {
        void run() throws Exception;
    }

    /** Of calls one after the other, after as many that warm up. */
    private static double median(Call call) throws Exception {
        double[] millis = new double[CALLS];
        for (int i = -CALLS; i < CALLS; i++) {
            long start = System.nanoTime();
            call.run();
            millis[Math.max(0, i)] = (System.nanoTime() - start) / 1e6;
        }
        Arrays.sort(millis);
        return millis[CALLS / 2];
    }

    private static void print(String what, double median) {
        System.out.printf("%s\t%d\t%d\t%.2f%n", what, SERVICES, SERVICES * TASKS, median);
    }

    /** What the process has of the machine's memory. */
    private static void memory(String what, String line) throws IOException {
        try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
            status.filter(l -> l.startsWith(line))
                    .map(l -> Long.parseLong(l.replaceAll("\\D", "")) >> 10)
                    .forEach(mb -> System.out.println(what + "\t" + mb));
        }
    }
}
