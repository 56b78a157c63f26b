package io.modeltoecs.cloud;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.ecr.EcrClient;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.elasticloadbalancingv2.ElasticLoadBalancingV2Client;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * One cloud for all tests, with the real engine and registry of this machine, and the SDK's clients
 * for it. It ends with the test run.
 */
public final class CloudFixture implements BeforeAllCallback {
    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static LocalCloud cloud;
    private static Map<String, String> environment;

    @Override
    public synchronized void beforeAll(ExtensionContext context) throws Exception {
        if (cloud != null) {
            return;
        }
        Process setup = new ProcessBuilder(ROOT + "/src/local-cloud/setup").inheritIO().start();
        if (setup.waitFor() != 0) {
            throw new IllegalStateException("setup failed");
        }
        Path home = Files.createTempDirectory(ROOT.resolve(".local"), "cloud-test-");
        Machine machine = Machine.read(ROOT.resolve(".local/machine.env"));
        String id = "test" + ProcessHandle.current().pid();
        cloud = new LocalCloud(home, id, machine, 1, line -> System.out.println("cloud: " + line));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(home)));
        cloud.start();
        environment = cloud.environment();
    }

    private static void end(Path home) {
        cloud.close();
        try {
            cloud.clean();
            try (var files = Files.walk(home)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(f -> f.toFile().delete());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops the cloud and starts it again. */
    public static void restart() throws IOException {
        cloud.close();
        cloud.start();
        environment = cloud.environment();
    }

    public static LocalCloud cloud() {
        return cloud;
    }

    public static Map<String, String> environment() {
        return environment;
    }

    public static AwsCredentialsProvider credentials() {
        return StaticCredentialsProvider.create(
                AwsBasicCredentials.create(
                        environment.get("AWS_ACCESS_KEY_ID"),
                        environment.get("AWS_SECRET_ACCESS_KEY")));
    }

    /** A client of the cloud. */
    public static <B extends AwsClientBuilder<B, C>, C> C client(B builder) {
        return builder.endpointOverride(URI.create(environment.get("AWS_ENDPOINT_URL")))
                .region(Region.US_EAST_1)
                .credentialsProvider(credentials())
                .build();
    }

    public static S3Client s3() {
        return client(S3Client.builder().forcePathStyle(true));
    }

    public static EcsClient ecs() {
        return client(EcsClient.builder());
    }

    public static EcrClient ecr() {
        return client(EcrClient.builder());
    }

    public static ElasticLoadBalancingV2Client elb() {
        return client(ElasticLoadBalancingV2Client.builder());
    }

    public static CloudWatchLogsClient logs() {
        return client(CloudWatchLogsClient.builder());
    }
}
