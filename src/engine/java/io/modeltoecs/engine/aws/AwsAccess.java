package io.modeltoecs.engine.aws;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.ApacheClients;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.options.AwsOptions;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.http.apache.ProxyConfiguration;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.ecr.EcrClient;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.ecs.EcsClientBuilder;
import software.amazon.awssdk.services.elasticloadbalancingv2.ElasticLoadBalancingV2Client;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.ssm.SsmClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;

/**
 * The AWS clients of one call of a step, with its credentials, region and endpoint. Nothing is
 * taken from a profile or a configuration file of AWS unless the default chain is allowed: on a
 * Jenkins controller a file that a build names could run a command ({@code credential_process}).
 */
public final class AwsAccess implements AutoCloseable {
    private static final int S3_ATTEMPTS = 7;

    private final AwsOptions options;
    private final AwsCredentialsProvider credentials;
    private final Region region;
    private final Identity identity;
    private final Outbound outbound;
    private final SdkHttpClient http;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** With this process's own way out. */
    public AwsAccess(AwsOptions options, AwsKeys keys, boolean defaultChain) {
        this(options, keys, defaultChain, Outbound.of(System.getenv()));
    }

    /**
     * @param options region, endpoint and role
     * @param keys the keys that the step was given, or null
     * @param defaultChain whether the SDK's own search for credentials may be used without keys
     * @param outbound proxies and certificates; on a controller never those of a build
     * @throws StepException if there are neither keys nor the default chain, or no region
     */
    public AwsAccess(AwsOptions options, AwsKeys keys, boolean defaultChain, Outbound outbound) {
        this.options = options;
        this.outbound = outbound;
        http = keep(http(outbound));
        if (options.region() == null) {
            throw new StepException(
                    "no AWS region: give 'region', set it in the global configuration, or set"
                            + " AWS_REGION");
        }
        region = Region.of(options.region());
        identity =
                new Identity(
                        keys, options.roleArn(), options.externalId(), region, options.endpoint());
        AwsCredentialsProvider own = own(keys, defaultChain);
        credentials = options.roleArn() == null ? own : assume(own);
    }

    private static SdkHttpClient http(Outbound outbound) {
        ApacheHttpClient.Builder builder =
                ApacheHttpClient.builder()
                        .connectionTimeout(Duration.ofSeconds(10))
                        .socketTimeout(Duration.ofSeconds(60))
                        .expectContinueEnabled(false)
                        .proxyConfiguration(
                                ProxyConfiguration.builder()
                                        .useSystemPropertyValues(false)
                                        .useEnvironmentVariableValues(false)
                                        .build())
                        .httpRoutePlanner(ApacheClients.routes(outbound))
                        .credentialsProvider(ApacheClients.logins(outbound));
        outbound.trusted().ifPresent(it -> builder.tlsTrustManagersProvider(() -> it));
        return builder.build();
    }

    private AwsCredentialsProvider own(AwsKeys keys, boolean defaultChain) {
        if (keys != null) {
            AwsCredentials given =
                    keys.sessionToken() == null
                            ? AwsBasicCredentials.create(keys.accessKeyId(), keys.secretAccessKey())
                            : AwsSessionCredentials.create(
                                    keys.accessKeyId(),
                                    keys.secretAccessKey(),
                                    keys.sessionToken());
            return () -> given;
        }
        if (defaultChain) {
            return keep(DefaultCredentialsProvider.builder().build());
        }
        throw new StepException(
                "no AWS credentials: give 'credentialsId', or AWS_ACCESS_KEY_ID and"
                        + " AWS_SECRET_ACCESS_KEY in the enclosing block");
    }

    private AwsCredentialsProvider assume(AwsCredentialsProvider own) {
        StsClient sts = keep(configure(StsClient.builder(), own).build());
        return keep(
                StsAssumeRoleCredentialsProvider.builder()
                        .stsClient(sts)
                        .refreshRequest(
                                request ->
                                        request.roleArn(options.roleArn())
                                                .externalId(options.externalId())
                                                .roleSessionName("model-to-ecs"))
                        .build());
    }

    /**
     * Who asks, and whom. What AWS has told somebody isn't to be told to others: they may not be
     * allowed to know it.
     */
    public record Identity(
            AwsKeys keys, String roleArn, String externalId, Region region, String endpoint) {}

    /** Who asks with these clients, and whom. */
    public Identity identity() {
        return identity;
    }

    /** The way out, also for what AWS refers to. */
    public Outbound outbound() {
        return outbound;
    }

    /** Region of all clients. */
    public Region region() {
        return region;
    }

    /**
     * S3, addressed by path where the endpoint isn't AWS's own. It tries longer than other clients:
     * a publication makes thousands of calls, and one that fails ends it.
     */
    public S3Client s3() {
        S3ClientBuilder builder = configure(S3Client.builder(), credentials);
        return keep(
                builder.overrideConfiguration(
                                builder.overrideConfiguration().toBuilder()
                                        .retryStrategy(
                                                AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                                        .maxAttempts(S3_ATTEMPTS)
                                                        .build())
                                        .build())
                        .forcePathStyle(options.endpoint() != null)
                        // stores that aren't AWS refuse the newer default checksums, and want
                        // Content-MD5 where a checksum is required: DeleteObjects
                        .addPlugin(LegacyMd5Plugin.create())
                        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                        .build());
    }

    /** Signs URLs of S3 requests for somebody without keys. */
    public S3Presigner presigner() {
        S3Presigner.Builder builder =
                S3Presigner.builder()
                        .region(region)
                        .credentialsProvider(credentials)
                        .serviceConfiguration(
                                S3Configuration.builder()
                                        .pathStyleAccessEnabled(options.endpoint() != null)
                                        .build());
        if (options.endpoint() != null) {
            builder.endpointOverride(URI.create(options.endpoint()));
        }
        return keep(builder.build());
    }

    public EcrClient ecr() {
        return ecr(region);
    }

    /** ECR of another region: a registry's host names it. */
    public EcrClient ecr(Region where) {
        return keep(configure(EcrClient.builder(), credentials).region(where).build());
    }

    public EcsClient ecs() {
        return keep(configure(EcsClient.builder(), credentials).build());
    }

    /** ECS, with an interceptor that sees each request and answer. */
    public EcsClient ecs(ExecutionInterceptor interceptor) {
        EcsClientBuilder builder = configure(EcsClient.builder(), credentials);
        return keep(
                builder.overrideConfiguration(
                                builder.overrideConfiguration().toBuilder()
                                        .addExecutionInterceptor(interceptor)
                                        .build())
                        .build());
    }

    public ElasticLoadBalancingV2Client loadBalancers() {
        return keep(configure(ElasticLoadBalancingV2Client.builder(), credentials).build());
    }

    public CloudWatchLogsClient logs() {
        return keep(configure(CloudWatchLogsClient.builder(), credentials).build());
    }

    /** CloudWatch Logs of another region: a log driver names it. */
    public CloudWatchLogsClient logs(Region where) {
        return keep(configure(CloudWatchLogsClient.builder(), credentials).region(where).build());
    }

    /** Secrets Manager of the region that a secret's ARN names. */
    public SecretsManagerClient secrets(Region where) {
        return keep(configure(SecretsManagerClient.builder(), credentials).region(where).build());
    }

    /** Systems Manager's parameters of a region. */
    public SsmClient parameters(Region where) {
        return keep(configure(SsmClient.builder(), credentials).region(where).build());
    }

    public IamClient iam() {
        return keep(configure(IamClient.builder(), credentials).build());
    }

    public StsClient sts() {
        return keep(configure(StsClient.builder(), credentials).build());
    }

    private <B extends AwsClientBuilder<B, C>, C> B configure(
            B builder, AwsCredentialsProvider provider) {
        if (builder
                instanceof
                software.amazon.awssdk.core.client.builder.SdkSyncClientBuilder<?, ?> sync) {
            sync.httpClient(http);
        }
        if (options.endpoint() != null) {
            builder.endpointOverride(URI.create(options.endpoint()));
        }
        Supplier<ProfileFile> noProfiles = () -> ProfileFile.aggregator().build();
        return builder.region(region)
                .credentialsProvider(provider)
                .overrideConfiguration(
                        ClientOverrideConfiguration.builder()
                                .retryStrategy(RetryMode.STANDARD)
                                .defaultProfileFileSupplier(noProfiles)
                                .build());
    }

    private <T extends AutoCloseable> T keep(T closeable) {
        opened.push(closeable);
        return closeable;
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
